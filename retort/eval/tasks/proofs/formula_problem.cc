// Draws a propositional problem backwards: from the goal, each rule's premises are made up until the proof is
// as long as the level says; what is then not proved is given.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "retort/base/check.h"
#include "retort/base/random.h"
#include "retort/eval/tasks/proofs/problem.h"
#include "retort/eval/tasks/proofs/rules.h"

namespace retort::eval::proofs {
namespace {

struct Shape {
  size_t letters;
  int steps;
  size_t rules;   // the first ones of rules.inc
  size_t extras;  // givens that the proof does not need
};
constexpr Shape kShapes[] = {{3, 2, 3, 0}, {4, 3, 5, 1}, {5, 4, 7, 1},
                             {7, 6, 8, 2}, {9, 8, 9, 2}, {12, 10, 9, 3}};
constexpr int kLargestFormula = 9;

/// A formula in a proof, with the rule and the formulas that it is proved by; none: it is given.
struct Node {
  Formula formula;
  std::string_view rule;
  std::vector<size_t> premises;
};

class Drawing {
 public:
  Drawing(const Shape& shape, uint64_t stream) : shape_(shape), random_(stream) {}

  /// Nothing when the draw came to nothing: givens that contradict each other, a goal that is given.
  std::optional<ProofProblem> draw(bool follows) {
    nodes_ = {{small_formula(2), {}, {}}};
    for (int i = 0; i < shape_.steps; ++i)
      if (!expand()) return std::nullopt;
    ProofProblem out;
    out.kind = Kind::formulas;
    out.follows = follows;
    out.letters = std::string(kAtoms.substr(0, shape_.letters));
    out.goal = nodes_[0].formula;
    out.givens = givens();
    if (!follows && !weaken(out)) return std::nullopt;
    for (size_t i = 0; i < shape_.extras; ++i) add_given(out.givens, small_formula(2));
    shuffle(out.givens);
    if (!sound(out)) return std::nullopt;
    out.gold = follows ? proof(out) : countermodel(out);
    return out;
  }

 private:
  char letter() { return kAtoms[random_.below(shape_.letters)]; }
  Formula literal() { return random_.below(3) == 0 ? negation(atom(letter())) : atom(letter()); }
  Formula small_formula(int depth) {
    if (depth == 0 || random_.below(3) == 0) return literal();
    Formula a = small_formula(depth - 1);
    Formula b = small_formula(0);
    const uint64_t op = random_.below(3);
    if (a == b) return a;
    return op == 0   ? conjunction(std::move(a), std::move(b))
           : op == 1 ? disjunction(std::move(a), std::move(b))
                     : conditional(std::move(a), std::move(b));
  }

  /// Proves one formula that nothing proves yet.
  bool expand() {
    std::vector<size_t> open;
    for (size_t i = 0; i < nodes_.size(); ++i)
      if (nodes_[i].rule.empty() && size(nodes_[i].formula) <= kLargestFormula) open.push_back(i);
    if (open.empty()) return false;
    const size_t at = open[random_.below(open.size())];
    for (int tries = 0; tries < 20; ++tries) {
      const size_t rule = random_.below(shape_.rules);
      const std::vector<Formula> premises = premises_of(rules()[rule].name, nodes_[at].formula);
      if (premises.empty() || !new_ones(premises)) continue;
      nodes_[at].rule = rules()[rule].name;
      for (const Formula& premise : premises) {
        nodes_[at].premises.push_back(nodes_.size());
        nodes_.push_back({premise, {}, {}});
      }
      return true;
    }
    return false;
  }

  /// None of them is in the proof already: it would go in circles.
  bool new_ones(const std::vector<Formula>& premises) const {
    return std::none_of(premises.begin(), premises.end(), [&](const Formula& p) {
      return std::any_of(nodes_.begin(), nodes_.end(), [&](const Node& n) { return n.formula == p; });
    });
  }

  /// Premises from which `f` follows by the rule; empty where it is of no such shape.
  std::vector<Formula> premises_of(std::string_view rule, const Formula& f) {
    Formula a = small_formula(1), b = small_formula(1);
    const bool other = random_.below(2) == 0;
    if (rule == "mp") return {a, conditional(a, f)};
    if (rule == "split") return {other ? conjunction(f, a) : conjunction(a, f)};
    if (rule == "ds") return {other ? disjunction(a, f) : disjunction(f, a), negation(a)};
    if (rule == "cases") return {disjunction(a, b), conditional(a, f), conditional(b, f)};
    if (rule == "dn" && f.op != '~') return {negation(negation(f))};
    if (rule == "and" && f.op == '&') return {f.parts[0], f.parts[1]};
    if (rule == "or" && f.op == '|') return {f.parts[other ? 0 : 1]};
    if (rule == "mt" && f.op == '~') return {conditional(f.parts[0], a), negation(a)};
    if (rule == "hs" && f.op == '>') return {conditional(f.parts[0], a), conditional(a, f.parts[1])};
    return {};
  }

