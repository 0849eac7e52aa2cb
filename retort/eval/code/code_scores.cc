#include "retort/eval/code/code_scores.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/eval/code/cpp_program.h"
#include "retort/eval/code/score_answer.h"
#include "retort/eval/code/score_pool.h"
#include "retort/eval/code/sound_sandbox.h"
#include "retort/eval/statistics/pass_at_k.h"

namespace retort::eval {
namespace {

using SampleIndex = std::map<SampleKey, const Sample*>;

/// One answer, scored or not.
struct Scored {
  const Sample* sample = nullptr;
  AnswerScores scores;
};

/// All that became of one problem.
struct ProblemScores {
  bool skipped = false;     // its language is not on this machine
  bool whole_test = false;  // judged by a published test as it is
  std::vector<Scored> answers;
};

/// Python is asked for by the installation; the others are used where they are.
bool runs_here(Language language) {
  if (language == Language::cpp) return can_compile_cpp();
  if (language == Language::python) return true;
  return ::access("/usr/bin/node", X_OK) == 0 || ::access("/usr/local/bin/node", X_OK) == 0;
}

/// An answer that did not come to its end has no program.
AnswerScores unscored(const CodeProblem& problem, const Sample& sample) {
  AnswerScores out;
  out.verdict = is_cut_off(sample.status) ? "cut off" : std::string(name(sample.status));
  out.note = text(sample.status);
  for (std::string_view figure : figures_of(problem)) {
    out.figures.emplace(figure, 0.0);
    out.parts[std::string(figure)] = 0.0;
  }
  return out;
}

AnswerScores scorer_error(const std::string& why) {
  AnswerScores out;
  out.verdict = "scorer error";
  out.note = why;
  out.failed = true;
  return out;
}

void score_problem(const Sandbox& sandbox, const CodeProblem& problem, uint64_t seed, ProblemScores& out) {
  std::vector<Scored*> programs;
  for (Scored& answer : out.answers) {
    if (answer.sample->status == SampleStatus::ok)
      programs.push_back(&answer);
    else
      answer.scores = unscored(problem, *answer.sample);
  }
  if (programs.empty()) return;
  try {
    const PreparedTask prepared = prepare(sandbox, problem, seed);
    out.whole_test = !prepared.whole_test.empty();
    Scorer scorer(sandbox, seed);
    for (Scored* answer : programs) answer->scores = scorer.score(prepared, answer->sample->content);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    for (Scored* answer : programs)
      if (answer->scores.verdict.empty()) answer->scores = scorer_error(error.message());
  } catch (const nlohmann::json::exception& error) {
    for (Scored* answer : programs)
      if (answer->scores.verdict.empty())
        answer->scores = scorer_error(problem.task.id + ": references: unexpected form: " + error.what());
  }
}

/// Shares along something.
class BreakdownSum {
 public:
  void add(int64_t at, double score, int cluster) {
    auto& cell = cells_[at];
    cell.first.push_back(score);
    cell.second.push_back(cluster);
  }
  Breakdown breakdown(std::string figure, std::string by) const {
    Breakdown out{std::move(figure), std::move(by), {}};
    for (const auto& [at, cell] : cells_)
      out.points.push_back({std::to_string(at), clustered_share(cell.first, cell.second)});
    return out;
  }
  bool empty() const { return cells_.empty(); }

 private:
  std::map<int64_t, std::pair<std::vector<double>, std::vector<int>>> cells_;
};

/// Adds problems up to figures, in the order of the suite.
class Sums {
 public:
  void add(const CodeProblem& problem, const ProblemScores& scores) {
    const int cluster = clusters_.emplace(problem.cluster, static_cast<int>(clusters_.size())).first->second;
    if (scores.skipped) {
      ++skipped_;
      return;
    }
    whole_tests_ += scores.whole_test;
    std::map<std::string, std::vector<double>> by_figure;
    for (const Scored& answer : scores.answers) {
      add_verdict(answer, problem.task);
      if (answer.scores.failed) continue;
      by_figure["code.cut_off"].push_back(is_cut_off(answer.sample->status) ? 1 : 0);
      for (const auto& [figure, score] : answer.scores.figures) by_figure[figure].push_back(score);
    }
    for (const auto& [figure, values] : by_figure) add_item(figure, problem.task, values, cluster);
  }

  void into(SuiteScores& out) {
    for (const FigureRow& row : figure_rows())
      if (const auto sum = figures_.find(row.id); sum != figures_.end())
        out.figures.push_back(sum->second.figure());
    for (const auto& [figure, levels] : levels_) out.breakdowns.push_back(levels.breakdown(figure, "level"));
    if (!growths_.empty()) out.breakdowns.push_back(growth_breakdown());
    if (!ks_.empty()) out.breakdowns.push_back(ks_.breakdown("code.solved", "k"));
    out.verdicts = std::move(verdicts_);
    add_notes(out.notes);
  }

