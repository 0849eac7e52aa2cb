// Recall from a long text: one sentence to be found (a needle), or two that belong together (two hops), among
// sentences about other things and others of the same form.
#include <fmt/core.h>

#include <array>

#include "retort/problems/draw.h"
#include "retort/problems/words.h"

namespace retort::problems {
namespace {

struct Shape {
  size_t bytes;   // of the text, about 3 to a token
  size_t decoys;  // things of the same form as the one asked for
};
constexpr Shape kShapes[] = {{200, 1}, {400, 2}, {800, 3}, {1'600, 4}, {3'200, 6}, {6'400, 8}};

constexpr std::array<std::string_view, 10> kAdjectives = {"old",   "small", "quiet", "tall", "young",
                                                          "tired", "happy", "thin",  "wet",  "slow"};
constexpr std::array<std::string_view, 12> kAnimals = {"dog",   "cat", "horse", "man",  "girl",  "boy",
                                                       "goose", "cow", "fox",   "cook", "nurse", "sailor"};
constexpr std::array<std::string_view, 12> kVerbs = {"sat",    "slept", "waited", "sang",
                                                     "stood",  "ate",   "played", "worked",
                                                     "rested", "ran",   "talked", "laughed"};
constexpr std::array<std::string_view, 12> kPlaces = {
    "by the river", "near the bridge", "under a tree", "at the market", "in the rain",    "on the hill",
    "by the road",  "at the station",  "in the wind",  "near the sea",  "in the morning", "after lunch"};

std::string filler(Random& random) {
  std::string_view adjective = kAdjectives[draw_index(random, kAdjectives.size())];
  std::string_view animal = kAnimals[draw_index(random, kAnimals.size())];
  std::string_view verb = kVerbs[draw_index(random, kVerbs.size())];
  std::string_view place = kPlaces[draw_index(random, kPlaces.size())];
  return fmt::format("The {} {} {} {}.", adjective, animal, verb, place);
}

/// What the text must hold, and what is asked.
struct Search {
  std::string kind;
  std::string canonical;
  size_t wording = 0;
  std::vector<std::string> sentences;  // those asked for, and those like them
  std::string question;
  std::string answer;
  AnswerForm form = AnswerForm::text;
  std::vector<Fact> facts;
};

/// Sentences in random order, with fillers between them up to the length wanted.
std::string draw_text(Random& random, std::vector<std::string> sentences, size_t bytes) {
  size_t length = 0;
  for (const std::string& s : sentences) length += s.size() + 1;
  while (length < bytes) {
    sentences.push_back(filler(random));
    length += sentences.back().size() + 1;
  }
  shuffle(random, sentences);
  return joined(sentences, " ");
}

/// `count` different coloured things: "red box".
std::vector<std::string> draw_things(Random& random, size_t count) {
  std::vector<std::string> things;
  for (size_t i : draw_different(random, kColours.size() * kThings.size(), count))
    things.push_back(fmt::format("{} {}", kColours[i % kColours.size()], kThings[i / kColours.size()]));
  return things;
}

struct NeedleWording {
  const char* sentence;
  const char* question;
};
constexpr NeedleWording kNeedleWordings[] = {{"The code of the {} is {}.", "What is the code of the {}?"},
                                             {"The {} opens with {}.", "Which number opens the {}?"},
                                             {"On the {} is the number {}.", "Which number is on the {}?"}};

Search draw_needle(Random& random, const Shape& shape) {
  Search s{"needle", ""};
  s.wording = draw_index(random, std::size(kNeedleWordings));
  const NeedleWording& wording = kNeedleWordings[s.wording];
  std::vector<std::string> things = draw_things(random, shape.decoys + 1);
  std::vector<size_t> codes = draw_different(random, 900, things.size());
  for (size_t i = 0; i < things.size(); ++i)
    s.sentences.push_back(fmt::format(fmt::runtime(wording.sentence), things[i], codes[i] + 100));
  s.question = fmt::format(fmt::runtime(wording.question), things[0]);
  s.answer = fmt::format("{}", codes[0] + 100);
  s.form = AnswerForm::integer;
  s.canonical = fmt::format("needle {} {}", things[0], s.answer);
  s.facts.push_back({fmt::format("{} = {}", things[0], s.answer), {}});
  return s;
}

struct HopWording {
  const char* first;   // person, thing
  const char* second;  // thing, room
  const char* question;
};
constexpr HopWording kHopWordings[] = {
    {"{} owns the {}.", "The {} is in the {}.", "In which room is the thing that {} owns?"},
    {"{} lost the {}.", "The {} lies in the {}.", "Where does the thing lie that {} lost?"},
    {"{} needs the {}.", "The {} was left in the {}.", "Where was the thing left that {} needs?"}};

Search draw_hop(Random& random, const Shape& shape) {
  Search s{"hop", ""};
  s.wording = draw_index(random, std::size(kHopWordings));
  const HopWording& wording = kHopWordings[s.wording];
  std::vector<std::string> things = draw_things(random, shape.decoys + 1);
  std::vector<size_t> people = draw_different(random, kPeople.size(), things.size());
  std::vector<size_t> rooms = draw_different(random, kRooms.size(), things.size());
  for (size_t i = 0; i < things.size(); ++i) {
    s.sentences.push_back(fmt::format(fmt::runtime(wording.first), kPeople[people[i]], things[i]));
    s.sentences.push_back(fmt::format(fmt::runtime(wording.second), things[i], kRooms[rooms[i]]));
  }
  std::string_view person = kPeople[people[0]];
  s.question = fmt::format(fmt::runtime(wording.question), person);
  s.answer = kRooms[rooms[0]];
  s.canonical = fmt::format("hop {} {} {}", person, things[0], s.answer);
  s.facts.push_back({fmt::format("{} = {}", person, things[0]), {}});
  s.facts.push_back({fmt::format("{} = {}", things[0], s.answer), {0}});
  return s;
}

constexpr const char* kLayouts[] = {"Read the text.\n{0}\n{1}", "{1} Find it in the text.\n{0}"};

}  // namespace

Problem draw_recall(Random& random, int level) {
  const Shape& shape = kShapes[level - 1];
  Search s = draw_chance(random, 50) ? draw_needle(random, shape) : draw_hop(random, shape);
  size_t layout = draw_index(random, std::size(kLayouts));
  std::string text = draw_text(random, s.sentences, shape.bytes);

  Turn turn;
  turn.user = fmt::format(fmt::runtime(kLayouts[layout]), text, s.question);
  turn.answer = s.answer;
  turn.form = s.form;
  turn.long_thought = fmt::format("The question is: {}\n", s.question);
  for (const Fact& fact : s.facts) {
    turn.short_thought += fact.claim + "\n";
    turn.long_thought += "The text says: " + fact.claim + "\n";
  }
  turn.short_thought += s.answer;
  turn.long_thought += "So it is " + s.answer + ".";
  turn.facts = s.facts;

  Problem problem;
  problem.kind = s.kind;
  problem.template_id = fmt::format("recall.{}.{}{}", s.kind, s.wording, layout == 0 ? "a" : "b");
  problem.canonical = std::move(s.canonical);
  problem.turns.push_back(std::move(turn));
  return problem;
}

}  // namespace retort::problems
