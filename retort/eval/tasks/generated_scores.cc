#include "retort/eval/tasks/generated_scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "retort/base/check.h"
#include "retort/eval/tasks/claims.h"
#include "retort/eval/tasks/dialogue_scores.h"
#include "retort/eval/tasks/facts.h"

namespace retort::eval {
namespace {

using problems::Problem;
using problems::TurnKind;
using problems::VerdictStatus;

using SampleIndex = std::map<SampleKey, const Sample*>;

/// One item asked once. Absent: the journal does not have all of it.
std::optional<std::vector<AnsweredTurn>> answers_of(const Problem& problem, const std::string& id,
                                                    int64_t sample, const SampleIndex& index) {
  std::vector<AnsweredTurn> out;
  for (size_t turn = 0; turn < problem.turns.size(); ++turn) {
    const auto at = index.find({id, sample, static_cast<int64_t>(turn)});
    if (at == index.end() || at->second->status == SampleStatus::api_error) return std::nullopt;
    if (problem.turns[turn].kind == TurnKind::tell) continue;
    const Sample& s = *at->second;
    problems::Verdict verdict{VerdictStatus::unfinished, ""};
    if (s.status == SampleStatus::ok) verdict = problems::verify(problem, s.content, turn);
    out.push_back({&problem.turns[turn], &s, std::move(verdict)});
  }
  return out;
}

/// What an item's answers come to, added up over its samples.
struct ItemSum {
  double correct = 0, completeness = 0, unsupported = 0;
  double false_share = 0;  // of the claims of an answer, over answers with claims
  int64_t with_claims = 0;
  double coverage = 0;  // of the thoughts by claims that could be decided
  int64_t thoughts = 0;
  double malformed = 0, cut_off = 0;  // shares of its answers
  int64_t samples = 0;

  void add(const std::vector<AnsweredTurn>& answers) {
    const auto n = static_cast<double>(std::max<size_t>(1, answers.size()));
    double complete = answers.empty() ? n : 0;
    bool right = true;
    for (const AnsweredTurn& a : answers) {
      right = right && a.verdict.correct();
      complete += eval::completeness(a.turn->facts, a.sample->reasoning);
      const StepErrors steps = step_errors(a.sample->reasoning, a.turn->facts);
      coverage += steps.coverage;
      ++thoughts;
      if (steps.claims > 0) {
        false_share += steps.rate();
        ++with_claims;
      }
      malformed += a.verdict.status == VerdictStatus::malformed ? 1 / n : 0;
      cut_off += is_cut_off(a.sample->status) ? 1 / n : 0;
    }
    correct += right ? 1 : 0;
    completeness += complete / n;
    unsupported += right && complete < n ? 1 : 0;
    ++samples;
  }
};

/// The figures of one family, or of all.
class GroupSum {
 public:
  explicit GroupSum(const std::string& group)
      : correct_(group + "correct"),
        completeness_(group + "steps.completeness"),
        errors_(group + "steps.error_rate"),
        unsupported_(group + "steps.unsupported"),
        malformed_(group + "malformed"),
        cut_off_(group + "cut_off") {}

  void add(const std::string& id, const ItemSum& item, int cluster) {
    const auto n = static_cast<double>(item.samples);
    correct_.add(id, item.correct / n, cluster);
    completeness_.add(id, item.completeness / n, cluster);
    if (item.with_claims > 0)
      errors_.add(id, item.false_share / static_cast<double>(item.with_claims), cluster);
    if (item.correct > 0) unsupported_.add(id, item.unsupported / item.correct, cluster);
    malformed_.add(id, item.malformed / n, cluster);
    cut_off_.add(id, item.cut_off / n, cluster);
  }
  void put_into(SuiteScores& scores) const {
    for (const FigureSum* sum : {&correct_, &completeness_, &errors_, &unsupported_, &malformed_, &cut_off_})
      scores.figures.push_back(sum->figure());
  }

