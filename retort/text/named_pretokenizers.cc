#include "retort/text/named_pretokenizers.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "retort/base/error.h"
#include "retort/text/shown.h"

namespace retort {
namespace {

// As the families' tokenizer.json write them; llama.cpp's names and, for deepseek-llm, its character classes.
constexpr std::string_view kQwen2 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kThreeDigits = R"(\p{N}{1,3})";
constexpr std::string_view kHanAndKana = "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+";
constexpr std::string_view kDeepseekV3 =
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+|"
    " ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+";
/// Cased letters as of one version of Unicode.
constexpr std::string_view kDeepseekLlmLetters =
    R"(\s?[A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF})"
    R"(\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1})"
    R"(\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5})"
    R"(\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF}\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A})"
    R"(\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D})"
    R"(\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC})"
    R"(\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107})"
    R"(\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139})"
    R"(\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE})"
    R"(\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E})"
    R"(\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F})"
    R"(\x{104B0}-\x{104D3}\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF})"
    R"(\x{1E900}-\x{1E943}]+)";
constexpr std::string_view kDeepseekLlmPunctuation =
    R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+)";
constexpr std::string_view kDeepseekLlmHan = R"([\x{4E00}-\x{9FA5}\x{800}-\x{4E00}\x{AC00}-\x{D7FF}]+)";

}  // namespace

const std::vector<NamedPreTokenizer>& named_pretokenizers() {
  using Row = NamedPreTokenizer;
  static const std::vector<Row> rows = {
      Row{.name = "qwen2", .nfc = true, .ignore_merges = false, .add_bos = false, .regexes = {kQwen2}},
      Row{.name = "deepseek-r1-qwen",
          .nfc = true,
          .ignore_merges = false,
          .add_bos = false,
          .regexes = {kQwen2}},
      Row{.name = "llama-bpe", .nfc = false, .ignore_merges = true, .add_bos = true, .regexes = {kLlama3}},
      Row{.name = "llama3", .nfc = false, .ignore_merges = true, .add_bos = true, .regexes = {kLlama3}},
      Row{.name = "llama-v3", .nfc = false, .ignore_merges = true, .add_bos = true, .regexes = {kLlama3}},
      Row{.name = "smaug-bpe", .nfc = false, .ignore_merges = false, .add_bos = false, .regexes = {kLlama3}},
      Row{.name = "deepseek-v3",
          .nfc = false,
          .ignore_merges = false,
          .add_bos = false,
          .regexes = {kThreeDigits, kHanAndKana, kDeepseekV3}},
      Row{.name = "deepseek-llm",
          .nfc = false,
          .ignore_merges = false,
          .add_bos = false,
          .regexes = {"[\r\n]", kDeepseekLlmLetters, kDeepseekLlmPunctuation, R"(\s+$)", kDeepseekLlmHan,
                      R"(\p{N}+)"}},
      Row{.name = "gpt-2", .nfc = false, .ignore_merges = false, .add_bos = false, .regexes = {kGpt2Regex}},
      Row{.name = "default",
          .nfc = false,
          .ignore_merges = false,
          .add_bos = false,
          .regexes = {R"([\p{P}\$\+<=>\^~\|]+)",
                      R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))",
                      R"(\p{N}+)", "[0-9][0-9][0-9]"}},
  };
  return rows;
}

const NamedPreTokenizer& named_pretokenizer(std::string_view name, std::string_view where) {
  auto& rows = named_pretokenizers();
  auto row = std::find_if(rows.begin(), rows.end(), [&](auto& r) { return r.name == name; });
  if (row != rows.end()) return *row;
  std::vector<std::string_view> names;
  for (auto& r : rows) names.push_back(r.name);
  fail(ErrorCode::unsupported, "{}: the pre-tokenizer '{}' is not supported; these are: {}", where,
       shown(name), fmt::join(names, ", "));
}

std::vector<PreTokenizerStep> steps_of(const NamedPreTokenizer& row) {
  std::vector<PreTokenizerStep> steps;
  for (auto regex : row.regexes) steps.push_back({.regex = std::string(regex)});
  return steps;
}

bool is_published(std::string_view regex) {
  return std::ranges::any_of(named_pretokenizers(), [&](auto& row) {
    return std::ranges::find(row.regexes, regex) != row.regexes.end();
  });
}

std::string_view name_of(const std::vector<PreTokenizerStep>& steps) {
  for (auto& row : named_pretokenizers())
    if (steps_of(row) == steps) return row.name;
  return "custom";
}

}  // namespace retort
