#include "retort/eval/tasks/proofs/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "retort/eval/tasks/proofs/rules.h"

namespace retort::eval::proofs {
namespace {

constexpr size_t kMaxCited = 8;

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r"), end = text.find_last_not_of(" \t\r");
  return begin == text.npos ? std::string_view() : text.substr(begin, end - begin + 1);
}

std::optional<int64_t> number(std::string_view text) {
  int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || out < 1) return std::nullopt;
  return out;
}

/// "7. p & q ; and ; 2, 5" taken apart.
struct Step {
  int64_t number = 0;
  std::string_view statement, rule;
  std::vector<int64_t> cited;
};

std::optional<std::vector<int64_t>> cited_of(std::string_view text) {
  std::vector<int64_t> out;
  while (!trimmed(text).empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const auto one = number(trimmed(text.substr(0, comma)));
    if (!one || out.size() == kMaxCited) return std::nullopt;
    out.push_back(*one);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return out;
}

std::optional<Step> step_of(std::string_view line) {
  const size_t dot = line.find('.'), first = line.find(';');
  const size_t second = first == line.npos ? line.npos : line.find(';', first + 1);
  if (second == line.npos || dot > first || line.find(';', second + 1) != line.npos) return std::nullopt;
  const auto n = number(trimmed(line.substr(0, dot)));
  auto cited = cited_of(line.substr(second + 1));
  if (!n || !cited) return std::nullopt;
  return Step{*n, trimmed(line.substr(dot + 1, first - dot - 1)),
              trimmed(line.substr(first + 1, second - first - 1)), std::move(*cited)};
}

/// What the lines before say; Statement is a Formula or an Equation.
template <typename Statement>
struct Known {
  Statement statement;
  bool sound = true;
  bool given = false;
};
template <typename Statement>
using Book = std::map<int64_t, Known<Statement>>;

/// The cited lines; empty if one of them is not there.
template <typename Statement>
std::optional<std::vector<const Known<Statement>*>> look_up(const Book<Statement>& book,
                                                            const std::vector<int64_t>& cited) {
  std::vector<const Known<Statement>*> out;
  for (const int64_t n : cited) {
    const auto at = book.find(n);
    if (at == book.end()) return std::nullopt;
    out.push_back(&at->second);
  }
  return out;
}

/// Formulas, with what is established so far as a truth table.
class FormulaLogic {
 public:
  using Statement = Formula;
  explicit FormulaLogic(const ProofProblem& p) : letters_(p.letters) {
    for (const Formula& f : p.givens) established_ = established_ & truth_table(f);
  }
  Result<Formula> parse(std::string_view text) const { return parse_formula(text, letters_); }

  LineState judge(const Formula& f, std::string_view rule, const std::vector<const Known<Formula>*>& cited) {
    std::vector<const Formula*> premises;
    TruthTable from_cited = all_true();
    bool sound = true;
    for (const auto* one : cited) {
      premises.push_back(&one->statement);
      from_cited = from_cited & truth_table(one->statement);
      sound = sound && one->sound;
    }
    const TruthTable table = truth_table(f);
    if (sound && follows_by(rule, premises, f)) {
      established_ = established_ & table;
      return LineState::sound;
    }
    if (sound && entails(from_cited, table)) return LineState::mislabelled;
    return entails(established_, table) ? LineState::gap : LineState::wrong;
  }

 private:
  std::string letters_;
  TruthTable established_ = all_true();
};

/// Equations. Whether one follows somehow cannot be decided in general: a line is sound or wrong.
class EquationLogic {
 public:
  using Statement = Equation;
  explicit EquationLogic(const ProofProblem&) {}
  Result<Equation> parse(std::string_view text) const { return parse_equation(text); }

  LineState judge(const Equation& e, std::string_view rule,
                  const std::vector<const Known<Equation>*>& cited) {
    const bool sound = std::all_of(cited.begin(), cited.end(), [](const auto* one) { return one->sound; });
    return sound && follows(e, rule, cited) ? LineState::sound : LineState::wrong;
  }

 private:
  static bool follows(const Equation& e, std::string_view rule,
                      const std::vector<const Known<Equation>*>& cited) {
    const size_t n = cited.size();
    if (rule == "same") return n == 0 && e.left == e.right;
    if (rule == "swap") return n == 1 && cited[0]->statement == Equation{e.right, e.left};
    if (n != 2) return false;
    const Equation &a = cited[0]->statement, &b = cited[1]->statement;
    if (rule == "chain") return chains(a, b, e) || chains(b, a, e);
    if (rule != "rewrite") return false;
    return (a.left == e.left && rewrites(a.right, e.right, b, cited[1]->given)) ||
           (b.left == e.left && rewrites(b.right, e.right, a, cited[0]->given));
  }
  static bool chains(const Equation& a, const Equation& b, const Equation& e) {
    return a.left == e.left && a.right == b.left && b.right == e.right;
  }
};

template <typename Logic>
void check_lines(const std::vector<std::string_view>& lines, Logic logic,
                 Book<typename Logic::Statement> book, const typename Logic::Statement& goal, Checked& out) {
  for (const std::string_view line : lines) {
    CheckedLine& checked = out.lines.emplace_back();
    checked.text = std::string(line.substr(0, 120));
    const auto step = step_of(line);
    if (!step || book.contains(step->number)) continue;
    auto statement = logic.parse(step->statement);
    const auto cited = look_up(book, step->cited);
    if (!statement || !cited) continue;
    checked.state = logic.judge(*statement, step->rule, *cited);
    const bool sound = checked.state == LineState::sound;
    out.closed = out.closed || (sound && *statement == goal);
    book.emplace(step->number, Known<typename Logic::Statement>{std::move(*statement), sound, false});
  }
}

template <typename Statement>
Book<Statement> book_of(const std::vector<Statement>& givens) {
  Book<Statement> out;
  for (const Statement& one : givens)
    out.emplace(static_cast<int64_t>(out.size()) + 1, Known<Statement>{one, true, true});
  return out;
}

/// "countermodel ; p=T q=F": a value for every letter, and for no other. Separators are blanks or commas.
std::optional<uint32_t> assignment_of(std::string_view line, std::string_view letters) {
  const size_t begin = line.find(';');
  if (begin == line.npos || trimmed(line.substr(0, begin)) != "countermodel") return std::nullopt;
  uint32_t values = 0, seen = 0;
  const std::string_view rest = line.substr(begin + 1);
  for (size_t i = 0; i < rest.size();) {
    if (rest[i] == ' ' || rest[i] == ',' || rest[i] == '\t' || rest[i] == '\r') {
      ++i;
      continue;
    }
    const size_t letter = letters.find(rest[i]);
    if (letter == letters.npos || i + 2 >= rest.size() || rest[i + 1] != '=') return std::nullopt;
    const char value = rest[i + 2];
    const uint32_t bit = uint32_t{1} << letter;
    if ((value != 'T' && value != 'F') || (seen & bit) != 0) return std::nullopt;
    seen |= bit;
    if (value == 'T') values |= bit;
    i += 3;
  }
  if (seen != (uint32_t{1} << letters.size()) - 1) return std::nullopt;
  return values;
}

void check_countermodel(const ProofProblem& p, std::string_view line, Checked& out) {
  const auto assignment = p.kind == Kind::formulas ? assignment_of(line, p.letters) : std::nullopt;
  if (!assignment) {
    out.note = "the countermodel does not give every letter one value";
    return;
  }
  for (size_t i = 0; i < p.givens.size(); ++i)
    if (!value(p.givens[i], *assignment)) {
      out.note = fmt::format("given {} is false under the assignment", i + 1);
      return;
    }
  out.countermodel = !value(p.goal, *assignment);
  if (!out.countermodel) out.note = "the goal is true under the assignment";
}

/// Lines with a semicolon are steps; what else is said around them is left aside.
void sort_lines(std::string_view answer, std::vector<std::string_view>& steps,
                std::vector<std::string_view>& countermodels) {
  answer = answer.substr(0, kMaxProofBytes);
  while (!answer.empty() && steps.size() < kMaxProofLines) {
    const size_t end = std::min(answer.find('\n'), answer.size());
    const std::string_view line = trimmed(answer.substr(0, end));
    answer.remove_prefix(std::min(end + 1, answer.size()));
    if (line.starts_with("countermodel"))
      countermodels.push_back(line);
    else if (line.find(';') != line.npos)
      steps.push_back(line);
  }
}

void note_first_flaw(Checked& out) {
  if (!out.note.empty()) return;
  for (const CheckedLine& line : out.lines)
    if (line.state != LineState::sound) {
      out.note = fmt::format("{}: {}", name(line.state), line.text);
      return;
    }
  if (out.claim == Claim::proved && !out.closed) out.note = "the goal is not among the lines";
}

}  // namespace

