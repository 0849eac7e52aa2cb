#include "retort/train/examination.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "retort/base/check.h"
#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/infer/engine.h"
#include "retort/problems/generate.h"
#include "retort/problems/verify.h"
#include "retort/train/packed.h"

namespace retort::train {
namespace {

constexpr uint64_t kSeed = 0x5eed;  // examinations differ from training by split; the seed only fixes which
constexpr int kMaxRunning = 64;     // answers computed at once

/// A problem in the examination: right as long as no turn was answered wrongly.
struct Paper {
  problems::Problem problem;
  size_t score = 0;  // place in the result
  bool correct = true;
};

struct Question {
  size_t paper = 0;
  size_t turn = 0;
};

std::vector<Paper> papers_of(const EvaluationRecipe& recipe, ExaminationResult& result) {
  std::vector<Paper> papers;
  for (const std::string& name : recipe.families)
    for (int64_t level : recipe.levels) {
      auto family = problems::parse_family(name);
      RETORT_CHECK(family);  // the parser allows no other
      result.scores.push_back({.family = *family, .level = static_cast<int>(level)});
      problems::Selection selection{
          .family = *family, .level = static_cast<int>(level), .split = problems::Split::test, .seed = kSeed};
      for (problems::Problem& problem :
           problems::generate_distinct(selection, static_cast<uint64_t>(recipe.problems)))
        papers.push_back({std::move(problem), result.scores.size() - 1});
    }
  return papers;
}

/// Those that are asked here. Dealt in turn, since dialogues ask more than other families.
std::vector<Paper> own_papers(std::vector<Paper> papers, const Communicator* ranks) {
  if (ranks == nullptr || ranks->size() == 1) return papers;
  std::vector<Paper> own;
  for (auto i = static_cast<size_t>(ranks->rank()); i < papers.size();
       i += static_cast<size_t>(ranks->size()))
    own.push_back(std::move(papers[i]));
  return own;
}

/// The turns of a dialogue stand one after another: each begins with the pages of the one before.
std::vector<Question> questions_of(const std::vector<Paper>& papers) {
  std::vector<Question> questions;
  for (size_t paper = 0; paper < papers.size(); ++paper)
    for (size_t turn = 0; turn < papers[paper].problem.turns.size(); ++turn)
      if (papers[paper].problem.turns[turn].kind != problems::TurnKind::tell)
        questions.push_back({paper, turn});
  return questions;
}

void count(const Question& question, const std::string& text, Paper& paper, LevelScore& score) {
  problems::Verdict verdict = problems::verify_completion(paper.problem, text, question.turn);
  score.turns.add(verdict.correct());
  paper.correct = paper.correct && verdict.correct();
  if (verdict.status == problems::VerdictStatus::malformed) ++score.malformed;
  if (verdict.status == problems::VerdictStatus::unfinished) ++score.unfinished;
}

/// Keeps the engine full of questions until all are answered.
class Examiner {
 public:
  Examiner(const Examinee& examinee, const EvaluationRecipe& recipe)
      : examinee_(examinee),
        papers_(own_papers(papers_of(recipe, result_), examinee.ranks)),
        questions_(questions_of(papers_)),
        max_new_tokens_(recipe.max_new_tokens) {
    for (const Question& question : questions_)
      prompts_.push_back(examinee.text.prompt(papers_[question.paper].problem, question.turn));
  }

  ExaminationResult run() {
    auto start = std::chrono::steady_clock::now();
    KvCache cache(layout(), static_cast<int>(config().num_hidden_layers), pages());
    Engine engine(examinee_.model, cache, examinee_.context, {},
                  {.max_running = kMaxRunning, .max_waiting = kMaxRunning, .max_context = longest()});
    size_t next = 0;
    while (true) {
      while (next < questions_.size() && outstanding_ < kMaxRunning) ask(engine, next++);
      examinee_.check();
      if (!engine.step()) break;
    }
    if (error_) throw *error_;
    for (const Paper& paper : papers_) result_.scores[paper.score].correct.add(paper.correct);
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
    Paper& paper = papers_[questions_[i].paper];
    count(questions_[i], examinee_.text.text_of(tokens), paper, result_.scores[paper.score]);
    if (examinee_.progress) examinee_.progress("answers", ++done_, questions_.size());
  }

  const Examinee& examinee_;
  ExaminationResult result_;
  std::vector<Paper> papers_;
  std::vector<Question> questions_;
  std::vector<std::vector<int32_t>> prompts_;
  uint64_t done_ = 0;
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
    one["turns"] = {{"correct", score.turns.successes}, {"asked", score.turns.trials}};
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
      sum.scores[i].turns += scores[i].turns;
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

std::string examination_fingerprint() {
  constexpr uint64_t kLookedAt =
      5;  // problems of each family and level; who changes a generator changes them
  Checksum sum;
  for (problems::Family family : problems::all_families())
    for (int level = problems::kMinLevel; level <= problems::kMaxLevel; ++level)
      for (uint64_t i = 0; i < kLookedAt; ++i)
        for (const problems::Turn& turn :
             problems::generate({family, level, problems::Split::test, kSeed}, i).turns)
          sum.add(turn.user + "\n" + turn.answer + "\n");
  return sum.hex();
}

}  // namespace retort::train
