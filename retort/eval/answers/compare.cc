#include "retort/eval/answers/compare.h"

#include <algorithm>
#include <optional>

#include "retort/eval/answers/ascii.h"
#include "retort/eval/answers/relations.h"
#include "retort/eval/answers/scalar.h"
#include "retort/eval/answers/sign_variants.h"

namespace retort::eval {
namespace {

using Nodes = std::vector<Node>;

bool is_structure(const Node& node) {
  constexpr NodeKind kStructures[] = {NodeKind::group,  NodeKind::set,      NodeKind::list,
                                      NodeKind::matrix, NodeKind::union_of, NodeKind::relation,
                                      NodeKind::word};
  return std::find(std::begin(kStructures), std::end(kStructures), node.kind) != std::end(kStructures);
}

/// Several values in no order: a list, a set, or an expression with \pm.
bool is_collection(const Node& node) {
  if (node.is(NodeKind::list) || node.is(NodeKind::set)) return true;
  return !is_structure(node) && contains(node, NodeKind::plus_minus);
}

bool is_tuple(const Node& node) {
  return node.is(NodeKind::group) && node.label == "()";
}

/// What a collection holds, with every sign of \pm; a single value holds itself.
std::optional<Nodes> elements(const Node& node) {
  Nodes one;
  if (!node.is(NodeKind::list) && !node.is(NodeKind::set)) one.push_back(node);
  Nodes all;
  for (const Node& child : one.empty() ? node.children : one) {
    auto variants = sign_variants(child);
    if (!variants) return std::nullopt;
    std::move(variants->begin(), variants->end(), std::back_inserter(all));
  }
  return all;
}

/// A word, also when its letters were read as a product: "red".
std::string spelled(const Node& node) {
  if (node.is(NodeKind::word)) return node.text;
  std::string text;
  if (node.is(NodeKind::variable) || node.is(NodeKind::constant)) text = lowered(node.text);
  if (node.is(NodeKind::product))
    for (const Node& child : node.children) text += spelled(child);
  return text;
}

class Comparison {
 public:
  explicit Comparison(Effort& effort) : effort_(effort) {}

  Verdict compare(const Node& gold, const Node& answer) {
    if (effort_.left < 0) return undecided("too much work");
    if (is_membership(gold))
      return compare(gold.children[1], is_membership(answer) ? answer.children[1] : answer);
    if (is_equation(gold)) return gold_equation(gold, answer);
    if (is_inequality(gold)) return gold_inequality(gold, answer);
    if (gold.is(NodeKind::relation)) return undecided("a relation of a mixed kind");
    if (answer.is(NodeKind::relation)) return answer_relation(gold, answer);
    if (is_collection(gold) || is_collection(answer)) return collections(gold, answer);
    if (gold.is(NodeKind::word) || answer.is(NodeKind::word))
      return spelled(gold) == spelled(answer) ? equal("the same words") : different("other words");
    if (gold.kind != answer.kind && (is_structure(gold) || is_structure(answer)))
      return different("different kinds of answer");
    return same_kind(gold, answer);
  }

 private:
  Verdict same_kind(const Node& gold, const Node& answer) {
    switch (gold.kind) {
      case NodeKind::group:
      case NodeKind::matrix:
        if (gold.label != answer.label || gold.text != answer.text)
          return different("other brackets or sizes");
        return in_order(gold.children, answer.children);
      case NodeKind::union_of:
        return same_set(gold.children, answer.children);
      default:
        return compare_scalars(effort_, gold, answer);
    }
  }

  Verdict gold_equation(const Node& gold, const Node& answer) {
    if (!is_equation(answer)) {
      if (answer.is(NodeKind::relation) || !is_name(gold.children[0]))
        return different("the gold answer is an equation");
      return compare(gold.children.back(), answer);
    }
    const Node& left = gold.children[0];
    const bool same_name =
        left.is(NodeKind::variable) && answer.children[0].is(NodeKind::variable, left.text);
    if (same_name) {
      Verdict verdict = compare(gold.children.back(), answer.children.back());
      if (verdict.equal()) return verdict;
    }
    for (const Node* node : {&gold, &answer})
      for (const Node& side : node->children)
        if (is_structure(side) || is_collection(side))
          return same_name ? different("other values") : named_structures(gold, answer);
    return compare_equations(effort_, gold, answer);
  }

