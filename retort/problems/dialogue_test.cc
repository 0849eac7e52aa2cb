// Dialogues against a second simulator that reads the canonical events.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include "retort/problems/generate.h"
#include "retort/problems/verify.h"

namespace retort::problems {
namespace {

template <typename F>
void for_many(F f) {
  for (int level = 1; level <= 6; ++level)
    for (Split split : {Split::train, Split::test})
      for (uint64_t i = 0; i < 150; ++i) f(generate({Family::dialogue, level, split, 31}, i));
}

struct Expected {
  std::string answer = "ok";
  TurnKind kind = TurnKind::tell;
  int distance = 0;
  std::vector<std::string> stale;
};

/// Plays "colour +cup red ?cup / -cup ?cup" by the book.
std::vector<Expected> replayed(const std::string& canonical) {
  std::istringstream in(canonical);
  std::string word, value;
  in >> word;
  std::vector<Expected> turns(1);
  std::map<std::string, std::string> state;
  std::map<std::string, int> since;
  std::map<std::string, std::vector<std::string>> earlier;
  while (in >> word) {
    int now = static_cast<int>(turns.size()) - 1;
    if (word == "/") {
      turns.emplace_back();
      continue;
    }
    std::string key = word.substr(1);
    Expected& turn = turns.back();
    if (word[0] == '+') {
      in >> value;
      if (state.contains(key)) earlier[key].push_back(state[key]);
      state[key] = value;
      since[key] = now;
    } else if (word[0] == '-') {
      earlier[key].push_back(state.at(key));
      state.erase(key);
      since[key] = now;
    } else {
      turn.kind = word[0] == '?' ? TurnKind::ask : TurnKind::premise;
      turn.answer = state.contains(key) ? state[key] : "unknown";
      if (word[0] == '!') {
        in >> value;
        turn.answer = state.at(key) == value ? "yes" : "no";
      }
      turn.distance = now - since[key];
      turn.stale = earlier[key];
    }
  }
  return turns;
}

TEST(Dialogue, EveryTurnIsAsASecondSimulatorPlaysIt) {
  for_many([](const Problem& p) {
    std::vector<Expected> expected = replayed(p.canonical);
    ASSERT_EQ(p.turns.size(), expected.size());
    for (size_t t = 0; t < expected.size(); ++t) {
      ASSERT_EQ(p.turns[t].answer, expected[t].answer) << p.canonical << " turn " << t;
      ASSERT_EQ(p.turns[t].kind, expected[t].kind);
      ASSERT_EQ(p.turns[t].distance, expected[t].distance);
      ASSERT_EQ(p.turns[t].stale_values, expected[t].stale);
    }
  });
}

TEST(Dialogue, TheWordsSayWhatTheEventsSay) {
  for_many([](const Problem& p) {
    std::istringstream in(p.canonical);
    std::string word;
    size_t turn = 0;
    in >> word;
    while (in >> word) {
      if (word == "/") {
        ++turn;
        continue;
      }
      std::string key = word.substr(1), user = p.turns[turn].user;
      ASSERT_NE(user.find(key), std::string::npos) << user;
      if (word[0] == '+' || word[0] == '!') {
        in >> word;
        ASSERT_NE(user.find(word), std::string::npos) << user;
      }
    }
    ASSERT_EQ(turn + 1, p.turns.size());
  });
}

TEST(Dialogue, LevelsGoFromOneTurnToTwenty) {
  const size_t kTurns[] = {1, 2, 4, 8, 12, 20};
  for_many([&](const Problem& p) {
    ASSERT_EQ(p.turns.size(), kTurns[p.level - 1]);
    ASSERT_NE(p.turns.back().kind, TurnKind::tell);
  });
}

TEST(Dialogue, UpdatesForgettingAndFalseClaimsOccur) {
  std::set<std::string> seen;
  int stale_claims = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    Problem p = generate({Family::dialogue, 6, Split::train, 3}, i);
    for (const Turn& turn : p.turns) {
      if (turn.answer == "unknown" || turn.answer == "yes" || turn.answer == "no") seen.insert(turn.answer);
      if (!turn.stale_values.empty()) seen.insert("stale");
      if (turn.distance >= 10) seen.insert("far");
      if (turn.answer == "no" && !turn.stale_values.empty() &&
          turn.user.find(turn.stale_values.back()) != std::string::npos)
        ++stale_claims;
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"far", "no", "stale", "unknown", "yes"}));
  EXPECT_GT(stale_claims, 20);
}

TEST(Dialogue, AStaleValueIsWrong) {
  int checked = 0;
  for_many([&](const Problem& p) {
    for (size_t t = 0; t < p.turns.size(); ++t)
      for (const std::string& stale : p.turns[t].stale_values)
        if (stale != p.turns[t].answer) {
          ASSERT_FALSE(verify(p, stale, t).correct());
          ++checked;
        }
  });
  EXPECT_GT(checked, 500);
}

}  // namespace
}  // namespace retort::problems
