// Writes checkpoints with random weights in the true layouts: GGUF files and Hugging Face folders.
#pragma once

#include <cstdint>
#include <string>

namespace retort {

struct RandomCheckpointOptions {
  std::string shape = "tiny-qwen2";   // see shape_names()
  std::string dtype = "bf16";         // see scheme_names()
  std::string format = "gguf";        // or "hf"
  std::string tokenizer;              // path of a Qwen2 tokenizer.json; empty: the 256 bytes are the tokens
  std::string rope_scaling = "none";  // linear, yarn, llama3
  std::string out;                    // file or folder
  int64_t layers = 0;                 // 0: the shape's
};

/// Progress goes to stderr when that is a terminal. Throws Error for what it does not know or cannot write.
void write_random_checkpoint(const RandomCheckpointOptions& options);

}  // namespace retort
