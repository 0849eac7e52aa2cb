// Dialogues against a simulator that knows the exact state: each turn sets facts, changes or forgets them,
// chats, asks for one, or claims one. A turn that only informs expects "ok"; what was forgotten or never said
// is "unknown".
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>

#include "retort/problems/draw.h"
#include "retort/problems/words.h"

namespace retort::problems {
namespace {

struct Phrases {
  const char* set;     // {0}: key, {1}: value
  const char* change;  // the same
  const char* forget;
  const char* ask;
  const char* claim;
};

struct Topic {
  std::string_view name;
  std::vector<std::string> keys;
  std::vector<std::string> values;
  std::array<Phrases, 3> phrases;
};

std::vector<std::string> numbers(int first, int last) {
  std::vector<std::string> all;
  for (int i = first; i <= last; ++i) all.push_back(fmt::format("{}", i));
  return all;
}

template <size_t N>
std::vector<std::string> strings(const std::array<std::string_view, N>& words) {
  return {words.begin(), words.end()};
}

const std::array<Topic, 3>& topics() {
  static const std::array<Topic, 3> all = {
      {{"colour",
        strings(kThings),
        strings(kColours),
        {{{"The {0} is {1}.", "Now the {0} is {1}.", "Forget the {0}.", "What colour is the {0}?",
           "The {0} is {1}, right?"},
          {"I have a {0}. It is {1}.", "I painted the {0} {1}.", "The {0} is gone, forget its colour.",
           "Tell me the colour of the {0}.", "Is the {0} {1} now?"},
          {"Note: {0}, {1}.", "Change: {0}, {1}.", "Delete: {0}.", "Which colour has the {0}?",
           "Check: {0}, {1}?"}}}},
       {"place",
        strings(kPeople),
        strings(kCities),
        {{{"{0} is in {1}.", "{0} went to {1}.", "Forget where {0} is.", "Where is {0}?",
           "{0} is in {1}, right?"},
          {"{0} lives in {1}.", "{0} moved to {1}.", "Forget about {0}.", "In which city is {0} now?",
           "Is {0} in {1} now?"},
          {"Note: {0}, {1}.", "Change: {0}, {1}.", "Delete: {0}.", "Which city has {0}?",
           "Check: {0}, {1}?"}}}},
       {"number",
        strings(kThings),
        numbers(2, 40),
        {{{"The {0} costs {1}.", "Now the {0} costs {1}.", "Forget the price of the {0}.",
           "What does the {0} cost?", "The {0} costs {1}, right?"},
          {"I paid {1} for the {0}.", "Correction: the {0} was {1}.", "Forget what the {0} was.",
           "How much was the {0}?", "Was the {0} {1}?"},
          {"Note: {0}, {1}.", "Change: {0}, {1}.", "Delete: {0}.", "Which number has the {0}?",
           "Check: {0}, {1}?"}}}}}};
  return all;
}

constexpr std::array<std::string_view, 12> kChat = {
    "It rains today.",      "I had soup for lunch.", "My train was late.",    "The sun is out.",
    "I like this song.",    "We met an old friend.", "It is warm in here.",   "I slept well.",
    "The shop was closed.", "My neighbour is loud.", "I read a long letter.", "The dog is asleep."};

struct Shape {
  int turns;
  size_t keys;
  bool forgets;
  bool claims;
};
constexpr Shape kShapes[] = {{1, 2, false, false}, {2, 2, false, false}, {4, 3, true, true},
                             {8, 4, true, true},   {12, 5, true, true},  {20, 6, true, true}};

/// What is known of one key.
struct Entry {
  std::optional<std::string> value;
  std::vector<std::string> earlier;  // values that no longer hold
  int since = 0;                     // the turn in which it was last set or forgotten
  bool mentioned = false;
};

class Simulator {
 public:
  Simulator(Random& random, const Topic& topic, size_t wording, const Shape& shape)
      : random_(random), topic_(topic), phrases_(topic.phrases[wording]), shape_(shape) {
    for (size_t i : draw_different(random, topic.keys.size(), shape.keys)) keys_.push_back(topic.keys[i]);
    entries_.resize(shape.keys);
  }

  Turn play(int number) {
    now_ = number;
    turn_ = {};
    said_.clear();
    events_ += number == 0 ? " " : " / ";
    TurnKind kind = draw_kind();
    int statements = draw_statement_count(kind);
    bool chats = draw_chance(random_, 30);
    if (chats) said_.emplace_back(kChat[draw_index(random_, kChat.size())]);
    for (int i = 0; i < statements; ++i) state();
    answer(kind);
    turn_.user = joined(said_, " ");
    turn_.kind = kind;
    return std::move(turn_);
  }

  /// What happened, without its wording: "+cup red ?cup / -cup ?cup".
  const std::string& events() const { return events_; }

 private:
  bool known(size_t key) const { return entries_[key].value.has_value(); }

  std::vector<size_t> keys_where(bool (*condition)(const Entry&)) const {
    std::vector<size_t> found;
    for (size_t i = 0; i < entries_.size(); ++i)
      if (condition(entries_[i])) found.push_back(i);
    return found;
  }
  std::vector<size_t> known_keys() const {
    return keys_where([](const Entry& e) { return e.value.has_value(); });
  }

  TurnKind draw_kind() {
    // The last turn asks, so that no dialogue is without a question.
    if (now_ + 1 == shape_.turns) return TurnKind::ask;
    uint64_t at = random_.below(100);
    if (at < 25) return TurnKind::tell;
    return at < 45 && shape_.claims && !known_keys().empty() ? TurnKind::premise : TurnKind::ask;
  }

