#include <fmt/core.h>

#include <algorithm>

#include "retort/problems/functions.h"
#include "retort/problems/words.h"

namespace retort::problems {
namespace {

using V = PlainValue;

int64_t number(const V& x) {
  return std::get<int64_t>(x);
}
const Numbers& numbers(const V& x) {
  return std::get<Numbers>(x);
}
const std::string& text(const V& x) {
  return std::get<std::string>(x);
}

/// Python's // and %: rounded down, the remainder with the sign of k > 0.
int64_t floor_quotient(int64_t x, int64_t k) {
  return x >= 0 ? x / k : -((-x + k - 1) / k);
}

template <typename F>
V kept(const V& x, F wanted) {
  Numbers out;
  for (int64_t i : numbers(x))
    if (wanted(i)) out.push_back(i);
  return out;
}
template <typename F>
V mapped(const V& x, F f) {
  Numbers out;
  for (int64_t i : numbers(x)) out.push_back(f(i));
  return out;
}
template <typename Container>
Container head(const Container& x, int64_t k) {
  return Container(x.begin(), x.begin() + std::min<int64_t>(k, static_cast<int64_t>(x.size())));
}
template <typename Container>
Container without_head(const Container& x, int64_t k) {
  return Container(x.begin() + std::min<int64_t>(k, static_cast<int64_t>(x.size())), x.end());
}

std::string changed(std::string s, char low, char high, int by) {
  for (char& c : s)
    if (c >= low && c <= high) c = static_cast<char>(c + by);
  return s;
}

constexpr PlainType N = PlainType::number, L = PlainType::numbers, T = PlainType::text;

constexpr StepRow kRows[] = {
    {"add", N, N, "add {k}", "{x} + {k}", 2, 20, false, false,
     [](const V& x, int64_t k, char) -> V { return number(x) + k; }},
    {"subtract", N, N, "subtract {k}", "{x} - {k}", 2, 20, false, false,
     [](const V& x, int64_t k, char) -> V { return number(x) - k; }},
    {"times", N, N, "multiply by {k}", "{x} * {k}", 2, 9, false, false,
     [](const V& x, int64_t k, char) -> V { return number(x) * k; }},
    {"divide", N, N, "divide by {k}, rounded down", "{x} // {k}", 2, 9, false, false,
     [](const V& x, int64_t k, char) -> V { return floor_quotient(number(x), k); }},
    {"remainder", N, N, "take the remainder by {k}", "{x} % {k}", 3, 12, false, false,
     [](const V& x, int64_t k, char) -> V { return number(x) - k * floor_quotient(number(x), k); }},
    {"absolute", N, N, "take the absolute value", "abs({x})", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V { return number(x) < 0 ? -number(x) : number(x); }},
    {"negate", N, N, "change the sign", "-{x}", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V { return -number(x); }},
    {"square", N, N, "square it", "{x} ** 2", 0, 0, false, true,
     [](const V& x, int64_t, char) -> V { return number(x) * number(x); }},

    {"even", L, L, "keep the even ones", "[x for x in {x} if x % 2 == 0]", 0, 0, false, false,
     [](const V& x, int64_t, char) { return kept(x, [](int64_t i) { return i % 2 == 0; }); }},
    {"odd", L, L, "keep the odd ones", "[x for x in {x} if x % 2 == 1]", 0, 0, false, false,
     [](const V& x, int64_t, char) { return kept(x, [](int64_t i) { return i % 2 != 0; }); }},
    {"above", L, L, "keep those above {k}", "[x for x in {x} if x > {k}]", 1, 12, false, false,
     [](const V& x, int64_t k, char) { return kept(x, [k](int64_t i) { return i > k; }); }},
    {"below", L, L, "keep those below {k}", "[x for x in {x} if x < {k}]", 1, 12, false, false,
     [](const V& x, int64_t k, char) { return kept(x, [k](int64_t i) { return i < k; }); }},
    {"add each", L, L, "add {k} to each", "[x + {k} for x in {x}]", 2, 12, false, false,
     [](const V& x, int64_t k, char) { return mapped(x, [k](int64_t i) { return i + k; }); }},
    {"times each", L, L, "multiply each by {k}", "[x * {k} for x in {x}]", 2, 9, false, false,
     [](const V& x, int64_t k, char) { return mapped(x, [k](int64_t i) { return i * k; }); }},
    {"square each", L, L, "square each", "[x ** 2 for x in {x}]", 0, 0, false, true,
     [](const V& x, int64_t, char) { return mapped(x, [](int64_t i) { return i * i; }); }},
    {"reverse", L, L, "reverse the order", "{x}[::-1]", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V { return Numbers(numbers(x).rbegin(), numbers(x).rend()); }},
    {"sort", L, L, "sort them", "sorted({x})", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V {
       Numbers out = numbers(x);
       std::sort(out.begin(), out.end());
       return out;
     }},
    {"first", L, L, "take the first {k}", "{x}[:{k}]", 2, 4, false, false,
     [](const V& x, int64_t k, char) -> V { return head(numbers(x), k); }},
    {"drop", L, L, "leave out the first {k}", "{x}[{k}:]", 2, 4, false, false,
     [](const V& x, int64_t k, char) -> V { return without_head(numbers(x), k); }},
    {"sum", L, N, "take the sum", "sum({x})", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V {
       int64_t sum = 0;
       for (int64_t i : numbers(x)) sum += i;
       return sum;
     }},
    {"count", L, N, "count them", "len({x})", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V { return static_cast<int64_t>(numbers(x).size()); }},
    {"largest", L, N, "take the largest, or 0 if there is none", "max({x}, default=0)", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V {
       return numbers(x).empty() ? int64_t{0} : *std::max_element(numbers(x).begin(), numbers(x).end());
     }},

    {"upper", T, T, "make it upper case", "{x}.upper()", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V { return changed(text(x), 'a', 'z', 'A' - 'a'); }},
    {"lower", T, T, "make it lower case", "{x}.lower()", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V { return changed(text(x), 'A', 'Z', 'a' - 'A'); }},
    {"backwards", T, T, "turn it backwards", "{x}[::-1]", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V { return std::string(text(x).rbegin(), text(x).rend()); }},
    {"repeat", T, T, "repeat it {k} times", "{x} * {k}", 2, 4, false, false,
     [](const V& x, int64_t k, char) -> V {
       std::string out;
       for (int64_t i = 0; i < k; ++i) out += text(x);
       return out;
     }},
    {"start", T, T, "keep the first {k} letters", "{x}[:{k}]", 2, 4, false, false,
     [](const V& x, int64_t k, char) -> V { return head(text(x), k); }},
    {"without", T, T, "remove every '{c}'", "{x}.replace('{c}', '')", 0, 0, true, false,
     [](const V& x, int64_t, char c) -> V {
       std::string out = text(x);
       out.erase(std::remove(out.begin(), out.end(), c), out.end());
       return out;
     }},
    {"length", T, N, "take the length", "len({x})", 0, 0, false, false,
     [](const V& x, int64_t, char) -> V { return static_cast<int64_t>(text(x).size()); }},
    {"count of", T, N, "count every '{c}'", "{x}.count('{c}')", 0, 0, true, false,
     [](const V& x, int64_t, char c) -> V {
       return static_cast<int64_t>(std::count(text(x).begin(), text(x).end(), c));
     }},
};

}  // namespace

std::span<const StepRow> step_rows() {
  return kRows;
}

std::string python_literal(const PlainValue& value) {
  if (const auto* n = std::get_if<int64_t>(&value)) return fmt::format("{}", *n);
  if (const auto* s = std::get_if<std::string>(&value)) return "'" + *s + "'";
  std::vector<std::string> items;
  for (int64_t i : std::get<Numbers>(value)) items.push_back(fmt::format("{}", i));
  return "[" + joined(items, ", ") + "]";
}

}  // namespace retort::problems
