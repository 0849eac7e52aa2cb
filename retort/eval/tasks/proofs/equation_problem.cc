// Draws an equational problem: a few equations, and a term that is rewritten by them step by step; the goal
// says that the first term equals the last.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "retort/base/check.h"
#include "retort/base/random.h"
#include "retort/eval/tasks/proofs/problem.h"

namespace retort::eval::proofs {
namespace {

struct Shape {
  size_t constants;
  int steps;
  size_t laws, equations;  // general ones, and ones between constants
};
constexpr Shape kShapes[] = {{2, 1, 1, 1}, {3, 2, 1, 2}, {3, 3, 2, 2},
                             {4, 4, 2, 3}, {4, 6, 3, 3}, {4, 8, 4, 3}};
constexpr int kLargestTerm = 13;

// Of groups and of maps between them.
constexpr std::array<std::string_view, 7> kLaws = {"x * e = x",    "e * x = x",   "(x * y) * z = x * (y * z)",
                                                   "x * i(x) = e", "i(i(x)) = x", "f(x * y) = f(x) * f(y)",
                                                   "x * y = y * x"};

class Drawing {
 public:
  Drawing(const Shape& shape, uint64_t stream) : shape_(shape), random_(stream) {}

  std::optional<ProofProblem> draw() {
    ProofProblem out;
    out.kind = Kind::equations;
    out.follows = true;
    draw_equations(out.equations);
    const Term first = start();
    std::vector<Term> chain = {first};
    std::vector<size_t> by;
    for (int i = 0; i < shape_.steps; ++i)
      if (!step(out.equations, chain, by)) return std::nullopt;
    out.equal = {first, chain.back()};
    if (std::find(out.equations.begin(), out.equations.end(), out.equal) != out.equations.end())
      return std::nullopt;
    out.gold = proof(chain, by, out.equations.size());
    return out;
  }

 private:
  Term constant() { return {.symbol = kConstants[random_.below(shape_.constants)], .parts = {}}; }
  Term product(Term a, Term b) {
    Term out{.symbol = '*', .parts = {}};
    out.parts.push_back(std::move(a));
    out.parts.push_back(std::move(b));
    return out;
  }
  Term applied(char function, Term a) {
    Term out{.symbol = function, .parts = {}};
    out.parts.push_back(std::move(a));
    return out;
  }

  void draw_equations(std::vector<Equation>& all) {
    std::vector<std::string_view> laws(kLaws.begin(), kLaws.end());
    for (size_t i = laws.size(); i > 1; --i) std::swap(laws[i - 1], laws[random_.below(i)]);
    for (size_t i = 0; i < shape_.laws; ++i) all.push_back(or_throw(parse_equation(laws[i])));
    while (all.size() < shape_.laws + shape_.equations) {
      Term left = constant();
      Term right = constant();
      Equation e{random_.below(3) == 0 ? applied('f', std::move(left)) : product(std::move(left), constant()),
                 std::move(right)};
      if (std::find(all.begin(), all.end(), e) == all.end()) all.push_back(std::move(e));
    }
    for (size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random_.below(i)]);
  }

  Term start() {
    Term a = product(constant(), constant());
    const uint64_t shape = random_.below(3);
    if (shape == 0) return a;
    return shape == 1 ? product(std::move(a), constant()) : applied('f', std::move(a));
  }

  /// One rewriting to a term that was not there yet, every equation as likely.
  bool step(const std::vector<Equation>& equations, std::vector<Term>& chain, std::vector<size_t>& by) {
    for (int tries = 0; tries < 30; ++tries) {
      const size_t at = random_.below(equations.size());
      std::vector<Term> next = rewritings_of(chain.back(), equations[at]);
      if (next.empty()) continue;
      Term term = std::move(next[random_.below(next.size())]);
      if (size(term) > kLargestTerm || std::find(chain.begin(), chain.end(), term) != chain.end()) continue;
      chain.push_back(std::move(term));
      by.push_back(at);
      return true;
    }
    return false;
  }

  static std::string proof(const std::vector<Term>& chain, const std::vector<size_t>& by, size_t givens) {
    size_t number = givens + 1;
    std::string out = fmt::format("{}. {} ; same ;", number, show(Equation{chain[0], chain[0]}));
    for (size_t i = 0; i < by.size(); ++i) {
      out += fmt::format("\n{}. {} ; rewrite ; {}, {}", number + 1, show(Equation{chain[0], chain[i + 1]}),
                         number, by[i] + 1);
      ++number;
    }
    return out;
  }

  const Shape& shape_;
  Random random_;
};

std::string prompt(const ProofProblem& p) {
  std::string out = "Givens, true for all x, y, z:\n";
  for (size_t i = 0; i < p.equations.size(); ++i) out += fmt::format("{}. {}\n", i + 1, show(p.equations[i]));
  out += fmt::format("Goal: {}\n\n", show(p.equal));
  out +=
      "Prove the goal from the givens and from nothing else. a * b * c means (a * b) * c. Write each step on "
      "a line "
      "of its own,\n"
      "number. equation ; rule ; numbers of the lines that it follows from\n"
      "where the numbers go on from those of the givens, and the last equation is the goal. The rules:\n"
      "same: t = t, from no line\n"
      "rewrite: from s = t and an equation follows s = u, where u is t with one part replaced by what the "
      "equation "
      "says it equals, in either direction\n"
      "swap: from s = t follows t = s\n"
      "chain: from s = t and t = u follows s = u\n"
      "Example of a proof: from the givens 1. x * e = x and 2. a * b = c the goal (a * b) * e = c is proved "
      "by\n"
      "3. a * b * e = a * b * e ; same ;\n"
      "4. a * b * e = a * b ; rewrite ; 3, 1\n"
      "5. a * b * e = c ; rewrite ; 4, 2";
  return out;
}

}  // namespace

ProofProblem draw_equation_proof(int level, uint64_t stream) {
  const Shape& shape = kShapes[level - 1];
  for (uint64_t attempt = 0;; ++attempt) {
    RETORT_CHECK(attempt < 10'000);
    std::optional<ProofProblem> out = Drawing(shape, random_bits(stream, attempt)).draw();
    if (!out) continue;
    out->user = prompt(*out);
    return std::move(*out);
  }
}

}  // namespace retort::eval::proofs
