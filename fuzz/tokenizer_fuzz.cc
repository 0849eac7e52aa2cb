// tokenizer.json, its config and a text, separated by bytes 0x01: the tokenizer is built or refused in one
// line; what it encodes decodes, whole and as a stream. The text goes through a fixed tokenizer as well,
// whose ids must give the text back. The mutator keeps the JSON well-formed half of the time, so that the
// parts behind the parser are reached.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "retort/base/error.h"
#include "retort/text/stream_decoder.h"
#include "retort/text/tokenizer.h"
#include "retort/text/tokenizer_test_data.h"
#include "retort/text/unicode.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

using namespace retort;
using nlohmann::json;

constexpr char kMark = '\x01';
constexpr size_t kLongestText = 4096;  // one input takes milliseconds

void require(bool condition) {
  if (!condition) std::abort();
}

void check_decoding(const Tokenizer& tokenizer, const std::vector<int32_t>& ids) {
  auto whole = tokenizer.decode(ids);
  require(is_valid_utf8(whole));
  StreamDecoder stream(tokenizer);
  std::string parts;
  for (auto id : ids) parts += stream.feed(id);
  require(parts + stream.flush() == whole);
}

/// Every byte has a token in the fixed tokenizer, and nothing in it removes text.
void check_fixed(std::string_view text) {
  static const auto tokenizer = Tokenizer::from_json(test::small_tokenizer().dump(), "fixed");
  for (bool parse : {false, true}) {
    auto ids = tokenizer.encode(text, {.parse_special_tokens = parse});
    check_decoding(tokenizer, ids);
    if (!parse) require(tokenizer.decode(ids) == nfc(repair_utf8(text)));
  }
}

/// Trust in all of a text or in none is what the options say; anything between is encoded.
void check_trust(const Tokenizer& tokenizer, std::string_view text) {
  MarkedText marked{std::string(text), {}};
  require(tokenizer.encode(marked) == tokenizer.encode(text));
  add_trusted(marked.trusted, {0, text.size()});
  require(tokenizer.encode(marked) == tokenizer.encode(text, {.parse_special_tokens = true}));
  marked.trusted.clear();
  for (size_t i = 0; i + 3 < text.size(); i += 3 + uint8_t(text[i]) % 9)
    add_trusted(marked.trusted, {i, i + 3});
  check_decoding(tokenizer, tokenizer.encode(marked));
}

void check_own(std::string_view json_text, std::string_view config, std::string_view text) {
  auto tokenizer = config.empty() ? Tokenizer::from_json(json_text, "t.json")
                                  : Tokenizer::from_json(json_text, "t.json", config);
  for (bool parse : {false, true}) {
    auto ids = tokenizer.encode(text, {.add_special_tokens = true, .parse_special_tokens = parse});
    for (auto id : ids) require(id >= 0 && id < tokenizer.vocabulary_size());
    check_decoding(tokenizer, ids);
  }
  check_trust(tokenizer, text);
}

/// A random place of a JSON value.
json* random_place(json& value, uint32_t& seed) {
  auto* at = &value;
  for (;;) {
    seed = seed * 1664525 + 1013904223;
    if (!at->is_structured() || at->empty() || seed >> 29 == 0) return at;
    at = &*std::next(at->begin(), static_cast<std::ptrdiff_t>((seed >> 8) % at->size()));
  }
}

const char* const kValues[] = {
    "null",
    "true",
    "-1",
    "1e9",
    "[]",
    "{}",
    "256",
    "\"\"",
    "\"Ġ\"",
    "\"h e\"",
    "[\"h\",\"e\"]",
    R"j({"type":"NFC"})j",
    R"j({"type":"Sequence","normalizers":[{"type":"NFC"}]})j",
    R"j({"type":"Split","pattern":{"Regex":"\\p{N}{1,3}|\\s+(?!\\S)|(?i:'s)"},"behavior":"MergedWithNext","invert":true})j",
    R"j({"type":"Split","pattern":{"String":"a"},"behavior":"Contiguous"})j",
    R"j({"type":"Digits","individual_digits":true})j",
    R"j({"type":"Punctuation"})j",
    R"j({"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"ByteLevel"}]})j",
    R"j({"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"b"}},{"Sequence":{"id":"A"}}],
         "special_tokens":{"b":{"ids":[2]}}})j",
    R"j({"id":22,"content":" a ","lstrip":true,"rstrip":true,"single_word":true,"normalized":true})j"};

std::string mutated_json(std::string_view text, uint32_t seed) {
  auto root = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (root.is_discarded()) root = test::small_tokenizer();
  auto* place = random_place(root, seed);
  auto* other = random_place(root, seed);
  if (seed % 3 == 0)
    *place = json::parse(kValues[(seed >> 4) % std::size(kValues)]);
  else if (seed % 3 == 1)
    *place = json(*other);
  else if (place->is_array() && !place->empty())
    place->push_back(place->front());
  return root.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  auto mark = std::min(input.find(kMark), input.size());
  if (seed % 2 == 0) return LLVMFuzzerMutate(data, size, max_size);
  auto changed = mutated_json(input.substr(0, mark), seed);
  changed += input.substr(mark);
  if (changed.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::copy(changed.begin(), changed.end(), data);
  return changed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  auto take = [&] {
    auto part = input.substr(0, input.find(kMark));
    input.remove_prefix(std::min(input.size(), part.size() + 1));
    return part;
  };
  auto tokenizer_json = take(), config = take();
  auto text = input.substr(0, kLongestText);
  check_fixed(text);
  try {
    check_own(tokenizer_json, config, text);
  } catch (const Error& error) {  // one line, in which a token's own letters may stand
    require(!error.message().empty() && error.message().size() < 2000 && is_valid_utf8(error.message()));
    require(error.message().find('\n') == std::string::npos);
  }
  return 0;
}
