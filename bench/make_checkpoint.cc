// retort-make-checkpoint: writes a checkpoint with random weights in the true layout of a published shape, as
// GGUF or as a Hugging Face folder. For speed and exactness; its answers are noise.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/random_checkpoint.h"
#include "bench/random_model.h"
#include "retort/base/error.h"

int main(int argc, char** argv) {
  CLI::App app("Writes a checkpoint with random weights in the true layout of a published shape.");
  retort::RandomCheckpointOptions options;
  app.add_option("--shape", options.shape, "one of: " + retort::shape_names())->capture_default_str();
  app.add_option("--dtype", options.dtype, "one of: " + retort::scheme_names())->capture_default_str();
  app.add_option("--format", options.format, "gguf, or hf for a Hugging Face folder")
      ->check(CLI::IsMember({"gguf", "hf"}))
      ->capture_default_str();
  app.add_option("--tokenizer", options.tokenizer,
                 "a Qwen2 tokenizer.json; without it the 256 bytes are the tokens");
  app.add_option("--rope-scaling", options.rope_scaling, "none, linear, yarn or llama3")
      ->check(CLI::IsMember({"none", "linear", "yarn", "llama3"}))
      ->capture_default_str();
  app.add_option("--layers", options.layers, "override the shape's number of layers");
  app.add_option("out", options.out, "file or folder to write")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    retort::write_random_checkpoint(options);
  } catch (const retort::Error& e) {
    std::fprintf(stderr, "retort-make-checkpoint: %s\n", e.what());
    return retort::exit_status(e.code());
  }
  return 0;
}
