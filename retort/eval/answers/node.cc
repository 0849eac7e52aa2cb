#include "retort/eval/answers/node.h"

#include <algorithm>

namespace retort::eval {

Node make_node(NodeKind kind, std::vector<Node> children, std::string text, std::string label) {
  Node node{kind, std::move(text), std::move(label), std::move(children)};
  for (const Node& child : node.children) node.depth = std::max(node.depth, child.depth + 1);
  return node;
}

Node make_leaf(NodeKind kind, std::string text) {
  return make_node(kind, {}, std::move(text));
}

Node make_number(int value) {
  return make_leaf(NodeKind::number, std::to_string(value));
}

Node negated(Node node) {
  std::vector<Node> child;
  child.push_back(std::move(node));
  return make_node(NodeKind::negate, std::move(child));
}

Node difference(Node a, Node b) {
  std::vector<Node> terms;
  terms.push_back(std::move(a));
  terms.push_back(negated(std::move(b)));
  return make_node(NodeKind::sum, std::move(terms));
}

bool contains(const Node& node, NodeKind kind) {
  return node.is(kind) || std::any_of(node.children.begin(), node.children.end(),
                                      [&](const Node& child) { return contains(child, kind); });
}

bool contains(const Node& node, NodeKind kind, std::string_view text) {
  return node.is(kind, text) || std::any_of(node.children.begin(), node.children.end(),
                                            [&](const Node& child) { return contains(child, kind, text); });
}

int size(const Node& node) {
  int total = 1;
  for (const Node& child : node.children) total += size(child);
  return total;
}

Node renamed(Node node, std::string_view mark) {
  if (node.is(NodeKind::variable)) node.text += mark;
  for (Node& child : node.children) child = renamed(std::move(child), mark);
  return node;
}

}  // namespace retort::eval
