#include <fmt/core.h>

#include <algorithm>
#include <array>

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

Numbers sorted(Numbers x) {
  std::sort(x.begin(), x.end());
  return x;
}
int64_t sum(const Numbers& x) {
  int64_t sum = 0;
  for (int64_t i : x) sum += i;
  return sum;
}
Numbers concatenated(Numbers front, const Numbers& x, const Numbers& end) {
  front.insert(front.end(), x.begin(), x.end());
  front.insert(front.end(), end.begin(), end.end());
  return front;
}

std::string repeated(const std::string& s, int64_t times) {
  std::string out;
  for (int64_t i = 0; i < times; ++i) out += s;
  return out;
}
std::string without(std::string s, char c) {
  s.erase(std::remove(s.begin(), s.end(), c), s.end());
  return s;
}
std::string replaced(std::string s, char c, char by) {
  std::replace(s.begin(), s.end(), c, by);
  return s;
}
std::string changed(std::string s, char low, char high, int by) {
  for (char& c : s)
    if (c >= low && c <= high) c = static_cast<char>(c + by);
  return s;
}

constexpr PlainType N = PlainType::number, L = PlainType::numbers, T = PlainType::text;

using C = StepConstants;

constexpr StepRow kRows[] = {
    {"add",
     N,
     N,
     "add {k}",
     "{x} + {k}",
     {.k = {2, 99}},
     [](const V& x, const C& with) -> V { return number(x) + with.k; }},
    {"subtract",
     N,
     N,
     "subtract {k}",
     "{x} - {k}",
     {.k = {2, 99}},
     [](const V& x, const C& with) -> V { return number(x) - with.k; }},
    {"times",
     N,
     N,
     "multiply by {k}",
     "{x} * {k}",
     {.k = {2, 20}},
     [](const V& x, const C& with) -> V { return number(x) * with.k; }},
    {"divide",
     N,
     N,
     "divide by {k}, rounded down",
     "{x} // {k}",
     {.k = {2, 12}},
     [](const V& x, const C& with) -> V { return floor_quotient(number(x), with.k); }},
    {"remainder",
     N,
     N,
     "take the remainder by {k}",
     "{x} % {k}",
     {.k = {3, 30}},
     [](const V& x, const C& with) -> V { return number(x) - with.k * floor_quotient(number(x), with.k); }},
    {"absolute",
     N,
     N,
     "take the absolute value",
     "abs({x})",
     {},
     [](const V& x, const C&) -> V { return number(x) < 0 ? -number(x) : number(x); }},
    {"negate", N, N, "change the sign", "-{x}", {}, [](const V& x, const C&) -> V { return -number(x); }},
    {"square",
     N,
     N,
     "square it",
     "{x} ** 2",
     {.grows = true},
     [](const V& x, const C&) -> V { return number(x) * number(x); }},
    {"times add",
     N,
     N,
     "multiply by {k} and add {j}",
     "{x} * {k} + {j}",
     {.k = {2, 20}, .j = {1, 99}},
     [](const V& x, const C& with) -> V { return number(x) * with.k + with.j; }},
    {"times subtract",
     N,
     N,
     "multiply by {k} and subtract {j}",
     "{x} * {k} - {j}",
     {.k = {2, 20}, .j = {1, 99}},
     [](const V& x, const C& with) -> V { return number(x) * with.k - with.j; }},
    {"parity",
     N,
     N,
     "add {k} if it is even, else subtract {j}",
     "{x} + {k} if {x} % 2 == 0 else {x} - {j}",
     {.k = {1, 50}, .j = {1, 50}},
     [](const V& x, const C& with) -> V {
       return number(x) % 2 == 0 ? number(x) + with.k : number(x) - with.j;
     }},
    {"at least",
     N,
     N,
     "take {k} if it is less than {k}",
     "max({x}, {k})",
     {.k = {1, 40}},
     [](const V& x, const C& with) -> V { return std::max(number(x), with.k); }},
    {"at most",
     N,
     N,
     "take {k} if it is more than {k}",
     "min({x}, {k})",
     {.k = {1, 40}},
     [](const V& x, const C& with) -> V { return std::min(number(x), with.k); }},

    {"even",
     L,
     L,
     "keep the even ones",
     "[x for x in {x} if x % 2 == 0]",
     {},
     [](const V& x, const C&) -> V { return kept(x, [](int64_t i) { return i % 2 == 0; }); }},
    {"odd",
     L,
     L,
     "keep the odd ones",
     "[x for x in {x} if x % 2 == 1]",
     {},
     [](const V& x, const C&) -> V { return kept(x, [](int64_t i) { return i % 2 != 0; }); }},
    {"multiples",
     L,
     L,
     "keep the multiples of {k}",
     "[x for x in {x} if x % {k} == 0]",
     {.k = {3, 7}},
     [](const V& x, const C& with) -> V { return kept(x, [&](int64_t i) { return i % with.k == 0; }); }},
    {"above",
     L,
     L,
     "keep those above {k}",
     "[x for x in {x} if x > {k}]",
     {.k = {1, 15}},
     [](const V& x, const C& with) -> V { return kept(x, [&](int64_t i) { return i > with.k; }); }},
    {"below",
     L,
     L,
     "keep those below {k}",
     "[x for x in {x} if x < {k}]",
     {.k = {1, 15}},
     [](const V& x, const C& with) -> V { return kept(x, [&](int64_t i) { return i < with.k; }); }},
    {"between",
     L,
     L,
     "keep those from {k} to {j}",
     "[x for x in {x} if {k} <= x <= {j}]",
     {.k = {1, 8}, .j = {9, 18}},
     [](const V& x, const C& with) -> V {
       return kept(x, [&](int64_t i) { return with.k <= i && i <= with.j; });
     }},
    {"add each",
     L,
     L,
     "add {k} to each",
     "[x + {k} for x in {x}]",
     {.k = {2, 50}},
     [](const V& x, const C& with) -> V { return mapped(x, [&](int64_t i) { return i + with.k; }); }},
    {"subtract each",
     L,
     L,
     "subtract {k} from each",
     "[x - {k} for x in {x}]",
     {.k = {2, 50}},
     [](const V& x, const C& with) -> V { return mapped(x, [&](int64_t i) { return i - with.k; }); }},
    {"times each",
     L,
     L,
     "multiply each by {k}",
     "[x * {k} for x in {x}]",
     {.k = {2, 20}},
     [](const V& x, const C& with) -> V { return mapped(x, [&](int64_t i) { return i * with.k; }); }},
    {"times add each",
     L,
     L,
     "multiply each by {k} and add {j}",
     "[x * {k} + {j} for x in {x}]",
     {.k = {2, 20}, .j = {1, 60}},
     [](const V& x, const C& with) -> V {
       return mapped(x, [&](int64_t i) { return i * with.k + with.j; });
     }},
    {"square each",
     L,
     L,
     "square each",
     "[x ** 2 for x in {x}]",
     {.grows = true},
     [](const V& x, const C&) -> V { return mapped(x, [](int64_t i) { return i * i; }); }},
    {"reverse",
     L,
     L,
     "reverse the order",
     "{x}[::-1]",
     {},
     [](const V& x, const C&) -> V { return Numbers(numbers(x).rbegin(), numbers(x).rend()); }},
    {"sort",
     L,
     L,
     "sort them",
     "sorted({x})",
     {},
     [](const V& x, const C&) -> V { return sorted(numbers(x)); }},
    {"first",
     L,
     L,
     "take the first {k}",
     "{x}[:{k}]",
     {.k = {2, 4}},
     [](const V& x, const C& with) -> V { return head(numbers(x), with.k); }},
    {"drop",
     L,
     L,
     "leave out the first {k}",
     "{x}[{k}:]",
     {.k = {2, 4}},
     [](const V& x, const C& with) -> V { return without_head(numbers(x), with.k); }},
    {"append",
     L,
     L,
     "put {k} at the end",
     "{x} + [{k}]",
     {.k = {1, 99}},
     [](const V& x, const C& with) -> V { return concatenated({}, numbers(x), {with.k}); }},
    {"prepend",
     L,
     L,
     "put {k} at the front",
     "[{k}] + {x}",
     {.k = {1, 99}},
     [](const V& x, const C& with) -> V { return concatenated({with.k}, numbers(x), {}); }},
    {"surround",
     L,
     L,
     "put {k} at the front and {j} at the end",
     "[{k}] + {x} + [{j}]",
     {.k = {1, 50}, .j = {1, 50}},
     [](const V& x, const C& with) -> V { return concatenated({with.k}, numbers(x), {with.j}); }},
    {"sum", L, N, "take the sum", "sum({x})", {}, [](const V& x, const C&) -> V { return sum(numbers(x)); }},
    {"count",
     L,
     N,
     "count them",
     "len({x})",
     {},
     [](const V& x, const C&) -> V { return static_cast<int64_t>(numbers(x).size()); }},
    {"largest",
     L,
     N,
     "take the largest, or 0 if there is none",
     "max({x}, default=0)",
     {},
     [](const V& x, const C&) -> V { return numbers(x).empty() ? int64_t{0} : sorted(numbers(x)).back(); }},
    {"smallest",
     L,
     N,
     "take the smallest, or 0 if there is none",
     "min({x}, default=0)",
     {},
     [](const V& x, const C&) -> V { return numbers(x).empty() ? int64_t{0} : sorted(numbers(x)).front(); }},

    {"upper",
     T,
     T,
     "make it upper case",
     "{x}.upper()",
     {},
     [](const V& x, const C&) -> V { return changed(text(x), 'a', 'z', 'A' - 'a'); }},
    {"lower",
     T,
     T,
     "make it lower case",
     "{x}.lower()",
     {},
     [](const V& x, const C&) -> V { return changed(text(x), 'A', 'Z', 'a' - 'A'); }},
    {"backwards",
     T,
     T,
     "turn it backwards",
     "{x}[::-1]",
     {},
     [](const V& x, const C&) -> V { return std::string(text(x).rbegin(), text(x).rend()); }},
    {"repeat",
     T,
     T,
     "repeat it {k} times",
     "{x} * {k}",
     {.k = {2, 5}},
     [](const V& x, const C& with) -> V { return repeated(text(x), with.k); }},
    {"start",
     T,
     T,
     "keep the first {k} letters",
     "{x}[:{k}]",
     {.k = {2, 4}},
     [](const V& x, const C& with) -> V { return head(text(x), with.k); }},
    {"skip",
     T,
     T,
     "leave out the first {k} letters",
     "{x}[{k}:]",
     {.k = {2, 4}},
     [](const V& x, const C& with) -> V { return without_head(text(x), with.k); }},
    {"without",
     T,
     T,
     "remove every '{c}'",
     "{x}.replace('{c}', '')",
     {.text = StepText::letter},
     [](const V& x, const C& with) -> V { return without(text(x), with.letter); }},
    {"replace",
     T,
     T,
     "replace every '{c}' by '{d}'",
     "{x}.replace('{c}', '{d}')",
     {.text = StepText::letters},
     [](const V& x, const C& with) -> V { return replaced(text(x), with.letter, with.other); }},
    {"put behind",
     T,
     T,
     "put '{w}' at the end",
     "{x} + '{w}'",
     {.text = StepText::word},
     [](const V& x, const C& with) -> V { return text(x) + std::string(with.word); }},
    {"put before",
     T,
     T,
     "put '{w}' at the front",
     "'{w}' + {x}",
     {.text = StepText::word},
     [](const V& x, const C& with) -> V { return std::string(with.word) + text(x); }},
    {"put around",
     T,
     T,
     "put '{w}' at the front and '{e}' at the end",
     "'{w}' + {x} + '{e}'",
     {.text = StepText::words},
     [](const V& x, const C& with) -> V {
       return std::string(with.word) + text(x) + std::string(with.ending);
     }},
    {"length",
     T,
     N,
     "take the length",
     "len({x})",
     {},
     [](const V& x, const C&) -> V { return static_cast<int64_t>(text(x).size()); }},
    {"count of",
     T,
     N,
     "count every '{c}'",
     "{x}.count('{c}')",
     {.text = StepText::letter},
     [](const V& x, const C& with) -> V {
       return static_cast<int64_t>(std::count(text(x).begin(), text(x).end(), with.letter));
     }},
};

