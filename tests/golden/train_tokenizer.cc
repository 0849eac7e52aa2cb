// Trains a tokenizer of the micro family and writes it in every form, for comparison with outside readers:
//   train_tokenizer FOLDER VOCABULARY TEXT...     tokenizer.json, tokenizer_config.json and vocabulary.gguf
// The GGUF file has no tensors: a vocabulary for readers that want no more. Prints what training took.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/json.h"
#include "retort/infer/gguf_tokenizer.h"
#include "retort/text/micro_family.h"
#include "retort/text/trained_tokenizer.h"

namespace {

using namespace retort;
namespace fs = std::filesystem;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// By lines of about a megabyte, as a corpus comes.
void add_file(BpeTrainer& trainer, const std::string& path) {
  constexpr size_t kPart = 1 << 20;
  auto text = read_file(path);
  for (size_t at = 0; at < text.size();) {
    auto end = std::min(text.find('\n', std::min(at + kPart, text.size())), text.size());
    trainer.add(std::string_view(text).substr(at, end - at));
    at = end;
  }
}

TrainedTokenizer train(int32_t vocabulary, char** begin, char** end) {
  BpeTrainer trainer(micro_tokenizer_options(vocabulary));
  auto start = std::chrono::steady_clock::now();
  for (auto** path = begin; path != end; ++path) add_file(trainer, *path);
  double counted = seconds_since(start);
  start = std::chrono::steady_clock::now();
  auto trained = trainer.train();
  fmt::print("{} tokens from {} different words: counting {:.2f} s, merging {:.2f} s\n",
             trained.vocabulary_size(), trainer.words().sorted().size(), counted, seconds_since(start));
  return trained;
}

void write_vocabulary_gguf(const fs::path& path, const std::string& json, const std::string& config) {
  auto definition = read_tokenizer_json(json, "tokenizer.json", config);
  auto chat = ChatTemplateSource::from_tokenizer_config(parse_json(config, "config"), "config");
  GgufFields fields;
  fields.set_string("general.architecture", "llama");  // llama.cpp asks for its sizes, whatever they are
  for (auto key :
       {"context_length", "embedding_length", "block_count", "feed_forward_length", "attention.head_count"})
    fields.set_u32(fmt::format("llama.{}", key), 64);
  fields.set_f32("llama.attention.layer_norm_rms_epsilon", 1e-5f);
  add_gguf_tokenizer(fields, definition, chat, definition.vocabulary.size(), "tokenizer.json");
  GgufWriter(path, fields, {}).finish();
}

int run(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: train_tokenizer FOLDER VOCABULARY TEXT...\n"), 2;
  fs::path folder = argv[1];
  fs::create_directories(folder);
  auto trained = train(std::atoi(argv[2]), argv + 3, argv + argc);
  auto json = write_tokenizer_json(trained),
       config = write_tokenizer_config_json(trained, kMicroChatTemplate, 4096);
  write_file_atomic((folder / "tokenizer.json").string(), json);
  write_file_atomic((folder / "tokenizer_config.json").string(), config);
  write_vocabulary_gguf(folder / "vocabulary.gguf", json, config);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& e) {
    std::fprintf(stderr, "train_tokenizer: %s\n", e.what());
    return exit_status(e.code());
  }
}