  /// (x, y) = (1, 2)
  Verdict named_structures(const Node& gold, const Node& answer) {
    Verdict names = compare(gold.children.front(), answer.children.front());
    return names.equal() ? compare(gold.children.back(), answer.children.back()) : names;
  }

  /// A gold inequality may be answered by its interval; not the reverse, or an answer could restate the
  /// question.
  Verdict gold_inequality(const Node& gold, const Node& answer) {
    if (is_inequality(answer)) return compare_inequalities(effort_, gold, answer);
    const Node& set = is_membership(answer) ? answer.children[1] : answer;
    const auto interval = as_interval(gold);
    if (!interval || set.is(NodeKind::relation)) return different("the gold answer is an inequality");
    return compare(*interval, set);
  }

  Verdict answer_relation(const Node& gold, const Node& answer) {
    if (is_membership(answer)) return compare(gold, answer.children[1]);
    if (is_equation(answer) && names_a_value(answer)) return compare(gold, answer.children.back());
    if (gold.is(NodeKind::list) || gold.is(NodeKind::set)) return collections(gold, answer);
    return different("the answer is a relation, the gold answer is none");
  }

  Verdict collections(const Node& gold, const Node& answer) {
    if ((gold.is(NodeKind::list) && is_tuple(answer)) || (is_tuple(gold) && answer.is(NodeKind::list)))
      return in_order(gold.children, answer.children);
    if (auto set = as_union(gold); set && !contains(answer, NodeKind::relation)) return compare(*set, answer);
    const auto a = elements(gold), b = elements(answer);
    if (!a || !b) return undecided("too many signs");
    // Without braces or \pm every value is named once.
    auto may_repeat = [](const Node& node) {
      return contains(node, NodeKind::set) || contains(node, NodeKind::plus_minus);
    };
    if (a->size() != b->size() && !may_repeat(gold) && !may_repeat(answer))
      return different("another number of values");
    return same_set(*a, *b);
  }

  /// x < 1 or x > 3 as a union of intervals.
  std::optional<Node> as_union(const Node& list) {
    if (!list.is(NodeKind::list)) return std::nullopt;
    Nodes parts;
    for (const Node& child : list.children) {
      auto part = as_interval(child);
      if (!part) return std::nullopt;
      parts.push_back(std::move(*part));
    }
    return make_node(NodeKind::union_of, std::move(parts));
  }

  Verdict in_order(const Nodes& gold, const Nodes& answer) {
    if (gold.size() != answer.size()) return different("another number of elements");
    Verdict all = equal("the same elements");
    for (size_t i = 0; i < gold.size(); ++i) {
      Verdict one = compare(gold[i], answer[i]);
      if (one.different()) return one;
      if (one.undecided()) all = one;
    }
    return all;
  }

  /// Equal sets hold each other: matched one by one, since no order of expressions could be trusted.
  Verdict same_set(const Nodes& gold, const Nodes& answer) {
    Verdict all = equal("the same elements");
    auto covers = [&](bool gold_side) {
      for (const Node& wanted : gold_side ? gold : answer) {
        Verdict found = different("an element has no partner");
        for (const Node& candidate : gold_side ? answer : gold) {
          Verdict one = gold_side ? compare(wanted, candidate) : compare(candidate, wanted);
          if (one.different()) continue;
          found = std::move(one);
          if (found.equal()) break;
        }
        if (found.different()) return all = found, false;
        if (found.undecided()) all = found;
      }
      return true;
    };
    if (covers(true)) covers(false);
    return all;
  }

  Effort& effort_;
};

}  // namespace

Verdict compare(Effort& effort, const Node& gold, const Node& answer) {
  return Comparison(effort).compare(gold, answer);
}

}  // namespace retort::eval
