#include "retort/eval/tasks/generated_scores.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/check.h"
#include "retort/eval/figure.h"
#include "retort/eval/tasks/facts.h"
#include "retort/problems/verify.h"

namespace retort::eval {
namespace {

using problems::Problem;
using problems::Turn;
using problems::TurnKind;
using problems::VerdictStatus;

using SampleIndex = std::map<SampleKey, const Sample*>;

/// Scores of a group of items, with their clusters.
struct Shares {
  std::vector<double> scores;
  std::vector<int> clusters;

  void add(double score, int cluster) {
    scores.push_back(score);
    clusters.push_back(cluster);
  }
  Estimate estimate() const { return clustered_share(scores, clusters); }
};

/// One turn that asks, answered.
struct Answered {
  const Turn* turn;
  const Sample* sample;
  problems::Verdict verdict;
};

/// One item asked once. Absent: the journal does not have all of it.
std::optional<std::vector<Answered>> answers_of(const Problem& problem, const std::string& id, int64_t sample,
                                                const SampleIndex& index) {
  std::vector<Answered> out;
  for (size_t turn = 0; turn < problem.turns.size(); ++turn) {
    const auto at = index.find({id, sample, static_cast<int64_t>(turn)});
    if (at == index.end()) return std::nullopt;
    if (problem.turns[turn].kind == TurnKind::tell) continue;
    const Sample& s = *at->second;
    problems::Verdict verdict{VerdictStatus::unfinished, ""};
    if (s.status == SampleStatus::ok) verdict = problems::verify(problem, s.content, turn);
    out.push_back({&problem.turns[turn], &s, std::move(verdict)});
  }
  return out;
}

bool all_correct(const std::vector<Answered>& answers) {
  return std::all_of(answers.begin(), answers.end(), [](const Answered& a) { return a.verdict.correct(); });
}

double mean_completeness(const std::vector<Answered>& answers) {
  double sum = 0;
  for (const Answered& a : answers) sum += completeness(a.turn->facts, a.sample->reasoning);
  return answers.empty() ? 1 : sum / static_cast<double>(answers.size());
}

/// Adds up a cell.
class CellSum {
 public:
  void add_item(double correct, double complete, double unsupported, bool any_correct, int cluster) {
    correct_.add(correct, cluster);
    complete_.add(complete, cluster);
    if (any_correct) unsupported_.add(unsupported, cluster);
  }
  void add_answer(const Answered& a) {
    ++cell_.samples;
    ++cell_.statuses[a.sample->status];
    cell_.malformed += a.verdict.status == VerdictStatus::malformed;
    cell_.thought_tokens += static_cast<double>(a.sample->reasoning_tokens);
    cell_.answer_tokens += static_cast<double>(a.sample->answer_tokens);
  }
  CellScore score(problems::Family family, int level) const {
    CellScore out = cell_;
    out.family = family;
    out.level = level;
    out.correct = correct_.estimate();
    out.completeness = complete_.estimate();
    out.unsupported = unsupported_.estimate();
    const auto n = static_cast<double>(std::max<int64_t>(1, out.samples));
    out.thought_tokens /= n;
    out.answer_tokens /= n;
    return out;
  }

 private:
  CellScore cell_;
  Shares correct_, complete_, unsupported_;
};

/// What dialogues show turn by turn. Turns of one dialogue go right and wrong together: each dialogue is a
/// cluster.
class DialogueSum {
 public:
  void add(const std::vector<Answered>& answers, int dialogue) {
    bool alive = true;
    for (size_t i = 0; i < answers.size(); ++i) {
      const Answered& a = answers[i];
      const double right = a.verdict.correct() ? 1 : 0;
      turns_[a.sample->key.turn + 1].add(right, dialogue);
      distances_[a.turn->distance].add(right, dialogue);
      alive = alive && a.verdict.correct();
      if (survival_.size() <= i) survival_.emplace_back();
      survival_[i].add(alive ? 1 : 0, dialogue);
      if (a.turn->kind == TurnKind::premise && a.turn->answer == "no")
        premises_.add(trimmed(a.sample->content) == "yes" ? 1 : 0, dialogue);
      if (a.turn->kind == TurnKind::ask && !a.turn->stale_values.empty())
        stale_.add(is_stale(a) ? 1 : 0, dialogue);
      add_repetitions(answers, i, dialogue);
    }
  }

  DialogueScore score() const {
    DialogueScore out{.by_turn = points(turns_),
                      .by_distance = points(distances_),
                      .stale = stale_.estimate(),
                      .accepted_premises = premises_.estimate(),
                      .contradictions = contradictions_.estimate(),
                      .survival = {}};
    // Only dialogues with an n-th question are asked about it.
    for (const Shares& shares : survival_) out.survival.push_back(shares.estimate());
    return out;
  }

