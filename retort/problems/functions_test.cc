// Generated functions: the interpreter and the steps' own arithmetic agree (the gold answers verify), and
// programs with one fault each do not pass.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "retort/problems/generate.h"
#include "retort/problems/python/program.h"
#include "retort/problems/verify.h"

namespace retort::problems {
namespace {

template <typename F>
void for_many(F f) {
  for (int level = 1; level <= 6; ++level)
    for (Split split : {Split::train, Split::test})
      for (uint64_t i = 0; i < 100; ++i) f(generate({Family::functions, level, split, 51}, i));
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  if (size_t at = text.find(from); at != text.npos) text.replace(at, from.size(), to);
  return text;
}

/// Lines from the first that holds `mark`, `count` of them, taken out.
std::string without_lines(const std::string& text, const std::string& mark, size_t count) {
  size_t at = text.find(mark);
  size_t first = text.rfind('\n', at) + 1, last = first;
  for (size_t i = 0; i < count; ++i) last = text.find('\n', last) + 1;
  return text.substr(0, first) + text.substr(last);
}

TEST(Functions, EveryGuardIsTested) {
  for_many([](const Problem& p) {
    size_t raises = 0, values = 0;
    for (const FunctionTest& test : p.function->tests) (test.raises.empty() ? values : raises) += 1;
    ASSERT_GE(values, 2u) << p.canonical;
    ASSERT_EQ(raises > 0, p.turns[0].answer.find("raise ") != std::string::npos) << p.canonical;
  });
}

TEST(Functions, WithoutDocstringOrUnderAnotherNameIsWrong) {
  for_many([](const Problem& p) {
    const std::string& gold = p.turns[0].answer;
    ASSERT_EQ(verify(p, without_lines(gold, "\"\"\"", 1)).status, VerdictStatus::wrong) << gold;
    ASSERT_EQ(verify(p, replaced(gold, "def ", "def other_")).status, VerdictStatus::wrong);
  });
}

TEST(Functions, AMissingGuardIsWrong) {
  int checked = 0;
  for_many([&](const Problem& p) {
    const std::string& gold = p.turns[0].answer;
    if (gold.find("raise ") == std::string::npos) return;
    // A guard may be implied by the steps (abs('a') raises TypeError by itself); that is right then.
    std::string text = gold;
    while (text.find("        raise ") != text.npos) {
      size_t at = text.find("        raise ");
      size_t line = text.rfind('\n', at - 2) + 1;
      text.erase(line, text.find('\n', at) + 1 - line);
    }
    if (p.canonical.find(":ValueError") == std::string::npos) return;
    ASSERT_EQ(verify(p, text).status, VerdictStatus::wrong) << text;
    ++checked;
  });
  EXPECT_GT(checked, 300);
}

TEST(Functions, AnotherExceptionThanTheOneNamedIsWrong) {
  int checked = 0;
  for_many([&](const Problem& p) {
    const std::string& gold = p.turns[0].answer;
    for (const std::string name : {"ValueError", "TypeError", "IndexError"}) {
      if (gold.find("raise " + name) == std::string::npos) continue;
      ASSERT_EQ(verify(p, replaced(gold, "raise " + name, "raise RuntimeError")).status,
                VerdictStatus::wrong);
      ++checked;
    }
  });
  EXPECT_GT(checked, 500);
}

TEST(Functions, SwallowingEverythingOrAlwaysRaisingIsWrong) {
  for_many([](const Problem& p) {
    const std::string head = "def " + p.function->name + "(x=None):\n    \"\"\"Doc.\"\"\"\n";
    for (const std::string body :
         {"    raise ValueError('x')", "    raise TypeError('x')", "    return x", "    return 0",
          "    try:\n        return int(x)\n    except:\n        pass", "    pass"})
      ASSERT_NE(verify(p, head + body).status, VerdictStatus::correct) << p.canonical << body;
  });
}

TEST(Functions, OneStepLessIsWrongAlmostAlways) {
  int wrong = 0, all = 0;
  for_many([&](const Problem& p) {
    // The last step is what is returned: return what it was made from instead.
    const std::string& gold = p.turns[0].answer;
    size_t at = gold.rfind("    return ");
    for (const std::string name : {"n", "xs", "s"}) {
      bool has =
          gold.find(name + " = ", 0) != std::string::npos || gold.find("(" + name + ")") != std::string::npos;
      if (!has) continue;
      ++all;
      wrong += verify(p, gold.substr(0, at) + "    return " + name).correct() ? 0 : 1;
    }
  });
  EXPECT_GT(all, 1'000);
  EXPECT_GE(wrong, all * 99 / 100);
}

TEST(Functions, AConstantOffByOneIsWrongAlmostAlways) {
  std::map<std::string, int> missed;
  int wrong = 0, all = 0;
  for_many([&](const Problem& p) {
    const std::string& gold = p.turns[0].answer;
    size_t at = gold.find_last_of("0123456789");
    size_t from = gold.rfind('\n', at);
    // Only numbers of the steps: "+ 3", "// 2", "[:3]".
    if (at == gold.npos || gold.find("return", from) == gold.npos || gold.compare(at - 1, 1, "=") == 0)
      return;
    std::string changed = gold;
    changed[at] = changed[at] == '9' ? '8' : static_cast<char>(changed[at] + 1);
    ++all;
    if (verify(p, changed).correct())
      ++missed[p.canonical.substr(p.canonical.rfind('|'))];
    else
      ++wrong;
  });
  EXPECT_GT(all, 200);
  EXPECT_GE(wrong, all * 90 / 100);
}

TEST(Functions, AFencedBlockIsTheSameProgramAndTextAroundItIsNot) {
  Problem p = generate({Family::functions, 4, Split::train, 2}, 0);
  const std::string& gold = p.turns[0].answer;
  EXPECT_TRUE(verify(p, "```python\n" + gold + "\n```").correct());
  EXPECT_TRUE(verify(p, "```\n" + gold + "\n```\n").correct());
  EXPECT_EQ(verify(p, "Here it is:\n```python\n" + gold + "\n```").status, VerdictStatus::malformed);
  EXPECT_EQ(verify(p, "```\n```").status, VerdictStatus::wrong);
  EXPECT_EQ(verify(p, "```").status, VerdictStatus::malformed);
}

TEST(Functions, HostileProgramsEndSoon) {
  Problem p = generate({Family::functions, 1, Split::train, 2}, 0);
  const std::string head = "def " + p.function->name + "(n):\n    \"\"\"Doc.\"\"\"\n";
  const std::string self = p.function->name + "(n)";
  const std::vector<std::string> bodies = {
      "    while True: pass",
      "    return [0] * 10 ** 12",
      "    x = 'a'\n    while True: x += x",
      "    return " + self,
      "    x = []\n    x.append(x)\n    return x",
      "    x = []\n    for i in range(60): x = [x, x]\n    return x",
      "    return range(10 ** 15)",
      "    return 9 ** 9 ** 9",
      "    while True:\n        try:\n            return " + self + "\n        except:\n            pass",
      "    import os\n    return os",
      "    return open('/etc/passwd')",
      "    return n.__class__.__bases__"};
  for (const std::string& body : bodies) EXPECT_FALSE(verify(p, head + body).correct()) << body;
}

}  // namespace
}  // namespace retort::problems
