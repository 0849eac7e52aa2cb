#include "retort/plan/choose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "retort/base/random.h"

namespace retort::plan {
namespace {

using ::testing::HasSubstr;

constexpr double kGiB = 1024.0 * 1024 * 1024;

/// A candidate on a card of 24 GiB; memory in GiB. Speed and price 0: unknown. Quality below 0: unknown.
Candidate candidate(std::string model, double memory, double quality, double speed, double price,
                    double interval = 0) {
  Candidate c{.model = std::move(model), .precision = "bf16", .device = "card"};
  c.memory_bytes = memory * kGiB;
  c.device_memory_bytes = 24 * kGiB;
  if (quality >= 0)
    c.quality = Quality{quality, quality - interval, quality + interval, Obtained::measured, "run 1", true};
  if (speed > 0) c.tokens_per_second = Estimated{speed, Obtained::predicted, "roofline"};
  if (price > 0) c.usd_per_million = Estimated{price, Obtained::predicted, "roofline"};
  return c;
}

Candidate on(std::string device, double device_memory, Candidate c) {
  c.device = std::move(device);
  c.device_memory_bytes = device_memory * kGiB;
  return c;
}

Candidate published(Candidate c) {
  c.quality->obtained = Obtained::published;
  return c;
}

/// The same model at another precision, whose quality nobody looked at.
Candidate at(std::string precision, double bits, double memory, double speed, Candidate c) {
  c.quality->of_this_precision = false;
  c.precision = std::move(precision);
  c.bits_per_weight = bits;
  c.memory_bytes = memory * kGiB;
  c.tokens_per_second->value = speed;
  return c;
}

Candidate with_tokens(double tokens_per_solved, Candidate c) {
  c.tokens_per_solved = tokens_per_solved;
  return c;
}

using World = std::vector<Candidate>;

/// Of every kind: a mixture of experts that needs more memory and runs faster (moe), one whose speed nobody
/// knows (dark), one that nobody measured (new), one that solves too little (weak), one too large (huge).
World family() {
  return {candidate("tiny", 1, 0.60, 200, 0.05), candidate("small", 3, 0.80, 90, 0.10),
          candidate("twin", 3, 0.80, 90, 0.10),  candidate("mid", 8, 0.90, 40, 0.30),
          candidate("moe", 14, 0.91, 80, 0.25),  candidate("big", 18, 0.95, 15, 0.90),
          candidate("huge", 40, 0.97, 8, 2.0),   candidate("weak", 0.5, 0.30, 300, 0.01),
          candidate("new", 2, -1, 120, 0.07),    candidate("dark", 6, 0.85, 0, 0)};
}

/// Measured on few problems: intervals of six points to each side.
World few_problems() {
  return {candidate("small", 3, 0.80, 90, 0.1, 0.06), candidate("mid", 8, 0.81, 40, 0.3, 0.06),
          candidate("big", 18, 0.95, 15, 0.9, 0.04)};
}

/// Three devices: cheap and slow, dear and fast, and one that is too small for the larger model.
World devices() {
  return {on("slow", 24, candidate("mid", 8, 0.90, 20, 0.10)),
          on("fast", 80, candidate("mid", 8, 0.90, 100, 0.60)),
          on("slow", 24, candidate("big", 18, 0.95, 8, 0.30)),
          on("fast", 80, candidate("big", 18, 0.95, 45, 1.40)),
          on("phone", 6, candidate("mid", 8, 0.90, 10, 0)),
          on("phone", 6, candidate("tiny", 1, 0.60, 60, 0))};
}

/// Published figures: of BF16 weights, which stand for the other precisions too.
World distills() {
  const Candidate q7 = published(candidate("7B", 16, 0.555, 30, 0)),
                  q14 = published(candidate("14B", 31, 0.697, 15, 0));
  return {q7,
          at("q8_0", 8.5, 9, 55, q7),
          at("q4_k", 4.5, 5.5, 90, q7),
          q14,
          at("q8_0", 8.5, 17, 28, q14),
          at("q4_k", 4.5, 10, 48, q14),
          candidate("micro", 0.1, 0.93, 900, 0)};
}

/// Two as good as each other: one thinks three times as long for a solved problem.
World thinkers() {
  return {with_tokens(300, candidate("brief", 9, 0.90, 40, 0.4)),
          with_tokens(900, candidate("wordy", 8, 0.90, 60, 0.3)), candidate("unknown", 10, 0.90, 50, 0.2)};
}

struct Case {
  const char* fact;
  World (*world)();
  Situation situation;
  const char* chosen;     // "": none
  const char* runner_up;  // "": none
  const char* says;       // in the reason, or for none in a way out
};

Situation memory(double gib) {
  return {.memory_bytes = gib * kGiB};
}
Situation speed(double tokens) {
  return {.tokens_per_second = tokens};
}
Situation price(double usd) {
  return {.usd_per_million = usd};
}
Situation margin(double points) {
  return {.margin = points / 100};
}
Situation prefer(Prefer what, Situation s = {}) {
  s.prefer = what;
  return s;
}
Situation by_published(Situation s = {}) {
  s.evidence = Obtained::published;
  s.useful = 0;
  return s;
}
World none() {
  return {};
}
World only_unmeasured() {
  return {candidate("new", 2, -1, 120, 0.07), candidate("newer", 3, -1, 90, 0.08)};
}
World only_weak() {
  return {candidate("weak", 1, 0.30, 200, 0.01, 0.1), candidate("weaker", 1, 0.20, 200, 0.01, 0.1)};
}
World unsure() {
  return {candidate("weak", 1, 0.45, 200, 0.01, 0.04), candidate("wide", 2, 0.44, 100, 0.02, 0.20)};
}

/// Worked out by hand from the rule in choose.h: allowed memory is 95 % of the least limit (22.8 of 24 GiB).
const Case kCases[] = {
    // No limits: tiny < small < dark < mid < big by quality; moe is one point above mid, so mid stays for it.
    {"the best that the card holds", family, {}, "big", "mid", "95.0 %"},
    {"six gigabytes hold small", family, memory(6), "small", "twin", "80.0 %"},
    {"a hair more holds dark", family, memory(6.4), "dark", "small", "85.0 %"},
    {"what needs exactly the allowed memory fits", family, memory(8 / 0.95), "mid", "dark", "90.0 %"},
    {"16 GiB: moe is not shown to be better than mid", family, memory(16), "mid", "moe", "needs 8.0 GiB"},
    {"16 GiB, speed: moe is no worse and faster", family, prefer(Prefer::speed, memory(16)), "moe", "mid",
     "80 tokens/s"},
    {"16 GiB, price: moe is no worse and cheaper", family, prefer(Prefer::price, memory(16)), "moe", "mid",
     "0.25 USD"},
    {"18 GiB are not enough for 18 GiB", family, memory(18), "mid", "moe", "mid"},
    {"a limit above the card's memory changes nothing", family, memory(100), "big", "mid", "95.0 %"},
    {"half a gigabyte holds nothing useful", family, memory(0.6), "", "",
     "memory: 1.1 GiB of it would take tiny"},
    {"one gigabyte: tiny does not fit its 95 %", family, memory(1), "", "", "would take tiny"},
    {"1.1 GiB: tiny alone, weak is no runner-up", family, memory(1.1), "tiny", "", "60.0 %"},

    {"20 tokens/s: big is too slow", family, speed(20), "mid", "moe", "90.0 %"},
    {"15 tokens/s are 15 tokens/s", family, speed(15), "big", "mid", "95.0 %"},
    {"50 tokens/s: mid is too slow, moe is not", family, speed(50), "moe", "small", "91.0 %"},
    {"85 tokens/s: a tie, taken by name", family, speed(85), "small", "twin", "80.0 %"},
    {"150 tokens/s: tiny", family, speed(150), "tiny", "", "60.0 %"},
    {"500 tokens/s: none; the fastest useful", family, speed(500), "", "",
     "speed: tiny in bf16 would do at 200 tokens/s"},
    {"unknown speed does not meet a limit",
     family,
     {.memory_bytes = 7 * kGiB, .tokens_per_second = 1},
     "small",
     "twin",
     "80.0 %"},

    {"0.5 USD: big is too dear", family, price(0.5), "mid", "moe", "90.0 %"},
    {"0.27 USD: moe is cheaper than mid", family, price(0.27), "moe", "small", "91.0 %"},
    {"0.10 USD are 0.10 USD", family, price(0.10), "small", "twin", "80.0 %"},
    {"0.001 USD: none; the cheapest useful", family, price(0.001), "", "",
     "price: tiny in bf16 would cost 0.05 USD"},
    {"speed and price at once",
     family,
     {.tokens_per_second = 60, .usd_per_million = 0.2},
     "small",
     "twin",
     "80.0 %"},
    {"limits that contradict each other",
     family,
     {.tokens_per_second = 150, .usd_per_million = 0.02},
     "",
     "",
     "price: tiny"},
    {"memory and speed at once",
     family,
     {.memory_bytes = 4 * kGiB, .tokens_per_second = 100},
     "tiny",
     "",
     "60.0 %"},

    // small to dark is 5 points, small to mid 10, mid to big 5.
    {"a margin of 5 points: mid does for big", family, margin(5), "mid", "moe", "big"},
    {"a margin of 4.9 points: it does not", family, margin(4.9), "big", "mid", "95.0 %"},
    {"a margin of 40 points: the smallest", family, margin(40), "tiny", "small", "shown not to be worse"},
    {"no margin: every half point counts",
     family,
     {.memory_bytes = 16 * kGiB, .margin = 0},
     "moe",
     "mid",
     "91.0 %"},

    {"few problems show nothing: the larger is taken", few_problems, memory(10), "mid", "small", "81.0 %"},
    {"few problems, a margin that is wider than the doubt",
     few_problems,
     {.memory_bytes = 10 * kGiB, .margin = 0.12},
     "small",
     "mid",
     "shown not to be worse"},
    {"unmeasured: none, whatever the memory", only_unmeasured, {}, "", "", "2 have no quality"},
    {"nothing to choose from", none, {}, "", "", "there is nothing to choose from"},
    {"all too weak", only_weak, {}, "", "", "2 solve too little"},
    {"wide doubt is not shown to be useless", unsure, {}, "wide", "", "44.0 %"},

    {"price against speed: the better on the cheap device", devices, prefer(Prefer::price), "big on slow",
     "big on fast", "0.3 USD"},
    {"price against speed: 10 tokens/s rule the slow device's big out", devices,
     prefer(Prefer::price, speed(10)), "big on fast", "mid on slow", "1.4 USD"},
    {"price against speed: 10 tokens/s for at most a dollar",
     devices,
     {.tokens_per_second = 10, .usd_per_million = 1, .prefer = Prefer::price},
     "mid on slow",
     "mid on fast",
     "0.1 USD"},
    {"price against speed: 50 tokens/s for at most a dollar",
     devices,
     {.tokens_per_second = 50, .usd_per_million = 1, .prefer = Prefer::price},
     "mid on fast",
     "",
     "0.6 USD"},
    {"price against speed: faster is worth it", devices, prefer(Prefer::speed), "big on fast", "big on slow",
     "45 tokens/s"},
    {"price against speed: no such thing",
     devices,
     {.tokens_per_second = 90, .usd_per_million = 0.5},
     "",
     "",
     "speed: mid in bf16 would do at 20 tokens/s"},
    {"a device too small for the model", devices, memory(6), "tiny on phone", "", "60.0 %"},

    {"published quality does not count unasked", distills, {}, "micro", "", "93.0 %"},
    {"asked for, it alone counts", distills, by_published(), "14B q8_0", "7B bf16", "published"},
    {"40 tokens/s: fewer bits of the better model", distills, by_published(speed(40)), "14B q4_k", "7B q8_0",
     "was not measured"},
    {"8 GiB: the smaller model's fewest bits", distills, by_published(memory(8)), "7B q4_k", "",
     "was not measured"},
    {"12 GiB: the larger model in fewer bits", distills, by_published(memory(12)), "14B q4_k", "7B q8_0",
     "69.7 %"},
    {"4 GiB: none of either", distills, by_published(memory(4)), "", "",
     "memory: 5.8 GiB of it would take 7B in q4_k"},

    {"as good, and smaller", thinkers, {}, "wordy", "brief", "needs 8.0 GiB"},
    {"as good, and sooner done: tokens of a solved problem count", thinkers, prefer(Prefer::speed), "brief",
     "wordy", "40 tokens/s"},
    // brief costs 120 a million solved, wordy 270; of unknown nobody can tell.
    {"as good, and cheaper to solve; an unknown thinker is not shown to be", thinkers, prefer(Prefer::price),
     "brief", "wordy", "0.4 USD"},
};

std::string called(const World& world, const std::optional<size_t>& i, std::string_view expected) {
  if (!i) return "";
  const Candidate& c = world[*i];
  std::string out = c.model;
  if (expected.find(" on ") != expected.npos) return out + " on " + c.device;
  if (expected.find(' ') != expected.npos) out += " " + c.precision;
  return out;
}

TEST(Choose, SituationsWorkedOutByHand) {
  EXPECT_GE(std::size(kCases), 40u);
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.fact);
    const World world = c.world();
    const Choice choice = choose(c.situation, world);
    EXPECT_EQ(called(world, choice.chosen, c.chosen), c.chosen);
    EXPECT_EQ(called(world, choice.runner_up, c.runner_up), c.runner_up);
    std::string said = choice.reason;
    for (const std::string& way : choice.ways_out) said += "\n" + way;
    EXPECT_THAT(said, HasSubstr(c.says));
    EXPECT_EQ(choice.why_not.empty(), !choice.runner_up);
  }
}

