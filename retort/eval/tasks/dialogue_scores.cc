#include "retort/eval/tasks/dialogue_scores.h"

#include <fmt/format.h>

#include <algorithm>

namespace retort::eval {
namespace {

using problems::TurnKind;

std::string trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t\r\n"), end = text.find_last_not_of(" \t\r\n");
  return begin == text.npos ? "" : text.substr(begin, end - begin + 1);
}

/// A wrong value that was right earlier.
bool is_stale(const AnsweredTurn& a) {
  const auto& old = a.turn->stale_values;
  return !a.verdict.correct() && std::find(old.begin(), old.end(), trimmed(a.sample->content)) != old.end();
}

Breakdown breakdown(const std::string& figure, const std::map<int64_t, FigureSum>& points, const char* by) {
  Breakdown out{.figure = figure, .by = by, .points = {}};
  for (const auto& [at, sum] : points) out.points.push_back({std::to_string(at), sum.figure().estimate});
  return out;
}

}  // namespace

DialogueSum::DialogueSum(const std::string& group)
    : turns_(group + "dialogue.turns"),
      stale_(group + "dialogue.stale"),
      premises_(group + "dialogue.premises"),
      contradictions_(group + "dialogue.contradictions") {}

void DialogueSum::add_point(std::map<int64_t, FigureSum>& points, int64_t at, double score) {
  points.try_emplace(at, "").first->second.add("", score, dialogues_);
}

void DialogueSum::add(const std::string& id, const std::vector<AnsweredTurn>& answers) {
  bool alive = true;
  for (size_t i = 0; i < answers.size(); ++i) {
    const AnsweredTurn& a = answers[i];
    const int64_t turn = a.sample->key.turn + 1;
    const std::string item = fmt::format("{}#{}", id, turn);
    const double right = a.verdict.correct() ? 1 : 0;
    turns_.add(item, right, dialogues_);
    add_point(by_turn_, turn, right);
    add_point(by_distance_, a.turn->distance, right);
    alive = alive && a.verdict.correct();
    add_point(by_questions_, static_cast<int64_t>(i) + 1, alive ? 1 : 0);
    if (a.turn->kind == TurnKind::premise && a.turn->answer == "no")
      premises_.add(item, trimmed(a.sample->content) == "yes" ? 1 : 0, dialogues_);
    if (a.turn->kind == TurnKind::ask && !a.turn->stale_values.empty())
      stale_.add(item, is_stale(a) ? 1 : 0, dialogues_);
    add_repetition(item, answers, i);
  }
  ++dialogues_;
}

/// The same question asked before, with the same right answer and nothing changed since.
void DialogueSum::add_repetition(const std::string& item, const std::vector<AnsweredTurn>& answers,
                                 size_t i) {
  const AnsweredTurn& later = answers[i];
  for (size_t j = i; j-- > 0;) {
    const AnsweredTurn& earlier = answers[j];
    const int64_t between = later.sample->key.turn - earlier.sample->key.turn;
    if (later.turn->kind != TurnKind::ask || earlier.turn->user != later.turn->user) continue;
    if (later.turn->distance >= between)
      contradictions_.add(item, trimmed(earlier.sample->content) == trimmed(later.sample->content) ? 0 : 1,
                          dialogues_);
    return;
  }
}

void DialogueSum::put_into(SuiteScores& scores) const {
  if (dialogues_ == 0) return;
  for (const FigureSum* sum : {&turns_, &stale_, &premises_, &contradictions_})
    scores.figures.push_back(sum->figure());
  scores.breakdowns.push_back(breakdown(turns_.id(), by_turn_, "turn"));
  scores.breakdowns.push_back(breakdown(turns_.id(), by_distance_, "distance"));
  // Only dialogues with an n-th question are asked about it.
  scores.breakdowns.push_back(breakdown(turns_.id(), by_questions_, "questions"));
}

}  // namespace retort::eval
