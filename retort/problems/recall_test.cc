// Recall: what is asked stands in the text, once, and the text is as long as the level says.
#include <gtest/gtest.h>

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
      for (uint64_t i = 0; i < 60; ++i) f(generate({Family::recall, level, split, 41}, i));
}

std::vector<std::string> sentences(const std::string& text) {
  std::vector<std::string> out;
  size_t first = 0;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == '.' || text[i] == '?' || text[i] == '\n') {
      out.push_back(text.substr(first, i - first));
      first = i + 1;
    }
  return out;
}

/// Sentences that hold all of the words.
size_t count_with(const std::string& text, const std::vector<std::string>& words) {
  size_t n = 0;
  for (const std::string& s : sentences(text)) {
    bool all = true;
    for (const std::string& word : words) all = all && s.find(word) != std::string::npos;
    n += all ? 1 : 0;
  }
  return n;
}

TEST(Recall, TheFactsStandInTheTextOnceAndLeadToTheAnswer) {
  for_many([](const Problem& p) {
    const Turn& t = p.turns[0];
    for (const Fact& fact : t.facts) {
      auto at = fact.claim.find(" = ");
      ASSERT_EQ(count_with(t.user, {fact.claim.substr(0, at), fact.claim.substr(at + 3)}), 1u) << fact.claim;
    }
    ASSERT_TRUE(t.facts.back().claim.ends_with("= " + t.answer));
    if (p.kind == "hop") {
      // The thing that the first fact ends with begins the second.
      std::string thing = t.facts[0].claim.substr(t.facts[0].claim.find(" = ") + 3);
      ASSERT_TRUE(t.facts[1].claim.starts_with(thing + " =")) << thing << " | " << t.facts[1].claim;
      ASSERT_EQ(t.facts[1].parents, std::vector<int>{0});
    }
  });
}

TEST(Recall, TextsGrowWithTheLevel) {
  const size_t kBytes[] = {200, 400, 800, 1'600, 3'200, 6'400};
  for_many([&](const Problem& p) {
    size_t size = p.turns[0].user.size();
    ASSERT_GE(size, kBytes[p.level - 1]);
    ASSERT_LE(size, kBytes[p.level - 1] + 300);
  });
}

TEST(Recall, AnswersOfTheOthersAreWrong) {
  for_many([](const Problem& p) {
    std::set<std::string> others;
    std::istringstream in(p.turns[0].user);
    std::string word;
    while (in >> word) {
      while (!word.empty() && !std::isalnum(static_cast<unsigned char>(word.back()))) word.pop_back();
      if (!word.empty() && word != p.turns[0].answer) others.insert(word);
    }
    for (const std::string& other : others) ASSERT_FALSE(verify(p, other).correct());
  });
}

}  // namespace
}  // namespace retort::problems