TEST(Choose, EveryCandidatePassedOverForALimitSaysWhich) {
  const World world = family();
  const Choice choice = choose({.memory_bytes = 12 * kGiB, .tokens_per_second = 50}, world);
  const auto obstacle = [&](std::string_view model) {
    for (size_t i = 0; i < world.size(); ++i)
      if (world[i].model == model) return choice.assessments[i].obstacle;
    return Obstacle::none;
  };
  EXPECT_EQ(obstacle("small"), Obstacle::none);
  EXPECT_EQ(obstacle("mid"), Obstacle::too_slow);
  EXPECT_EQ(obstacle("moe"), Obstacle::too_large);
  EXPECT_EQ(obstacle("dark"), Obstacle::no_speed);
  EXPECT_EQ(obstacle("new"), Obstacle::no_quality);
  EXPECT_EQ(obstacle("weak"), Obstacle::not_useful);
  for (const Assessment& one : choice.assessments)
    EXPECT_EQ(one.reason.empty(), one.obstacle == Obstacle::none);
}

/// Anything: also unknown figures, equal figures, several precisions and devices.
World random_world(Random& random) {
  World out;
  const size_t n = random.below(12);
  for (size_t i = 0; i < n; ++i) {
    const auto step = [&](uint64_t steps, double scale) {
      return scale * static_cast<double>(random.below(steps));
    };
    Candidate c = candidate(std::string(1, static_cast<char>('a' + random.below(6))), 0.5 + step(60, 0.5),
                            random.below(8) == 0 ? -1 : 0.4 + step(25, 0.025), step(20, 10), step(10, 0.1),
                            random.below(2) == 0 ? 0 : step(6, 0.02));
    c.device_memory_bytes = (8 + step(5, 8)) * kGiB;
    c.device = random.below(2) == 0 ? "card" : "box";
    c.bits_per_weight = random.below(2) == 0 ? 16 : 4.5;
    c.precision = c.bits_per_weight == 16 ? "bf16" : "q4_k";
    if (c.quality) c.quality->of_this_precision = random.below(2) == 0;
    if (c.quality && random.below(6) == 0) c.quality->obtained = Obtained::published;
    if (random.below(2) == 0) c.tokens_per_solved = 100 + step(9, 100);
    out.push_back(std::move(c));
  }
  return out;
}

