#include "retort/train/examination.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/infer/engine.h"
#include "retort/problems/generate.h"
#include "retort/problems/verify.h"
#include "retort/train/packed.h"

namespace retort::train {
namespace {

constexpr uint64_t kSeed = 0x5eed;  // examinations differ from training by split; the seed only fixes which
constexpr int kMaxRunning = 64;     // answers computed at once

struct Question {
  problems::Problem problem;
  size_t turn = 0;
  size_t score = 0;  // place in the result
};

size_t last_question(const problems::Problem& problem) {
  for (size_t i = problem.turns.size(); i-- > 0;)
    if (problem.turns[i].kind != problems::TurnKind::tell) return i;
  return problem.turns.size() - 1;
}

std::vector<Question> questions_of(const EvaluationRecipe& recipe, ExaminationResult& result) {
  std::vector<Question> questions;
  for (const std::string& name : recipe.families)
    for (int64_t level : recipe.levels) {
      auto family = problems::parse_family(name);
      RETORT_CHECK(family);  // the parser allows no other
      result.scores.push_back({.family = *family, .level = static_cast<int>(level)});
      problems::Selection selection{
          .family = *family, .level = static_cast<int>(level), .split = problems::Split::test, .seed = kSeed};
      for (problems::Problem& problem :
           problems::generate_distinct(selection, static_cast<uint64_t>(recipe.problems))) {
        size_t turn = last_question(problem);
        questions.push_back({std::move(problem), turn, result.scores.size() - 1});
      }
    }
  return questions;
}

void count(const Question& question, const std::string& text, LevelScore& score) {
  problems::Verdict verdict = problems::verify_completion(question.problem, text, question.turn);
  score.correct.add(verdict.correct());
  if (verdict.status == problems::VerdictStatus::malformed) ++score.malformed;
  if (verdict.status == problems::VerdictStatus::unfinished) ++score.unfinished;
}

/// Keeps the engine full of questions until all are answered.
class Examiner {
 public:
  Examiner(const Examinee& examinee, const EvaluationRecipe& recipe)
      : examinee_(examinee),
        questions_(questions_of(recipe, result_)),
        max_new_tokens_(recipe.max_new_tokens) {
    own_ = {0, std::ssize(questions_)};
    if (examinee.ranks != nullptr) own_ = share_of(*examinee.ranks, own_.end);
    for (const Question& question : questions_)
      prompts_.push_back(examinee.text.prompt(question.problem, question.turn));
  }

  ExaminationResult run() {
    auto start = std::chrono::steady_clock::now();
    KvCache cache(layout(), static_cast<int>(config().num_hidden_layers), pages());
    Engine engine(examinee_.model, cache, examinee_.context, {},
                  {.max_running = kMaxRunning, .max_waiting = kMaxRunning, .max_context = longest()});
    auto next = static_cast<size_t>(own_.begin);
    const auto end = static_cast<size_t>(own_.end);
    while (true) {
      while (next < end && outstanding_ < kMaxRunning) ask(engine, next++);
      examinee_.check();
      if (!engine.step()) break;
    }
    if (error_) throw *error_;
    result_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(result_);
  }

 private:
  const ModelConfig& config() const { return examinee_.model.config(); }
  kernels::KvLayout layout() const {
    return {kernels::KvDType::bf16, static_cast<int>(config().num_key_value_heads),
            static_cast<int>(config().head_dim)};
  }
  /// Tokens of the longest question and its answer, as far as the model reaches.
  int64_t longest() const {
    size_t prompt = 0;
    for (const auto& one : prompts_) prompt = std::max(prompt, one.size());
    return std::min(config().max_position_embeddings, static_cast<int64_t>(prompt) + max_new_tokens_);
  }
  int64_t pages() const {
    return Scheduler::pages_for(longest()) *
           std::min<int64_t>(kMaxRunning, std::max<int64_t>(1, n_questions()));
  }
  int64_t n_questions() const { return static_cast<int64_t>(questions_.size()); }