// Short and common; as many as kStepWords.
constexpr std::array<std::string_view, kStepWords> kWords = {
    "end", "top", "red", "box", "cup", "hat", "key", "pen", "sun", "sea", "dog", "cat", "cow", "fox",
    "bee", "ant", "oak", "elm", "ice", "tea", "jam", "pie", "map", "bus", "car", "van", "toy", "net",
    "log", "day", "sky", "way", "old", "new", "big", "low", "hot", "dry", "wet", "mud"};

}  // namespace

std::span<const StepRow> step_rows() {
  return kRows;
}

std::span<const std::string_view, kStepWords> step_words() {
  return kWords;
}

uint64_t StepDraws::size() const {
  constexpr uint64_t kLetters = kStepLetters.size();
  constexpr std::array<uint64_t, 5> kTexts = {1, kLetters, kLetters * 25, kStepWords,
                                              kStepWords * (kStepWords - 1)};
  return k.size() * j.size() * kTexts[static_cast<size_t>(text)];
}

std::string python_literal(const PlainValue& value) {
  if (const auto* n = std::get_if<int64_t>(&value)) return fmt::format("{}", *n);
  if (const auto* s = std::get_if<std::string>(&value)) return "'" + *s + "'";
  std::vector<std::string> items;
  for (int64_t i : std::get<Numbers>(value)) items.push_back(fmt::format("{}", i));
  return "[" + joined(items, ", ") + "]";
}

}  // namespace retort::problems