Situation random_situation(Random& random) {
  Situation s;
  if (random.below(2) == 0) s.tokens_per_second = 10.0 * static_cast<double>(random.below(20));
  if (random.below(3) == 0) s.usd_per_million = 0.1 * static_cast<double>(random.below(10));
  s.margin = 0.02 * static_cast<double>(random.below(5));
  s.prefer = static_cast<Prefer>(random.below(3));
  if (random.below(5) == 0) s.evidence = Obtained::published;
  return s;
}

TEST(Choose, MoreMemoryNeverChoosesAWorseModel) {
  Random random(5);
  int chosen = 0, changed = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const World world = random_world(random);
    Situation s = random_situation(random);
    double before = -1;
    for (double gib = 1; gib < 48; gib += 1.5) {
      s.memory_bytes = gib * kGiB;
      const Choice choice = choose(s, world);
      const double now = choice.chosen ? world[*choice.chosen].quality->value : -1;
      ASSERT_GE(now, before) << "trial " << trial << ", " << gib << " GiB";
      chosen += choice.chosen ? 1 : 0;
      changed += now > before && before >= 0 ? 1 : 0;
      before = now;
    }
  }
  EXPECT_GT(chosen, 10'000);  // the trials are about something
  EXPECT_GT(changed, 500);
}