 private:
  void add_verdict(const Scored& answer, const CodeTask& task) {
    const AnswerScores& s = answer.scores;
    const auto solved = s.figures.find("code.solved");
    verdicts_.push_back({.key = answer.sample->key,
                         .score = solved == s.figures.end() ? 0 : solved->second,
                         .verdict = s.verdict,
                         .note = s.note,
                         .parts = s.parts});
    verdicts_.back().parts["level"] = task.level;
    if (!s.growth_like.empty()) ++growths_[s.growth_like];
    errors_ += s.failed;
    for (const auto& [figure, why] : s.failures) {
      if (!s.failed) ++failures_[figure];
      if (first_error_.empty()) first_error_ = why;
    }
    if (s.failed && first_error_.empty()) first_error_ = s.note;
  }

  /// Of the programs whose costs were measured, how many grow like which reference.
  Breakdown growth_breakdown() const {
    int64_t all = 0;
    for (const auto& [reference, n] : growths_) all += n;
    Breakdown out{"code.efficiency", "growth like", {}};
    for (const auto& [reference, n] : growths_) out.points.push_back({reference, proportion(n, all)});
    return out;
  }

  void add_item(const std::string& figure, const CodeTask& task, const std::vector<double>& values,
                int cluster) {
    double sum = 0;
    for (double value : values) sum += value;
    const double mean = sum / static_cast<double>(values.size());
    figures_.try_emplace(figure, FigureSum(figure)).first->second.add(task.id, mean, cluster);
    if (figure != "code.cut_off") levels_[figure].add(task.level, mean, cluster);
    if (figure == "code.solved") add_pass_at_k(values, cluster);
  }

  /// The unbiased estimate for k = 1, 2, 4, ..., of several samples.
  void add_pass_at_k(const std::vector<double>& values, int cluster) {
    const auto n = static_cast<int64_t>(values.size());
    const auto right = static_cast<int64_t>(std::count(values.begin(), values.end(), 1.0));
    for (int64_t k = 1; n > 1 && k <= n; k *= 2) ks_.add(k, pass_at_k(n, right, k), cluster);
  }

  void add_notes(std::vector<std::string>& notes) const {
    if (figures_.contains("code.efficiency"))
      notes.emplace_back(
          "efficiency is made of CPU times measured while scoring: scoring again gives slightly other "
          "values");
    if (skipped_ > 0)
      notes.push_back(
          fmt::format("{} problems are not in the figures: g++ or node is not on this machine", skipped_));
    if (whole_tests_ > 0)
      notes.push_back(
          fmt::format("{} problems were judged by their published test run beside the program, the others by "
                      "comparing values "
                      "outside of the sandbox",
                      whole_tests_));
    if (errors_ > 0)
      notes.push_back(fmt::format("{} answers could not be scored and are not in the figures: {}", errors_,
                                  first_error_));
    for (const auto& [figure, n] : failures_)
      notes.push_back(fmt::format("{} could not be found for {} answers: {}", figure, n, first_error_));
  }

  std::map<std::string, int> clusters_;
  std::map<std::string, FigureSum, std::less<>> figures_;
  std::map<std::string, BreakdownSum> levels_;
  BreakdownSum ks_;
  std::vector<SampleVerdict> verdicts_;
  int64_t skipped_ = 0, whole_tests_ = 0, errors_ = 0;
  std::map<std::string, int64_t> failures_, growths_;
  std::string first_error_;
};

}  // namespace

SuiteScores score_code(std::span<const CodeProblem> problems, std::span<const Sample> samples,
                       int64_t n_samples, uint64_t seed, const ScoreHooks& hooks) {
  SampleIndex index;
  for (const Sample& sample : samples) index.emplace(sample.key, &sample);
  SuiteScores out;
  std::vector<ProblemScores> scores(problems.size());
  std::vector<size_t> work;
  for (size_t i = 0; i < problems.size(); ++i) {
    for (int64_t n = 0; n < n_samples; ++n) {
      const auto at = index.find({problems[i].task.id, n, 0});
      if (at == index.end())
        ++out.missing;
      else
        scores[i].answers.push_back({at->second, {}});
    }
    scores[i].skipped = !runs_here(problems[i].task.language);
    if (!scores[i].skipped && !scores[i].answers.empty()) work.push_back(i);
  }
  // Where nothing has to run, nothing has to be safe.
  const bool runs = std::any_of(work.begin(), work.end(), [&](size_t i) {
    return std::any_of(scores[i].answers.begin(), scores[i].answers.end(),
                       [](const Scored& answer) { return answer.sample->status == SampleStatus::ok; });
  });
  if (runs) {
    const Sandbox& sandbox = sound_sandbox();
    run_pieces(work.size(), hooks, [&](size_t piece) {
      score_problem(sandbox, problems[work[piece]], seed, scores[work[piece]]);
    });
  } else {
    for (size_t i : work)
      for (Scored& answer : scores[i].answers) answer.scores = unscored(problems[i], *answer.sample);
  }
  Sums sums;
  for (size_t i = 0; i < problems.size(); ++i) sums.add(problems[i], scores[i]);
  sums.into(out);
  return out;
}

}  // namespace retort::eval
