#include "retort/eval/answers/relations.h"

#include <algorithm>

#include "retort/eval/answers/identity.h"

namespace retort::eval {
namespace {

bool all_operators(const Node& node, std::string_view allowed) {
  return node.is(NodeKind::relation) && node.label.find_first_not_of(allowed) == node.label.npos;
}

/// The same chain with < and <= instead of > and >=; nothing if directions are mixed.
std::optional<Node> rising(Node node) {
  if (node.label.find_first_of("<l") != node.label.npos)
    return node.label.find_first_of(">g") == node.label.npos ? std::optional(std::move(node)) : std::nullopt;
  std::reverse(node.children.begin(), node.children.end());
  std::reverse(node.label.begin(), node.label.end());
  for (char& c : node.label) c = c == '>' ? '<' : c == 'g' ? 'l' : c;
  return node;
}

bool varies(const Node& node) {
  return contains(node, NodeKind::variable);
}

Node infinity(bool negative) {
  Node node = make_leaf(NodeKind::constant, "infty");
  return negative ? negated(std::move(node)) : node;
}

Node interval(Node low, Node high, std::string brackets) {
  std::vector<Node> ends;
  ends.push_back(std::move(low));
  ends.push_back(std::move(high));
  return make_node(NodeKind::group, std::move(ends), "", std::move(brackets));
}

}  // namespace

bool is_equation(const Node& node) {
  return all_operators(node, "=");
}
bool is_inequality(const Node& node) {
  return all_operators(node, "<>lgn");
}
bool is_membership(const Node& node) {
  return node.is(NodeKind::relation) && node.label == "m";
}

bool is_name(const Node& node) {
  if (node.is(NodeKind::variable) || node.is(NodeKind::word)) return true;
  return node.is(NodeKind::product) && node.children[0].is(NodeKind::variable);
}

bool names_a_value(const Node& equation) {
  const Node& first = equation.children[0];
  return is_name(first) || !contains(first, NodeKind::number) || !varies(first);
}

Verdict compare_equations(Effort& effort, const Node& gold, const Node& answer) {
  return proportional(effort, difference(gold.children.front(), gold.children.back()),
                      difference(answer.children.front(), answer.children.back()));
}

Verdict compare_inequalities(Effort& effort, const Node& gold, const Node& answer) {
  const auto a = rising(gold), b = rising(answer);
  if (!a || !b) return undecided("a chain of inequalities in both directions");
  if (a->label != b->label) return different("other signs of inequality");
  for (size_t i = 0; i + 1 < a->children.size(); ++i) {
    const Node x = difference(a->children[i], a->children[i + 1]),
               y = difference(b->children[i], b->children[i + 1]);
    Verdict verdict = proportional(effort, x, y);
    if (!verdict.equal()) return verdict;
    if (effort.left < 0) return undecided("too much work");
    if (a->label[i] != 'n' && sign_of_product(effort, x, y) <= 0) return different("the opposite inequality");
  }
  return equal("the same inequality");
}

std::optional<Node> as_interval(const Node& inequality) {
  if (!is_inequality(inequality)) return std::nullopt;
  const auto chain = rising(inequality);
  if (!chain || chain->label.find('n') != chain->label.npos) return std::nullopt;
  const auto& sides = chain->children;
  auto open = [&](size_t i) { return chain->label[i] == '<' ? "(" : "["; };
  auto close = [&](size_t i) { return std::string(chain->label[i] == '<' ? ")" : "]"); };
  if (sides.size() == 3 && !varies(sides[0]) && sides[1].is(NodeKind::variable) && !varies(sides[2]))
    return interval(sides[0], sides[2], open(0) + close(1));
  if (sides.size() != 2) return std::nullopt;
  if (sides[0].is(NodeKind::variable) && !varies(sides[1]))
    return interval(infinity(true), sides[1], "(" + close(0));
  if (!varies(sides[0]) && sides[1].is(NodeKind::variable))
    return interval(sides[0], infinity(false), std::string(open(0)) + ")");
  return std::nullopt;
}

}  // namespace retort::eval