  void ask(Engine& engine, size_t i) {
    if (static_cast<int64_t>(prompts_[i].size()) >= longest()) return answered(i, {});  // too long to answer
    Request request;
    request.prompt = prompts_[i];
    request.sampling.temperature = 0;
    request.max_new_tokens = max_new_tokens_;
    request.stop_tokens = {examinee_.text.eos()};
    request.on_finish = [this, i](Completion completion) {
      --outstanding_;
      if (completion.error && !error_) error_ = completion.error;
      result_.generated_tokens += static_cast<int64_t>(completion.tokens.size());
      answered(i, completion.tokens);
    };
    ++outstanding_;
    engine.add(std::move(request));
  }

  void answered(size_t i, const std::vector<int32_t>& tokens) {
    count(questions_[i], examinee_.text.text_of(tokens), result_.scores[questions_[i].score]);
  }

  const Examinee& examinee_;
  ExaminationResult result_;
  std::vector<Question> questions_;
  std::vector<std::vector<int32_t>> prompts_;
  Share own_;  // the questions that are asked here
  int64_t max_new_tokens_;
  int outstanding_ = 0;
  std::optional<Error> error_;
};

Json to_json(const problems::Proportion& p) {
  problems::Interval interval = p.wilson();
  return {{"correct", p.successes},
          {"problems", p.trials},
          {"accuracy", p.share()},
          {"low", interval.low},
          {"high", interval.high}};
}

}  // namespace

problems::Proportion ExaminationResult::of(problems::Family family) const {
  problems::Proportion sum;
  for (const LevelScore& score : scores)
    if (score.family == family) sum += score.correct;
  return sum;
}

problems::Proportion ExaminationResult::all() const {
  problems::Proportion sum;
  for (const LevelScore& score : scores) sum += score.correct;
  return sum;
}

Json to_json(const ExaminationResult& result) {
  Json out;
  out["scores"] = Json::array();
  for (const LevelScore& score : result.scores) {
    Json one{{"family", problems::name(score.family)}, {"level", score.level}};
    one.update(to_json(score.correct));
    one["malformed"] = score.malformed;
    one["unfinished"] = score.unfinished;
    out["scores"].push_back(std::move(one));
  }
  out["all"] = to_json(result.all());
  out["generated_tokens"] = result.generated_tokens;
  out["seconds"] = result.seconds;
  return out;
}

namespace {

std::string packed(const ExaminationResult& result) {
  Packer packer;
  packer.add_list(result.scores);
  packer.add(result.generated_tokens);
  packer.add(result.seconds);
  return packer.take();
}

/// Every rank has asked its own part of the same questions.
void add_packed(const std::string& bytes, ExaminationResult& sum) {
  Unpacker unpacker(bytes);
  const auto scores = unpacker.get_list<LevelScore>();
  if (sum.scores.empty()) {
    sum.scores = scores;
  } else {
    for (size_t i = 0; i < scores.size(); ++i) {
      sum.scores[i].correct += scores[i].correct;
      sum.scores[i].malformed += scores[i].malformed;
      sum.scores[i].unfinished += scores[i].unfinished;
    }
  }
  sum.generated_tokens += unpacker.get<int64_t>();
  sum.seconds = std::max(sum.seconds, unpacker.get<double>());
}

}  // namespace

ExaminationResult examine(const Examinee& examinee, const EvaluationRecipe& recipe) {
  if (examinee.ranks == nullptr || examinee.ranks->size() == 1) return Examiner(examinee, recipe).run();
  ExaminationResult own, all;
  together(*examinee.ranks, [&] { own = Examiner(examinee, recipe).run(); });
  for (const std::string& bytes : examinee.ranks->gather(packed(own))) add_packed(bytes, all);
  return all;
}

}  // namespace retort::train