 private:
  FigureSum correct_, completeness_, errors_, unsupported_, malformed_, cut_off_;
};

std::string verdict_of(const AnsweredTurn& a) {
  if (a.sample->status != SampleStatus::ok) return std::string(text(a.sample->status));
  return a.verdict.correct() ? "right" : std::string(name(a.verdict.status));
}

class Scoring {
 public:
  Scoring(std::span<const Sample> samples, int64_t n_samples, const std::string& dialogue_group)
      : n_samples_(n_samples), dialogue_group_(dialogue_group), dialogues_(dialogue_group + "/") {
    for (const Sample& sample : samples) index_.emplace(sample.key, &sample);
  }

  void add(const Problem& problem) {
    const std::string id = problems::id(problem);
    ItemSum item;
    for (int64_t n = 0; n < n_samples_; ++n) {
      const auto answers = answers_of(problem, id, n, index_);
      if (!answers) {
        ++out_.missing;
        continue;
      }
      item.add(*answers);
      for (const AnsweredTurn& a : *answers) add_verdict(problem, a);
      if (problem.family == problems::Family::dialogue) dialogues_.add(id, *answers);
    }
    coverage_ += item.coverage;
    thoughts_ += item.thoughts;
    if (item.samples == 0) return;
    const int cluster =
        clusters_.emplace(problem.template_id, static_cast<int>(clusters_.size())).first->second;
    families_.try_emplace(problem.family, group_of(problem.family) + "/")
        .first->second.add(id, item, cluster);
    all_.add(id, item, cluster);
    levels_[problem.family]
        .try_emplace(problem.level, "")
        .first->second.add(id, item.correct / static_cast<double>(item.samples), cluster);
  }

  SuiteScores scores() {
    if (families_.size() > 1) all_.put_into(out_);
    for (const auto& [family, sum] : families_) {
      sum.put_into(out_);
      Breakdown by_level{group_of(family) + "/correct", "level", {}};
      for (const auto& [level, cell] : levels_.at(family))
        by_level.points.push_back({std::to_string(level), cell.figure().estimate});
      out_.breakdowns.push_back(std::move(by_level));
    }
    dialogues_.put_into(out_);
    if (thoughts_ > 0)
      out_.notes.push_back(fmt::format(
          "the claims that could be checked for false steps hold {:.0f} % of the digits and signs in "
          "{} thoughts",
          100 * coverage_ / static_cast<double>(thoughts_), thoughts_));
    return std::move(out_);
  }

 private:
  std::string group_of(problems::Family family) const {
    return family == problems::Family::dialogue ? dialogue_group_ : std::string(problems::name(family));
  }
  void add_verdict(const Problem& problem, const AnsweredTurn& a) {
    out_.verdicts.push_back(
        {.key = a.sample->key,
         .score = a.verdict.correct() ? 1.0 : 0.0,
         .verdict = verdict_of(a),
         .note = a.verdict.reason,
         .parts = {{"level", problem.level},
                   {"steps.completeness", completeness(a.turn->facts, a.sample->reasoning)}}});
  }

  SampleIndex index_;
  int64_t n_samples_;
  std::string dialogue_group_;
  std::map<std::string, int> clusters_;
  GroupSum all_{""};
  std::map<problems::Family, GroupSum> families_;
  std::map<problems::Family, std::map<int, FigureSum>> levels_;
  DialogueSum dialogues_;
  double coverage_ = 0;
  int64_t thoughts_ = 0;
  SuiteScores out_;
};

}  // namespace

SuiteScores score_generated(std::span<const Problem> all, std::span<const Sample> samples, int64_t n_samples,
                            const std::string& dialogue_group) {
  RETORT_CHECK(n_samples > 0);
  Scoring scoring(samples, n_samples, dialogue_group);
  for (const Problem& problem : all) scoring.add(problem);
  return scoring.scores();
}

}  // namespace retort::eval