  static void add_given(std::vector<Formula>& all, Formula f) {
    if (std::find(all.begin(), all.end(), f) == all.end()) all.push_back(std::move(f));
  }
  std::vector<Formula> givens() const {
    std::vector<Formula> out;
    for (const Node& node : nodes_)
      if (node.rule.empty()) add_given(out, node.formula);
    return out;
  }

  /// Takes one needed given away.
  bool weaken(ProofProblem& p) {
    if (p.givens.size() < 2) return false;
    p.givens.erase(p.givens.begin() + static_cast<std::ptrdiff_t>(random_.below(p.givens.size())));
    return true;
  }

  static TruthTable meaning(const std::vector<Formula>& all) {
    TruthTable out = all_true();
    for (const Formula& f : all) out = out & truth_table(f);
    return out;
  }

  /// Whether the problem is what it should be: the givens agree, the goal is not among them nor true by
  /// itself, and follows or not as wanted.
  static bool sound(const ProofProblem& p) {
    const TruthTable all = meaning(p.givens), goal = truth_table(p.goal);
    const bool given = std::find(p.givens.begin(), p.givens.end(), p.goal) != p.givens.end();
    return satisfiable(all) && !given && !entails(all_true(), goal) && entails(all, goal) == p.follows;
  }

  void shuffle(std::vector<Formula>& all) {
    for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random_.below(i)]);
  }

  std::string proof(const ProofProblem& p) const {
    std::vector<size_t> numbers(nodes_.size(), 0);
    std::string out;
    size_t next = p.givens.size();
    // Premises stand behind what they prove: from the back, every node comes after its premises.
    for (size_t i = nodes_.size(); i-- > 0;) {
      const Node& node = nodes_[i];
      if (node.rule.empty()) {
        const auto at = std::find(p.givens.begin(), p.givens.end(), node.formula);
        numbers[i] = static_cast<size_t>(at - p.givens.begin()) + 1;
        continue;
      }
      numbers[i] = ++next;
      std::string cited;
      for (const size_t premise : node.premises)
        cited += fmt::format("{}{}", cited.empty() ? "" : ", ", numbers[premise]);
      out += fmt::format("{}{}. {} ; {} ; {}", out.empty() ? "" : "\n", next, show(node.formula), node.rule,
                         cited);
    }
    return out;
  }

  static std::string countermodel(const ProofProblem& p) {
    TruthTable wanted = meaning(p.givens);
    const TruthTable goal = truth_table(p.goal);
    for (uint32_t a = 0; a < 4096; ++a) {
      if (((wanted[a / 64] & ~goal[a / 64]) >> (a % 64) & 1) == 0) continue;
      std::string out = "countermodel ;";
      for (size_t i = 0; i < p.letters.size(); ++i)
        out += fmt::format(" {}={}", p.letters[i], ((a >> i) & 1) != 0 ? 'T' : 'F');
      return out;
    }
    RETORT_CHECK(!"a countermodel of what does not follow");
  }

  const Shape& shape_;
  Random random_;
  std::vector<Node> nodes_;  // the goal first; premises behind what they prove
};

std::string prompt(const ProofProblem& p) {
  std::string out = "Givens:\n";
  for (size_t i = 0; i < p.givens.size(); ++i) out += fmt::format("{}. {}\n", i + 1, show(p.givens[i]));
  out += fmt::format("Goal: {}\n\n", show(p.goal));
  out +=
      "Prove the goal from the givens, or show that it does not follow. The signs: ~ not, & and, | or, -> if "
      "then. "
      "For a proof write each step on a line of its own,\n"
      "number. formula ; rule ; numbers of the lines that it follows from\n"
      "where the numbers go on from those of the givens, and the last formula is the goal. The rules:\n";
  for (const RuleRow& rule : rules()) out += fmt::format("{}: {}\n", rule.name, rule.text);
  std::string letters;
  for (const char letter : p.letters) letters += fmt::format(" {}=T", letter);
  out += fmt::format(
      "If the goal does not follow, write one line only, with a value (T or F) for every letter that makes "
      "all "
      "givens true and the goal false, such as\ncountermodel ;{}\n",
      letters);
  out +=
      "Example of a proof: from the givens 1. p & q and 2. q -> r the goal r is proved by\n"
      "3. q ; split ; 1\n4. r ; mp ; 3, 2";
  return out;
}

}  // namespace

ProofProblem draw_formula_proof(int level, bool follows, uint64_t stream) {
  const Shape& shape = kShapes[level - 1];
  for (uint64_t attempt = 0;; ++attempt) {
    // Most draws of most levels succeed; so many failures one after another would be a mistake of ours.
    RETORT_CHECK(attempt < 10'000);
    std::optional<ProofProblem> out = Drawing(shape, random_bits(stream, attempt)).draw(follows);
    if (!out) continue;
    out->user = prompt(*out);
    return std::move(*out);
  }
}

}  // namespace retort::eval::proofs
