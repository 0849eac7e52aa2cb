#include "retort/eval/code/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace retort::eval {
namespace {

std::string python(std::string_view content) {
  Result<std::string> found = extract_program(content, Language::python);
  return found ? *found : "error: " + found.error().message();
}

TEST(ExtractProgram, TakesTheLastBlockOfTheLanguage) {
  EXPECT_EQ(
      python("First:\n```python\na = 1\n```\nBetter:\n```py\na = 2\n```\nRun it:\n```sh\npython a.py\n```\n"),
      "a = 2\n");
  EXPECT_EQ(*extract_program("```cpp\nint a;\n```\n```C++\nint b;\n```", Language::cpp), "int b;\n");
}

TEST(ExtractProgram, TakesAnOnlyBlockWhateverItIsMarked) {
  EXPECT_EQ(python("Here:\n\n```\na = 1\n```\nDone."), "a = 1\n");
  EXPECT_EQ(python("```text\na = 1\n```"), "a = 1\n");
}

TEST(ExtractProgram, TakesBareCode) {
  EXPECT_EQ(python("def f(n):\n    return n"), "def f(n):\n    return n");
}

TEST(ExtractProgram, ABlockThatDoesNotEndGoesToTheEnd) {
  EXPECT_EQ(python("```python\na = 1\nb = 2"), "a = 1\nb = 2\n");
}

TEST(ExtractProgram, AFenceOfAnotherKindOrLengthIsText) {
  EXPECT_EQ(python("````python\ns = '''\n```\n'''\n````"), "s = '''\n```\n'''\n");
  EXPECT_EQ(python("~~~python\n# ```\na = 1\n~~~"), "# ```\na = 1\n");
}

TEST(ExtractProgram, ABlockInAListLosesItsIndent) {
  EXPECT_EQ(python("1. So:\n   ```python\n   def f():\n       return 1\n   ```"), "def f():\n    return 1\n");
}

TEST(ExtractProgram, SaysWhyThereIsNone) {
  EXPECT_EQ(python("  \n\n"), "error: no program in the answer");
  EXPECT_EQ(python("```python\n\n```"), "error: no program in the answer");
  EXPECT_EQ(python("```\na\n```\n```\nb\n```"), "error: 2 fenced blocks, none marked python");
  EXPECT_THAT(python(std::string(1 << 20, 'a')), ::testing::HasSubstr("a program of 1048576 bytes"));
}

}  // namespace
}  // namespace retort::eval