  int draw_statement_count(TurnKind kind) {
    if (now_ == 0) return static_cast<int>(draw_between(random_, 2, 3));
    return static_cast<int>(
        draw_between(random_, kind == TurnKind::tell ? 1 : 0, kind == TurnKind::tell ? 2 : 1));
  }

  void state() {
    std::vector<size_t> fresh = keys_where([](const Entry& e) { return !e.mentioned; });
    std::vector<size_t> current = known_keys();
    bool introduce = !fresh.empty() && (current.empty() || now_ == 0 || draw_chance(random_, 50));
    bool forget = shape_.forgets && current.size() > 1 && draw_chance(random_, 25);
    if (introduce)
      set(fresh[draw_index(random_, fresh.size())]);
    else if (forget)
      erase(current[draw_index(random_, current.size())]);
    else
      set(draw_index(random_, entries_.size()));
  }

  std::string draw_value(size_t key) {
    // Values of other keys come up too, so that a value alone does not tell whose it is.
    std::string value;
    do value = topic_.values[draw_index(random_, topic_.values.size())];
    while (entries_[key].value == value);
    return value;
  }

  void set(size_t key) {
    Entry& entry = entries_[key];
    std::string value = draw_value(key);
    said_.push_back(phrase(entry.mentioned ? phrases_.change : phrases_.set, key, value));
    if (entry.value) entry.earlier.push_back(*entry.value);
    entry.value = value;
    entry.since = now_;
    entry.mentioned = true;
    events_ += fmt::format("+{} {} ", keys_[key], value);
    note(key);
  }

  void erase(size_t key) {
    Entry& entry = entries_[key];
    said_.push_back(phrase(phrases_.forget, key, ""));
    entry.earlier.push_back(*entry.value);
    entry.value.reset();
    entry.since = now_;
    events_ += fmt::format("-{} ", keys_[key]);
    note(key);
  }

  std::string held(size_t key) const { return entries_[key].value.value_or("unknown"); }

  /// The state of a key as a line of the thought.
  void note(size_t key) {
    std::string text = fmt::format("{} = {}", keys_[key], held(key));
    turn_.short_thought += text + "\n";
    turn_.long_thought += "Noted: " + text + "\n";
    turn_.facts.push_back({std::move(text), {}});
  }

  void remember(size_t key) {
    const Entry& entry = entries_[key];
    std::string text = fmt::format("{} = {}", keys_[key], held(key));
    turn_.short_thought += text + "\n";
    if (!entry.earlier.empty())
      turn_.long_thought +=
          fmt::format("{} was {} before.\n", capitalised(keys_[key]), joined(entry.earlier, ", then "));
    turn_.long_thought += fmt::format("{}: {}\n", entry.mentioned ? "Last said" : "Never said", text);
    turn_.facts.push_back({std::move(text), {}});
    turn_.distance = now_ - entry.since;
    turn_.stale_values = entry.earlier;
  }

  void answer(TurnKind kind) {
    if (kind == TurnKind::ask) return answer_question();
    if (kind == TurnKind::premise) return answer_claim();
    turn_.answer = "ok";
    turn_.short_thought += "ok";
    turn_.long_thought += "Nothing is asked.";
  }

  size_t draw_asked() {
    std::vector<size_t> current = known_keys();
    bool any = current.empty() || draw_chance(random_, 20);
    return any ? draw_index(random_, entries_.size()) : current[draw_index(random_, current.size())];
  }

  void answer_question() {
    size_t key = draw_asked();
    said_.push_back(phrase(phrases_.ask, key, ""));
    events_ += fmt::format("?{} ", keys_[key]);
    turn_.answer = held(key);
    remember(key);
    turn_.short_thought += turn_.answer;
    turn_.long_thought += "The answer is " + turn_.answer + ".";
  }

  void answer_claim() {
    std::vector<size_t> current = known_keys();
    if (current.empty()) return answer_question();
    size_t key = current[draw_index(random_, current.size())];
    bool holds = draw_chance(random_, 50);
    const Entry& entry = entries_[key];
    bool use_stale = draw_chance(random_, 70);
    bool stale = use_stale && !entry.earlier.empty() && entry.earlier.back() != *entry.value;
    std::string other = draw_value(key);
    std::string claimed = holds ? *entry.value : stale ? entry.earlier.back() : other;
    said_.push_back(phrase(phrases_.claim, key, claimed));
    events_ += fmt::format("!{} {} ", keys_[key], claimed);
    turn_.answer = holds ? "yes" : "no";
    remember(key);
    turn_.short_thought += turn_.answer;
    turn_.long_thought += fmt::format("Claimed is {}: {}.", claimed, turn_.answer);
  }

  std::string phrase(const char* form, size_t key, const std::string& value) const {
    return capitalised(fmt::format(fmt::runtime(form), keys_[key], value));
  }

  Random& random_;
  const Topic& topic_;
  const Phrases& phrases_;
  const Shape& shape_;
  std::vector<std::string> keys_;
  std::vector<Entry> entries_;
  std::string events_;

  int now_ = 0;
  Turn turn_;
  std::vector<std::string> said_;
};

}  // namespace

Problem draw_dialogue(Random& random, int level) {
  const Topic& topic = topics()[draw_index(random, topics().size())];
  size_t wording = draw_index(random, topic.phrases.size());
  const Shape& shape = kShapes[level - 1];
  Simulator simulator(random, topic, wording, shape);

  Problem problem;
  for (int i = 0; i < shape.turns; ++i) problem.turns.push_back(simulator.play(i));
  problem.kind = topic.name;
  problem.template_id = fmt::format("dialogue.{}.{}", topic.name, wording);
  problem.canonical = fmt::format("{}{}", topic.name, simulator.events());
  return problem;
}

}  // namespace retort::problems
