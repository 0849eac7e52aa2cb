#include "retort/cli/calibration_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "retort/base/error.h"
#include "retort/formats/printable.h"
#include "retort/infer/engine.h"
#include "retort/problems/generate.h"
#include "retort/train/problem_text.h"

namespace retort::cli {
namespace {

using Documents = std::vector<std::vector<int32_t>>;

constexpr uint64_t kSeed = 1;
constexpr int kMaxRunning = 32;
constexpr int64_t kAnswer = 512;  // tokens that the model may write to a problem

/// One of each family and level in turn.
problems::Problem problem_at(size_t number) {
  const auto families = problems::all_families();
  const size_t n = families.size();
  const int level = number / n % 2 == 0 ? 1 : 2;
  return problems::generate({families[number % n], level, problems::Split::train, kSeed}, number / (2 * n));
}

train::ProblemText problem_text(const LoadedModel& model) {
  if (!model.chat_template)
    fail(ErrorCode::unsupported,
         "calibration: {}: the model has no chat template to ask problems with ({}); give a text file",
         printable(model.checkpoint.path().string()), model.chat_template_problem);
  return {model.tokenizer, *model.chat_template};
}

/// Problems with their gold thoughts, somewhat more than the limit.
Documents gold_documents(const LoadedModel& model, int64_t tokens) {
  const train::ProblemText text = problem_text(model);
  Documents documents;
  int64_t n = 0;
  for (size_t i = 0; n < tokens; ++i) {
    const problems::Problem problem = problem_at(i);
    std::vector<int32_t> document = text.prompt(problem, problem.turns.size() - 1);
    const auto completion = text.completion(problem.turns.back(), problems::TraceStyle::brief);
    document.insert(document.end(), completion.begin(), completion.end());
    n += std::ssize(document);
    documents.push_back(std::move(document));
  }
  return documents;
}

/// The model's own answers, right or wrong, in the order of the problems.
Documents own_documents(Context& ctx, const LoadedModel& model, int64_t n_problems,
                        const ProgressFn& progress) {
  const train::ProblemText text = problem_text(model);
  const int64_t context = std::min<int64_t>(model.config.max_position_embeddings, 2 * kAnswer);
  const auto cache = model.make_cache(kernels::KvDType::bf16, context * kMaxRunning);
  Engine engine(*model.model, *cache, ctx, {},
                {.max_running = kMaxRunning, .max_waiting = kMaxRunning, .max_context = context});
  Documents documents(static_cast<size_t>(n_problems));
  std::optional<Error> error;
  int64_t asked = 0, done = 0, running = 0;
  const auto ask = [&](int64_t i) {
    const problems::Problem problem = problem_at(static_cast<size_t>(i));
    Request request{.prompt = text.prompt(problem, problem.turns.size() - 1),
                    .sampling = model.default_sampling(),
                    .max_new_tokens = kAnswer,
                    .stop_tokens = model.stop_tokens()};
    if (std::ssize(request.prompt) >= context) return;
    request.sampling.seed = kSeed + static_cast<uint64_t>(i);
    auto& document = documents[static_cast<size_t>(i)];
    document = request.prompt;
    request.on_finish = [&](Completion completion) {
      if (completion.error) error = completion.error;
      document.insert(document.end(), completion.tokens.begin(), completion.tokens.end());
      --running;
      ++done;
    };
    engine.add(std::move(request));
    ++running;
  };
  do {
    while (asked < n_problems && running < kMaxRunning) ask(asked++);
    if (progress)
      progress("writing what to calibrate on", static_cast<uint64_t>(done),
               static_cast<uint64_t>(n_problems));
  } while (engine.step());
  if (error) throw *error;
  std::erase_if(documents, [](const auto& document) { return document.empty(); });
  return documents;
}

}  // namespace

CalibrationSource CalibrationSource::parse(std::string_view text) {
  if (text == "problems") return {};
  if (text == "self") return {.kind = Kind::self};
  if (!text.starts_with("self:")) return {.kind = Kind::file, .file = std::string(text)};
  CalibrationSource source{.kind = Kind::self};
  const std::string_view number = text.substr(5);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), source.n_problems);
  if (error != std::errc() || end != number.data() + number.size() || source.n_problems < 1 ||
      source.n_problems > 100'000)
    fail(ErrorCode::bad_input, "--calibration {}: self:N takes a number of problems from 1 to 100000",
         printable(text));
  return source;
}

std::string_view calibration_help() {
  return "what to calibrate on: a text file; NAME.jsonl with {\"messages\": [...]} a line; problems "
         "(generated, with gold thoughts); or self[:N], the model's own answers to N of them (64)";
}

compress::CalibrationText calibration_text(Context& ctx, const LoadedModel& model,
                                           const CalibrationSource& source,
                                           const compress::CalibrationLimits& limits,
                                           const ProgressFn& progress) {
  compress::CalibrationLimits fitting = limits;
  fitting.document = std::min(limits.document, model.config.max_position_embeddings);
  if (source.kind == CalibrationSource::Kind::file)
    return compress::read_calibration_text(source.file, model.tokenizer,
                                           model.chat_template ? &*model.chat_template : nullptr, fitting);
  if (source.kind == CalibrationSource::Kind::problems)
    return compress::calibration_text("generated problems", gold_documents(model, fitting.tokens), fitting);
  return compress::calibration_text(
      fmt::format("the model's own answers to {} generated problems", source.n_problems),
      own_documents(ctx, model, source.n_problems, progress), fitting);
}

}  // namespace retort::cli
