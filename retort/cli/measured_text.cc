#include "retort/cli/measured_text.h"

#include <algorithm>
#include <filesystem>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/problems/generate.h"
#include "retort/problems/problem.h"
#include "retort/train/chat_text.h"
#include "retort/train/problem_text.h"
#include "retort/train/text_lessons.h"

namespace retort::cli {
namespace {

constexpr int64_t kLongest = 512;
constexpr uint64_t kSeed = 20240823;  // of nothing else that learns or measures

int64_t longest_document(const LoadedModel& loaded) {
  return std::min(kLongest, loaded.config.max_position_embeddings);
}

/// The first turn of a problem as the model reads it, and its gold answer.
std::vector<int32_t> document_of(const LoadedModel& loaded, const problems::Problem& problem) {
  const problems::Turn& turn = problem.turns[0];
  constexpr auto kStyle = problems::TraceStyle::full;
  if (!loaded.chat_template || !loaded.tokenizer.eos_id())
    return loaded.tokenizer.encode(turn.user + "\n" + problems::completion(turn, kStyle));
  const train::ProblemText text(loaded.tokenizer, *loaded.chat_template);
  std::vector<int32_t> tokens = text.prompt(problem, 0);
  const std::vector<int32_t> answer = text.completion(turn, kStyle);
  tokens.insert(tokens.end(), answer.begin(), answer.end());
  return tokens;
}

void add(MeasuredText& text, std::vector<int32_t> document, int64_t longest) {
  if (std::ssize(document) > longest) document.resize(static_cast<size_t>(longest));
  text.tokens += std::ssize(document);
  text.documents.push_back(std::move(document));
}

MeasuredText generated(const LoadedModel& loaded, int64_t tokens) {
  MeasuredText text{"generated problems", {}, 0};
  const int64_t longest = longest_document(loaded);
  for (uint64_t index = 0; text.tokens < tokens; ++index)
    for (int level = problems::kMinLevel; level <= problems::kMaxLevel; ++level)
      for (problems::Family family : problems::all_families())
        if (text.tokens < tokens)
          add(text,
              document_of(loaded, problems::generate({family, level, problems::Split::train, kSeed}, index)),
              longest);
  return text;
}

MeasuredText read(Session& session, const std::string& file, int64_t tokens, Interrupts& interrupts) {
  const LoadedModel& loaded = session.loaded;
  if (!loaded.chat_template) fail(ErrorCode::unsupported, "{}", loaded.chat_template_problem);
  const train::ChatText chat(loaded.tokenizer, *loaded.chat_template, loaded.stop_tokens());
  ProgressBar bar(stderr, ProgressUnit::count);
  const train::TextLessons lessons = train::read_text_lessons(
      session.pool,
      {.files = {file}, .max_length = longest_document(loaded), .vocab_size = loaded.config.vocab_size},
      loaded.tokenizer, chat, [&](std::string_view what, uint64_t done, uint64_t total) {
        interrupts.throw_if_any();
        bar.update(what, done, total);
      });
  MeasuredText text{std::filesystem::path(file).filename().string(), {}, 0};
  for (int64_t i = 0; i < lessons.dataset.size() && text.tokens < tokens; ++i) {
    const std::span<const int32_t> document = lessons.dataset[i].tokens;
    add(text, {document.begin(), document.end()}, kLongest);
  }
  return text;
}

}  // namespace

MeasuredText measured_text(Session& session, const std::optional<std::string>& file, int64_t tokens,
                           Interrupts& interrupts) {
  return file ? read(session, *file, tokens, interrupts) : generated(session.loaded, tokens);
}

}  // namespace retort::cli
