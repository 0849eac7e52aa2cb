#include "retort/eval/answers/sign_variants.h"

#include "retort/eval/answers/limits.h"

namespace retort::eval {
namespace {

int count(const Node& node) {
  int total = node.is(NodeKind::plus_minus) ? 1 : 0;
  for (const Node& child : node.children) total += count(child);
  return total;
}

bool has_minus_plus(const Node& node) {
  if (node.is(NodeKind::plus_minus) && node.label == "-+") return true;
  for (const Node& child : node.children)
    if (has_minus_plus(child)) return true;
  return false;
}

/// The tree with the signs that the bits of `choice` say, from the left; 1 takes the lower sign.
Node chosen(Node node, uint64_t& choice, bool together) {
  const bool lower = (choice & 1) != 0;
  if (node.is(NodeKind::plus_minus)) {
    if (!together) choice >>= 1;
    Node inner = chosen(std::move(node.children[0]), choice, together);
    return lower == (node.label == "+-") ? negated(std::move(inner)) : inner;
  }
  for (Node& child : node.children) child = chosen(std::move(child), choice, together);
  return node;
}

}  // namespace

std::optional<std::vector<Node>> sign_variants(const Node& node) {
  const int signs = count(node);
  const bool together = has_minus_plus(node);
  if (signs > 16) return std::nullopt;
  const uint64_t variants = together ? 2 : uint64_t{1} << signs;
  if (variants > kMaxSignVariants) return std::nullopt;
  std::vector<Node> all;
  for (uint64_t i = 0; i < variants; ++i) {
    uint64_t choice = i;
    all.push_back(chosen(node, choice, together));
  }
  return all;
}

}  // namespace retort::eval