TEST(Choose, WhatIsChosenKeepsEveryLimitAndIsNotBeatenWithinThem) {
  Random random(6);
  int chosen = 0;
  for (int trial = 0; trial < 5000; ++trial) {
    const World world = random_world(random);
    Situation s = random_situation(random);
    s.memory_bytes = (1 + 40 * random.uniform()) * kGiB;
    const Choice choice = choose(s, world);
    const bool any = std::any_of(choice.assessments.begin(), choice.assessments.end(),
                                 [](const Assessment& a) { return a.obstacle == Obstacle::none; });
    ASSERT_EQ(choice.chosen.has_value(), any) << trial;
    if (!choice.chosen) continue;
    ++chosen;
    const Candidate& c = world[*choice.chosen];
    ASSERT_EQ(choice.assessments[*choice.chosen].obstacle, Obstacle::none);
    ASSERT_LE(c.memory_bytes, 0.95 * *s.memory_bytes);
    if (s.tokens_per_second) ASSERT_GE(c.tokens_per_second->value, *s.tokens_per_second);
    if (s.usd_per_million) ASSERT_LE(c.usd_per_million->value, *s.usd_per_million);
    for (size_t i = 0; i < world.size(); ++i)
      if (choice.assessments[i].obstacle == Obstacle::none && world[i].quality->value > c.quality->value)
        ASSERT_TRUE(not_worse_by_intervals(c, world[i], s.margin)) << trial;
  }
  EXPECT_GT(chosen, 1000);
}

TEST(Choose, TheOrderOfTheCandidatesDoesNotMatter) {
  Random random(7);
  for (int trial = 0; trial < 500; ++trial) {
    World world = random_world(random);
    const Situation s = random_situation(random);
    const auto text = [&](const Choice& choice) {
      if (!choice.chosen) return std::string();
      const Candidate& c = world[*choice.chosen];
      return c.model + c.precision + c.device + std::to_string(c.memory_bytes) +
             std::to_string(c.quality->value);
    };
    const std::string forward = text(choose(s, world));
    std::reverse(world.begin(), world.end());
    ASSERT_EQ(forward, text(choose(s, world))) << trial;
  }
}

TEST(Choose, PairedItemsSayWhatIntervalsCannot) {
  // The same problems were asked of both: whoever knows may say that small is not worse.
  const World world = few_problems();
  const Choice choice =
      choose(memory(10), world, [](const Candidate&, const Candidate&, double) { return true; });
  EXPECT_EQ(world[*choice.chosen].model, "small");
}

}  // namespace
}  // namespace retort::plan
