#include "retort/problems/drill.h"

#include <string_view>
#include <vector>

#include "retort/problems/draw.h"
#include "retort/problems/words.h"

namespace retort::problems {
namespace {

using Words = std::vector<std::string>;
using ValueFn = std::string (*)(Random&);

template <typename Array>
std::string one_of(Random& random, const Array& words) {
  return std::string(words[draw_index(random, words.size())]);
}

template <typename Array>
Words some_of(Random& random, const Array& words, size_t n) {
  Words some;
  for (size_t i : draw_different(random, words.size(), n)) some.emplace_back(words[i]);
  return some;
}

std::string coloured_thing(Random& random) {
  std::string colour = one_of(random, kColours);
  return colour + " " + one_of(random, kThings);
}

Words coloured_things(Random& random, size_t n) {
  Words some;
  for (size_t i : draw_different(random, kColours.size() * kThings.size(), n))
    some.push_back(std::string(kColours[i % kColours.size()]) + " " +
                   std::string(kThings[i / kColours.size()]));
  return some;
}

Words letters(Random& random, size_t n) {
  std::string_view all = kVariables[draw_index(random, kVariables.size())];
  Words some;
  for (char letter : all.substr(0, n)) some.emplace_back(1, letter);
  return some;
}

struct Kind {
  const char* sign;
  Words (*keys)(Random&, size_t n);
  ValueFn value;
};

constexpr Kind kKinds[] = {
    {" = ", [](Random& r, size_t n) { return some_of(r, kPeople, n); },
     [](Random& r) { return one_of(r, kCities); }},
    {" = ", [](Random& r, size_t n) { return some_of(r, kThings, n); },
     [](Random& r) { return one_of(r, kColours); }},
    {" = ", [](Random& r, size_t n) { return some_of(r, kThings, n); },
     [](Random& r) { return std::to_string(draw_between(r, 2, 99)); }},
    {" = ", letters, [](Random& r) { return std::string(draw_chance(r, 50) ? "T" : "F"); }},
    {" -> ", [](Random& r, size_t n) { return some_of(r, kSyllables, n); },
     [](Random& r) { return one_of(r, kSyllables); }},
    {" -> ", [](Random& r, size_t n) { return some_of(r, kDevices, n); },
     [](Random& r) { return one_of(r, kDevices); }},
    {" = ", coloured_things, [](Random& r) { return std::to_string(draw_between(r, 100, 999)); }},
    {" = ", coloured_things, [](Random& r) { return one_of(r, kRooms); }},
    {" = ", [](Random& r, size_t n) { return some_of(r, kPeople, n); }, coloured_thing},
};

}  // namespace

std::string draw_drill(Random& random) {
  const Kind& kind = kKinds[draw_index(random, std::size(kKinds))];
  const auto most = static_cast<size_t>(draw_between(random, 2, 6));
  const Words keys = kind.keys(random, most);
  Words lines;
  for (const std::string& key : keys) lines.push_back(key + kind.sign + kind.value(random));
  const bool in_one_line = draw_chance(random, 50);
  std::string text = joined(lines, in_one_line ? ", " : "\n");
  const int64_t n = draw_between(random, 6, 14);
  for (int64_t i = 0; i < n; ++i) text += "\n" + lines[draw_index(random, lines.size())];
  return text;
}

}  // namespace retort::problems
