// The parsed form of a final answer: a tree of values. Trees are bounded (limits.h), so recursion over them
// is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace retort::eval {

enum class NodeKind {
  number,      // text: "12", "0.5", "0.1(6)" (a period in parentheses)
  based,       // text: digits; label: the base, "2" to "36"
  variable,    // text: its name, subscript included: "x", "x_1", "alpha"
  constant,    // text: pi, e, i, infty
  word,        // text: words of prose, in lower case
  sum,         // children: terms
  negate,      // child
  plus_minus,  // child; label: "+-" or "-+"
  product,     // children: factors
  quotient,    // numerator, denominator
  power,       // base, exponent
  root,        // radicand, index
  function,    // text: sin, log, abs, binom, ...; children: arguments
  factorial,   // child
  percent,     // child
  degree,      // child
  group,       // label: the two brackets, "()", "(]", "[)", "[]" or "::" for ratios; children: elements
  set,         // children: elements
  list,        // children: items without brackets, separated by commas or words
  matrix,      // text: number of columns; label: kind (pmatrix, vmatrix, ...); children: row by row
  relation,    // label: operators, one character each (= < > l g n m: <= >= != in); children: sides
  union_of,    // children: sets
};

struct Node {
  NodeKind kind = NodeKind::number;
  std::string text;
  std::string label;
  std::vector<Node> children;
  int depth = 1;  // 1 + the depth of the deepest child

  bool is(NodeKind wanted) const { return kind == wanted; }
  bool is(NodeKind wanted, std::string_view wanted_text) const {
    return kind == wanted && text == wanted_text;
  }
};

/// A node over children, with its depth.
Node make_node(NodeKind kind, std::vector<Node> children, std::string text = {}, std::string label = {});
Node make_leaf(NodeKind kind, std::string text);
Node make_number(int value);
Node negated(Node node);
/// a - b
Node difference(Node a, Node b);

bool contains(const Node& node, NodeKind kind);
bool contains(const Node& node, NodeKind kind, std::string_view text);
/// The number of nodes.
int size(const Node& node);
/// The tree with `mark` put after the name of every variable.
Node renamed(Node node, std::string_view mark);

}  // namespace retort::eval