std::string_view name(LineState state) {
  static constexpr std::string_view kNames[] = {"sound", "mislabelled", "gap", "wrong", "malformed"};
  return kNames[static_cast<size_t>(state)];
}

int64_t Checked::sound() const {
  return std::count_if(lines.begin(), lines.end(),
                       [](const CheckedLine& l) { return l.state == LineState::sound; });
}

bool Checked::right(const ProofProblem& p) const {
  if (!p.follows) return claim == Claim::refuted && countermodel;
  return claim == Claim::proved && closed && sound() == static_cast<int64_t>(lines.size());
}

Checked check_proof(const ProofProblem& p, std::string_view answer) {
  std::vector<std::string_view> steps, countermodels;
  sort_lines(answer, steps, countermodels);
  Checked out;
  if (!steps.empty()) out.claim = Claim::proved;
  if (!countermodels.empty()) out.claim = steps.empty() ? Claim::refuted : Claim::both;
  if (p.kind == Kind::formulas)
    check_lines(steps, FormulaLogic(p), book_of(p.givens), p.goal, out);
  else
    check_lines(steps, EquationLogic(p), book_of(p.equations), p.equal, out);
  out.closed = out.closed && 2 * out.sound() >= static_cast<int64_t>(out.lines.size());
  // Several guesses are no answer.
  if (out.claim == Claim::refuted && countermodels.size() == 1) check_countermodel(p, countermodels[0], out);
  if (out.claim == Claim::both) out.note = "it claims a proof and a countermodel";
  if (countermodels.size() > 1) out.note = "it gives several countermodels";
  if (out.claim == Claim::none) out.note = "no line of a proof and no countermodel";
  note_first_flaw(out);
  return out;
}

}  // namespace retort::eval::proofs
