#include "retort/eval/tasks/proofs/rules.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <vector>

namespace retort::eval::proofs {
namespace {

constexpr RuleRow kRows[] = {
#define X(name, premises, text) {#name, premises, text},
#include "retort/eval/tasks/proofs/rules.inc"
#undef X
};

bool is(const Formula& f, char op) {
  return f.op == op;
}
bool is_not(const Formula& f, const Formula& a) {
  return f.op == '~' && f.parts[0] == a;
}

using Premises = std::span<const Formula* const>;

// Each reads its premises in the order in which rules.inc names them.
bool mp(Premises p, const Formula& c) {
  return is(*p[1], '>') && p[1]->parts[0] == *p[0] && p[1]->parts[1] == c;
}
bool split(Premises p, const Formula& c) {
  return is(*p[0], '&') && (p[0]->parts[0] == c || p[0]->parts[1] == c);
}
bool join(Premises p, const Formula& c) {
  return is(c, '&') && c.parts[0] == *p[0] && c.parts[1] == *p[1];
}
bool either(Premises p, const Formula& c) {
  return is(c, '|') && (c.parts[0] == *p[0] || c.parts[1] == *p[0]);
}
bool ds(Premises p, const Formula& c) {
  if (!is(*p[0], '|')) return false;
  const Formula &a = p[0]->parts[0], &b = p[0]->parts[1];
  return (is_not(*p[1], a) && b == c) || (is_not(*p[1], b) && a == c);
}
bool mt(Premises p, const Formula& c) {
  return is(*p[0], '>') && is_not(*p[1], p[0]->parts[1]) && is_not(c, p[0]->parts[0]);
}
bool hs(Premises p, const Formula& c) {
  return is(*p[0], '>') && is(*p[1], '>') && is(c, '>') && p[0]->parts[1] == p[1]->parts[0] &&
         c.parts[0] == p[0]->parts[0] && c.parts[1] == p[1]->parts[1];
}
bool dn(Premises p, const Formula& c) {
  return (is(*p[0], '~') && is_not(p[0]->parts[0], c)) || (is(c, '~') && is_not(c.parts[0], *p[0]));
}
bool cases(Premises p, const Formula& c) {
  return is(*p[0], '|') && is(*p[1], '>') && is(*p[2], '>') && p[1]->parts[0] == p[0]->parts[0] &&
         p[2]->parts[0] == p[0]->parts[1] && p[1]->parts[1] == c && p[2]->parts[1] == c;
}

using Check = bool (*)(Premises, const Formula&);
// In the order of rules.inc.
constexpr Check kChecks[] = {mp, split, join, either, ds, mt, hs, dn, cases};
static_assert(std::size(kChecks) == std::size(kRows));

}  // namespace

std::span<const RuleRow> rules() {
  return kRows;
}

bool follows_by(std::string_view rule, Premises premises, const Formula& conclusion) {
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].name != rule) continue;
    if (premises.size() != kRows[i].premises) return false;
    std::vector<size_t> order(premises.size());
    std::iota(order.begin(), order.end(), size_t{0});
    do {
      std::vector<const Formula*> ordered;
      for (const size_t at : order) ordered.push_back(premises[at]);
      if (kChecks[i](ordered, conclusion)) return true;
    } while (std::next_permutation(order.begin(), order.end()));
    return false;
  }
  return false;
}

}  // namespace retort::eval::proofs
