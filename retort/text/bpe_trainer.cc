#include "retort/text/bpe_trainer.h"

#include <algorithm>

#include "retort/base/error.h"
#include "retort/text/merge_learner.h"
#include "retort/text/named_pretokenizers.h"
#include "retort/text/shown.h"
#include "retort/text/tokenizer_definition.h"
#include "retort/text/unicode.h"

namespace retort {
namespace {

constexpr std::string_view kWhere = "tokenizer training";
constexpr size_t kLongestText = size_t{1} << 30;
constexpr int32_t kLargestVocabulary = 1 << 24;
constexpr uint64_t kProgressSteps = 64;  // merges between two reports

/// The special tokens' ids follow the merges', so they are known when training has ended.
AddedToken added_token(const SpecialToken& token, int32_t id) {
  return {.id = id, .content = token.content, .special = token.special};
}

void check_special_tokens(const std::vector<SpecialToken>& tokens) {
  for (size_t i = 0; i < tokens.size(); ++i) {
    auto& content = tokens[i].content;
    if (content.empty()) fail(ErrorCode::bad_input, "{}: special token {} is empty", kWhere, i);
    check_added_token(added_token(tokens[i], static_cast<int32_t>(i)), kWhere);
    for (size_t j = 0; j < i; ++j)
      if (tokens[j].content == content)
        fail(ErrorCode::bad_input, "{}: the special token '{}' stands twice", kWhere, shown(content));
  }
}

/// Its place among the special tokens.
std::optional<size_t> index_of(const BpeTrainerOptions& options, std::string_view name,
                               std::string_view content) {
  if (content.empty()) return std::nullopt;
  auto& all = options.special_tokens;
  auto found = std::find_if(all.begin(), all.end(), [&](auto& token) { return token.content == content; });
  if (found == all.end())
    fail(ErrorCode::bad_input, "{}: the {} token '{}' is not among the special tokens", kWhere, name,
         shown(content));
  return size_t(found - all.begin());
}

BpeTrainerOptions checked(BpeTrainerOptions options) {
  check_special_tokens(options.special_tokens);
  auto fixed = TrainedTokenizer::kBytes + static_cast<int64_t>(options.special_tokens.size());
  if (options.vocabulary_size < fixed || options.vocabulary_size > kLargestVocabulary)
    fail(ErrorCode::bad_input,
         "{}: a vocabulary of {} tokens; from {} (the bytes and the special tokens) to {} are possible",
         kWhere, options.vocabulary_size, fixed, kLargestVocabulary);
  index_of(options, "BOS", options.bos);
  index_of(options, "EOS", options.eos);
  index_of(options, "padding", options.pad);
  options.min_count = std::max<uint64_t>(options.min_count, 1);
  return options;
}

AddedTokens added_tokens(const BpeTrainerOptions& options) {
  AddedTokens added;
  int32_t id = 0;
  for (auto& token : options.special_tokens) added.add(added_token(token, id++), token.content);
  return added;
}

}  // namespace

BpeTrainer::BpeTrainer(BpeTrainerOptions options)
    : options_(checked(std::move(options))),
      added_(added_tokens(options_)),
      pre_tokenizer_(steps_of(named_pretokenizer(TrainedTokenizer::kPreTokenizer, kWhere)), kWhere),
      words_(options_.max_word_bytes) {}

void BpeTrainer::add(std::string_view text, uint64_t count) {
  if (text.size() >= kLongestText)
    fail(ErrorCode::resource, "{}: a text of {} bytes; at most {} are taken, give it in parts", kWhere,
         text.size(), kLongestText - 1);
  std::string repaired;
  if (!is_valid_utf8(text)) text = repaired = repair_utf8(text);
  for (auto part : added_.split(text, /*normalized=*/false))
    if (part.id < 0) add_part(text.substr(part.span.begin, part.span.end - part.span.begin), count);
}

void BpeTrainer::add_part(std::string_view text, uint64_t count) {
  std::string normalized = nfc(text);
  std::vector<TextSpan> spans;
  pre_tokenizer_.split(normalized, spans);
  for (auto span : spans)
    words_.add(std::string_view(normalized).substr(span.begin, span.end - span.begin), count);
}

TrainedTokenizer BpeTrainer::train() const {
  MergeLearner learner(words_.sorted(), options_.min_count, options_.max_token_bytes);
  auto specials = options_.special_tokens.size();
  auto wanted = static_cast<uint64_t>(options_.vocabulary_size - TrainedTokenizer::kBytes) - specials;
  auto report = [&] {
    if (options_.progress) options_.progress("learning merges", learner.merges().size(), wanted);
  };
  while (learner.merges().size() < wanted && learner.step())
    if (learner.merges().size() % kProgressSteps == 0) report();
  report();

  TrainedTokenizer trained;
  trained.merges = learner.merges();
  auto first = TrainedTokenizer::kBytes + static_cast<int32_t>(trained.merges.size());
  for (auto& token : options_.special_tokens)
    trained.added_tokens.push_back(
        added_token(token, first + static_cast<int32_t>(trained.added_tokens.size())));
  auto id_of = [&](std::string_view name, std::string_view content) -> std::optional<int32_t> {
    auto index = index_of(options_, name, content);
    return index ? std::optional(first + static_cast<int32_t>(*index)) : std::nullopt;
  };
  trained.bos = id_of("BOS", options_.bos);
  trained.eos = id_of("EOS", options_.eos);
  trained.pad = id_of("padding", options_.pad);
  return trained;
}

}  // namespace retort
