// Token ids of texts, for comparison with other readers of the same tokenizer.json.
//   tokenizer_ids json|gguf TOKENIZER.JSON PRE   texts on stdin, one a line: plain|parsed and hex; ids on
//   stdout tokenizer_ids file FILE.gguf                 the same of a GGUF file tokenizer_ids decode
//   TOKENIZER.JSON          ids on stdin, one list a line; the text in hex on stdout tokenizer_ids time
//   TOKENIZER.JSON TEXT       how long loading and encoding take
// `gguf` puts the file's content into a VocabularySpec first, with the pre-tokenizer name PRE.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/infer/model_text.h"
#include "retort/text/tokenizer.h"

namespace {

using namespace retort;

std::string from_hex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  for (char b : bytes) out += fmt::format("{:02x}", static_cast<uint8_t>(b));
  return out;
}

/// What a converter to GGUF would write.
struct Gguf {
  std::vector<std::string> tokens, merges;
  VocabularySpec spec;

  Gguf(const nlohmann::json& root, const std::string& pre) {
    auto& model = root.at("model");
    auto put = [&](const std::string& token, size_t id, GgufTokenType type) {
      if (id >= tokens.size()) {
        tokens.resize(id + 1);
        spec.token_types.resize(id + 1, int32_t(GgufTokenType::unused));
      }
      tokens[id] = token;
      spec.token_types[id] = int32_t(type);
    };
    for (auto& [token, id] : model.at("vocab").items()) put(token, id, GgufTokenType::normal);
    for (auto& t : root.at("added_tokens"))
      put(t.at("content"), t.at("id"),
          t.at("special") ? GgufTokenType::control : GgufTokenType::user_defined);
    for (auto& merge : model.at("merges"))
      merges.push_back(merge.is_string() ? merge.get<std::string>()
                                         : merge[0].get<std::string>() + " " + merge[1].get<std::string>());
    spec.model = "gpt2";
    spec.pre = pre;
    spec.add_bos_token = false;
    spec.tokens.assign(tokens.begin(), tokens.end());
    spec.merges.assign(merges.begin(), merges.end());
  }
};

double seconds(const auto& work) {
  auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void print_times(const std::string& json, const std::string& text) {
  double load = 1e9, spec = 1e9, encode = 1e9;
  for (int i = 0; i < 5; ++i)
    load = std::min(load, seconds([&] { Tokenizer::from_json(json, "tokenizer.json"); }));
  Gguf gguf(nlohmann::json::parse(json), "qwen2");
  for (int i = 0; i < 5; ++i) spec = std::min(spec, seconds([&] { Tokenizer::from_vocabulary(gguf.spec); }));
  auto tokenizer = Tokenizer::from_json(json, "tokenizer.json");
  size_t ids = 0;
  double first = seconds([&] { ids = tokenizer.encode(text).size(); });
  for (int i = 0; i < 10; ++i) encode = std::min(encode, seconds([&] { tokenizer.encode(text); }));
  double mb = static_cast<double>(text.size()) / 1e6;
  fmt::print(
      "load: json {:.0f} ms, spec {:.0f} ms; {:.2f} MB, {} ids: first {:.1f} MB/s, best of ten {:.1f} MB/s\n",
      load * 1e3, spec * 1e3, mb, ids, mb / first, mb / encode);
}

void print_ids(const Tokenizer& tokenizer) {
  for (std::string kind, hex, line; std::getline(std::cin, line);) {
    std::istringstream fields(line);
    fields >> kind >> hex;
    auto ids = tokenizer.encode(from_hex(hex), {.parse_special_tokens = kind == "parsed"});
    hex.clear();
    for (size_t i = 0; i < ids.size(); ++i) std::printf(i ? " %d" : "%d", ids[i]);
    std::putchar('\n');
  }
}

void print_texts(const Tokenizer& tokenizer) {
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream fields(line);
    std::vector<int32_t> ids;
    for (int32_t id; fields >> id;) ids.push_back(id);
    fmt::print("{}\n", to_hex(tokenizer.decode(ids)));
  }
}

int run(int argc, char** argv) {
  std::string mode = argc > 2 ? argv[1] : "";
  if (mode.empty()) return std::fprintf(stderr, "usage: tokenizer_ids MODE TOKENIZER.JSON [PRE | TEXT]\n"), 2;
  if (mode == "file") return print_ids(load_tokenizer(Checkpoint::open(argv[2]))), 0;
  auto json = read_file(argv[2]);
  if (mode == "json") print_ids(Tokenizer::from_json(json, argv[2]));
  if (mode == "gguf") print_ids(Tokenizer::from_vocabulary(Gguf(nlohmann::json::parse(json), argv[3]).spec));
  if (mode == "decode") print_texts(Tokenizer::from_json(json, argv[2]));
  if (mode == "time") print_times(json, read_file(argv[3]));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& e) {
    std::fprintf(stderr, "tokenizer_ids: %s\n", e.what());
    return exit_status(e.code());
  }
}
