#include "retort/cli/held_out_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/problems/generate.h"
#include "retort/train/chat_text.h"
#include "retort/train/problem_text.h"
#include "retort/train/text_files.h"

namespace retort::cli {
namespace {

using compress::HeldOutDocument;

/// Gathers documents until there are enough tokens.
class Gathering {
 public:
  Gathering(const HeldOutTextOptions& options) : options_(options) {}

  bool full() const { return tokens_ >= options_.tokens; }

  /// Nothing of a document that is too long or predicts nothing.
  void add(HeldOutDocument document) {
    const int64_t n = std::ssize(document.tokens);
    if (full() || n > options_.max_length || n <= document.first_predicted) return;
    tokens_ += n;
    sum_.add(std::as_bytes(std::span(document.tokens)));
    documents_.push_back(std::move(document));
  }

  HeldOutTexts take(const std::string& what) {
    return {std::move(documents_), fmt::format("{} ({} tokens, checksum {})", what, tokens_, sum_.hex())};
  }
  size_t size() const { return documents_.size(); }

 private:
  const HeldOutTextOptions& options_;
  int64_t tokens_ = 0;
  Checksum sum_;
  std::vector<HeldOutDocument> documents_;
};

/// The last turn of a problem, behind those before it.
HeldOutDocument document_of(const LoadedModel& model, const problems::Problem& problem) {
  const problems::Turn& turn = problem.turns.back();
  HeldOutDocument out;
  std::vector<int32_t> completion;
  if (model.chat_template && model.tokenizer.eos_id()) {
    const train::ProblemText text(model.tokenizer, *model.chat_template);
    out.tokens = text.prompt(problem, problem.turns.size() - 1);
    completion = text.completion(turn, problems::TraceStyle::brief);
  } else {
    out.tokens = model.tokenizer.encode(turn.user + "\n", {.add_special_tokens = true});
    completion = model.tokenizer.encode(problems::completion(turn, problems::TraceStyle::brief));
  }
  out.first_predicted = std::max<int64_t>(1, std::ssize(out.tokens));
  out.tokens.insert(out.tokens.end(), completion.begin(), completion.end());
  return out;
}

/// One of each family and level in turn, none twice.
HeldOutTexts problem_texts(const LoadedModel& model, const HeldOutTextOptions& options) {
  Gathering gathering(options);
  std::set<std::string> seen;
  size_t last_new = 0;
  for (uint64_t index = 0; !gathering.full() && index < last_new + problems::kExhausted; ++index)
    for (const problems::Family family : problems::all_families())
      for (const int64_t level : options.levels) {
        const problems::Selection selection{family, static_cast<int>(level), problems::Split::test,
                                            options.seed};
        const problems::Problem problem = problems::generate(selection, index);
        if (!seen.insert(problem.canonical).second) continue;
        last_new = index;
        gathering.add(document_of(model, problem));
      }
  std::string levels;
  for (int64_t level : options.levels) levels += fmt::format("{}{}", levels.empty() ? "" : ", ", level);
  return gathering.take(fmt::format(
      "thoughts and answers of {} generated problems that are held out from training (levels {}, seed {})",
      gathering.size(), levels, options.seed));
}

/// Pieces that overlap by the token that a piece's first prediction needs.
void add_pieces(Gathering& gathering, std::span<const int32_t> tokens, int64_t max_length) {
  const auto length = static_cast<size_t>(max_length);
  for (size_t begin = 0; begin + 1 < tokens.size() && !gathering.full(); begin += length - 1) {
    const auto piece = tokens.subspan(begin, std::min(length, tokens.size() - begin));
    gathering.add({.tokens = {piece.begin(), piece.end()}});
  }
}

/// What the assistant says in each of its turns.
void add_chat(Gathering& gathering, const LoadedModel& model, const Json& messages, const std::string& where,
              int64_t max_length) {
  if (!model.chat_template)
    fail(ErrorCode::unsupported, "{}: the model has no chat template, so chats cannot be read; give texts",
         where);
  const train::ChatText chat(model.tokenizer, *model.chat_template, model.stop_tokens());
  for (const train::TokenSequence& turn : chat.sequences(messages, max_length)) {
    const auto first = std::find(turn.predicted.begin(), turn.predicted.end(), uint8_t{1});
    gathering.add({turn.tokens, std::max<int64_t>(1, first - turn.predicted.begin())});
  }
}

void add_record(Gathering& gathering, const LoadedModel& model, const train::TextRecord& record,
                int64_t max_length) {
  if (record.kind == train::TextRecord::Kind::document) {
    add_pieces(gathering, model.tokenizer.encode(record.bytes, {.add_special_tokens = true}), max_length);
    return;
  }
  const Json line = parse_json(record.bytes, record.where);
  if (line.is_object() && line.contains("messages"))
    return add_chat(gathering, model, line.at("messages"), record.where, max_length);
  if (!line.is_object() || !line.contains("text") || !line.at("text").is_string())
    fail(ErrorCode::bad_input, "{}: a line is {{\"text\": ...}} or {{\"messages\": [...]}}", record.where);
  const auto& text = line.at("text").get_ref<const std::string&>();
  add_pieces(gathering, model.tokenizer.encode(text, {.add_special_tokens = true}), max_length);
}

HeldOutTexts file_texts(const LoadedModel& model, const HeldOutTextOptions& options) {
  const train::TextFile file(*options.file);
  Gathering gathering(options);
  for (const train::TextRecord& record : file.records()) {
    if (gathering.full()) break;
    add_record(gathering, model, record, options.max_length);
  }
  const std::string name = std::filesystem::path(*options.file).filename().string();
  if (gathering.size() == 0)
    fail(ErrorCode::bad_input, "{}: has no text of at least two and, if it is a chat, at most {} tokens",
         name, options.max_length);
  return gathering.take(fmt::format("the beginning of {} in {} piece{}", name, gathering.size(),
                                    gathering.size() == 1 ? "" : "s"));
}

}  // namespace

HeldOutTexts held_out_texts(const LoadedModel& model, const HeldOutTextOptions& options) {
  HeldOutTextOptions limited = options;
  limited.max_length = std::min(options.max_length, model.config.max_position_embeddings);
  return options.file ? file_texts(model, limited) : problem_texts(model, limited);
}

}  // namespace retort::cli