 private:
  static std::string trimmed(const std::string& text) {
    const size_t begin = text.find_first_not_of(" \t\r\n"), end = text.find_last_not_of(" \t\r\n");
    return begin == text.npos ? "" : text.substr(begin, end - begin + 1);
  }
  static bool is_stale(const Answered& a) {
    const std::string said = trimmed(a.sample->content);
    const auto& old = a.turn->stale_values;
    return !a.verdict.correct() && std::find(old.begin(), old.end(), said) != old.end();
  }
  /// The same question asked before, with the same right answer and nothing changed since.
  void add_repetitions(const std::vector<Answered>& answers, size_t i, int dialogue) {
    const Answered& later = answers[i];
    for (size_t j = i; j-- > 0;) {
      const Answered& earlier = answers[j];
      const int64_t between = later.sample->key.turn - earlier.sample->key.turn;
      if (later.turn->kind != TurnKind::ask || earlier.turn->user != later.turn->user) continue;
      if (later.turn->distance >= between)
        contradictions_.add(trimmed(earlier.sample->content) == trimmed(later.sample->content) ? 0 : 1,
                            dialogue);
      return;
    }
  }
  static std::vector<DialogueScore::Point> points(const std::map<int64_t, Shares>& shares) {
    std::vector<DialogueScore::Point> out;
    for (const auto& [at, share] : shares) out.push_back({at, share.estimate()});
    return out;
  }

  std::map<int64_t, Shares> turns_, distances_;
  std::vector<Shares> survival_;
  Shares stale_, premises_, contradictions_;
};

class Scoring {
 public:
  Scoring(std::span<const Sample> samples, int64_t n_samples) : n_samples_(n_samples) {
    for (const Sample& sample : samples) index_.emplace(sample.key, &sample);
  }

  void add(const Problem& problem) {
    const std::string id = problems::id(problem);
    const int cluster =
        clusters_.emplace(problem.template_id, static_cast<int>(clusters_.size())).first->second;
    CellSum *cell = &cells_[{problem.family, problem.level}], *family = &cells_[{problem.family, 0}];
    double correct = 0, complete = 0, unsupported = 0;
    int64_t found = 0;
    for (int64_t n = 0; n < n_samples_; ++n) {
      const auto answers = answers_of(problem, id, n, index_);
      if (!answers) {
        ++out_.missing;
        continue;
      }
      ++found;
      for (const Answered& a : *answers)
        for (CellSum* sum : {cell, family}) sum->add_answer(a);
      const bool right = all_correct(*answers);
      const double facts = mean_completeness(*answers);
      correct += right;
      complete += facts;
      unsupported += right && facts < 1;
      if (problem.family == problems::Family::dialogue) dialogue_.add(*answers, n_dialogues_++);
    }
    if (found == 0) return;
    const auto n = static_cast<double>(found);
    for (CellSum* sum : {cell, family})
      sum->add_item(correct / n, complete / n, correct > 0 ? unsupported / correct : 0, correct > 0, cluster);
    out_.item_ids.push_back(id);
    out_.item_scores.push_back(correct / n);
    out_.item_clusters.push_back(cluster);
  }

  GeneratedScores scores() {
    for (const auto& [key, sum] : cells_)
      (key.second == 0 ? out_.families : out_.cells).push_back(sum.score(key.first, key.second));
    if (n_dialogues_ > 0) out_.dialogue = dialogue_.score();
    return std::move(out_);
  }

 private:
  SampleIndex index_;
  int64_t n_samples_;
  std::map<std::string, int> clusters_;
  std::map<std::pair<problems::Family, int>, CellSum> cells_;
  DialogueSum dialogue_;
  int n_dialogues_ = 0;
  GeneratedScores out_;
};

Json to_json(const CellScore& c) {
  Json statuses = Json::object();
  for (const auto& [status, n] : c.statuses) statuses[std::string(name(status))] = n;
  return {{"family", problems::name(c.family)},    {"level", c.level == 0 ? Json(nullptr) : Json(c.level)},
          {"correct", to_json(c.correct)},         {"step_completeness", to_json(c.completeness)},
          {"unsupported", to_json(c.unsupported)}, {"answers", c.samples},
          {"statuses", std::move(statuses)},       {"malformed", c.malformed},
          {"thought_tokens", c.thought_tokens},    {"answer_tokens", c.answer_tokens}};
}

Json to_json(const std::vector<DialogueScore::Point>& points) {
  Json out = Json::array();
  for (const auto& point : points) out.push_back({{"at", point.at}, {"correct", to_json(point.correct)}});
  return out;
}

Json to_json(const DialogueScore& d) {
  Json survival = Json::array();
  for (const Estimate& e : d.survival) survival.push_back(to_json(e));
  return {{"by_turn", to_json(d.by_turn)},
          {"by_distance", to_json(d.by_distance)},
          {"stale_values", to_json(d.stale)},
          {"accepted_false_premises", to_json(d.accepted_premises)},
          {"self_contradictions", to_json(d.contradictions)},
          {"survival", std::move(survival)}};
}

}  // namespace

GeneratedScores score(std::span<const Problem> all, std::span<const Sample> samples, int64_t n_samples) {
  RETORT_CHECK(n_samples > 0);
  Scoring scoring(samples, n_samples);
  for (const Problem& problem : all) scoring.add(problem);
  return scoring.scores();
}

Json to_json(const GeneratedScores& s) {
  Json out{{"cells", Json::array()}, {"families", Json::array()}};
  for (const CellScore& cell : s.cells) out["cells"].push_back(to_json(cell));
  for (const CellScore& family : s.families) out["families"].push_back(to_json(family));
  if (!s.dialogue.by_turn.empty()) out["dialogue"] = to_json(s.dialogue);
  out["missing"] = s.missing;
  return out;
}

}  // namespace retort::eval
