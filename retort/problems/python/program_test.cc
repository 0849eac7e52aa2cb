// The interpreter: what it gives, what it raises, what it refuses, and that nothing runs away.
// tests/golden/python_subset.py compares it with CPython over many more programs.
#include "retort/problems/python/program.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace retort::problems::python {
namespace {

/// The outcome of f() as one text: the repr, "ValueError: message", or "stopped: why".
std::string run(const std::string& source, const std::string& arguments = "", const Limits& limits = {}) {
  auto program = Program::parse(source, limits);
  if (!program) return "syntax: " + program.error().message();
  Outcome o = program->call("f", arguments);
  if (o.status == OutcomeStatus::value) return o.text;
  if (o.status == OutcomeStatus::raised) return o.exception + (o.text.empty() ? "" : ": " + o.text);
  return "stopped: " + o.text;
}

std::string evaluated(const std::string& expression) {
  return run("def f():\n    return " + expression);
}

struct Pair {
  const char* source;
  const char* result;
};

TEST(PythonProgram, ExpressionsAreWorthWhatPythonSays) {
  constexpr Pair kPairs[] = {
      {"7 // 2, -7 // 2, 7 // -2", "(3, -4, -4)"},
      {"7 % 3, -7 % 3, 7 % -3", "(1, 2, -2)"},
      {"2 ** 10, -2 ** 2, 2 ** -1", "(1024, -4, 0.5)"},
      {"1 / 2, 4 / 2", "(0.5, 2.0)"},
      {"1 < 2 < 3, 1 < 2 > 3", "(True, False)"},
      {"not 1 or 2 and 3", "3"},
      {"'ab' * 2 + 'c'", "'ababc'"},
      {"[1, 2, 3][-1], 'abc'[0], (1,)", "(3, 'a', (1,))"},
      {"[1, 2, 3, 4][1:3], 'abcdef'[::-2], [1, 2][5:]", "([2, 3], 'fdb', [])"},
      {"[x * y for x in range(3) for y in [1, 2] if x]", "[1, 2, 2, 4]"},
      {"{k: v for k, v in zip('ab', [1, 2])}", "{'a': 1, 'b': 2}"},
      {"sum(x for x in range(5)), max([3, 1], key=lambda x: -x), min(2, 1)", "(10, 1, 1)"},
      {"sorted([3, 1, 2], reverse=True), sorted('bca')", "([3, 2, 1], ['a', 'b', 'c'])"},
      {"f'{1 + 1}-{\"a\"!r}-{{}}'", "\"2-'a'-{}\""},
      {"1 if [] else 2", "2"},
      {"isinstance(True, int), isinstance(1, (str, int)), type(1) is int", "(True, True, True)"},
      {"'a,b'.split(','), ' x '.strip(), '-'.join(['a', 'b']), 'abc'.replace('b', '')",
       "(['a', 'b'], 'x', 'a-b', 'ac')"},
      {"3 in [1, 3], 'b' not in 'abc', 5 in range(0, 10, 5)", "(True, False, True)"},
      {"int('-12'), int(3.9), float('1.5'), str(1.0), bool([])", "(-12, 3, 1.5, '1.0', False)"},
      {"{1, 2} & {2, 3}, {1: 2}.get(3, 4), len({1, 1})", "({2}, 4, 1)"},
      {"round(2.5), round(3.5), abs(-3), divmod(7, 2)", "(2, 4, 3, (3, 1))"},
      {"True + True, 1 == 1.0, [1] == [True], 'a' < 'b'", "(2, True, True, True)"},
  };
  for (const Pair& p : kPairs) EXPECT_EQ(evaluated(p.source), p.result) << p.source;
}

TEST(PythonProgram, ExceptionsHavePythonsNames) {
  constexpr Pair kPairs[] = {
      {"1 // 0", "ZeroDivisionError: integer division or modulo by zero"},
      {"[][0]", "IndexError: list index out of range"},
      {"{}['a']", "KeyError: 'a'"},
      {"int('x')", "ValueError: invalid literal for int() with base 10: 'x'"},
      {"1 + 'a'", "TypeError: unsupported operand type(s) for +: 'int' and 'str'"},
      {"max([])", "ValueError: max() arg is an empty sequence"},
      {"unknown", "NameError: name 'unknown' is not defined"},
      {"(1).x", "AttributeError: 'int' object has no attribute 'x'"},
      {"{[]: 1}", "TypeError: unhashable type: 'list'"},
      {"1()", "TypeError: 'int' object is not callable"},
      {"next(iter([]))", "StopIteration"},
      {"(lambda x: x)()", "TypeError: <lambda>() missing 1 required positional argument: 'x'"},
  };
  for (const Pair& p : kPairs) EXPECT_EQ(evaluated(p.source), p.result) << p.source;
}

TEST(PythonProgram, StatementsDoWhatPythonDoes) {
  constexpr Pair kPairs[] = {
      {"def f():\n  n = 0\n  for i in range(10):\n    if i == 3: continue\n    if i == 6: break\n    n += "
       "i\n  else:\n    n = -1\n"
       "  return n",
       "12"},
      {"def f():\n  while False: pass\n  else: return 1", "1"},
      {"def f():\n  try:\n    return 1\n  finally:\n    return 2", "2"},
      {"def f():\n  try:\n    raise KeyError('k')\n  except (ValueError, LookupError) as e:\n    return "
       "str(e)",
       "\"'k'\""},
      {"def f():\n  try:\n    x = 1\n  except ValueError:\n    x = 2\n  else:\n    x = 3\n  return x", "3"},
      {"def f():\n  try:\n    int('x')\n  except ValueError:\n    raise",
       "ValueError: invalid literal for int() with base 10: 'x'"},
      {"def f():\n  try:\n    raise ValueError('a')\n  except TypeError:\n    return 1", "ValueError: a"},
      {"def f():\n  a, (b, c) = 1, (2, 3)\n  a, b = b, a\n  return a, b, c", "(2, 1, 3)"},
      {"def f():\n  x = [1, 2]\n  y = x\n  y += [3]\n  y[0] = 9\n  del x[1]\n  return x", "[9, 3]"},
      {"def g(a, b=2, *,c): pass\ndef f(): return 1", "syntax: line 1: only plain parameters are supported"},
      {"def f():\n  def g(n):\n    return 1 if n < 2 else n * g(n - 1)\n  return g(10)", "3628800"},
      {"def f():\n  x = x + 1",
       "UnboundLocalError: cannot access local variable 'x' where it is not associated with a value"},
      {"x = 5\ndef f(): return x", "5"},
      {"def f(x: int = 3) -> int:\n  y: int = x\n  return y", "3"},
      {"def f():\n  assert 1 == 2, 'no'", "AssertionError: no"},
      {"def f():\n  raise ValueError", "ValueError"},
      {"def f():\n  x = [1, 2, 3]\n  for i in x:\n    if i == 1: x.append(4)\n  return x", "[1, 2, 3, 4]"},
      {"def f():\n  'doc'\n\n  # a comment\n  return (1 +\n    2)", "3"},
      {"def f(): return 1; return 2", "1"},
  };
  for (const Pair& p : kPairs) EXPECT_EQ(run(p.source), p.result) << p.source;
}

TEST(PythonProgram, WhatIsNotInTheSubsetIsSaid) {
  constexpr Pair kPairs[] = {
      {"import os", "syntax: line 1: 'import' is not supported"},
      {"from os import path", "syntax: line 1: 'from' is not supported"},
      {"class A: pass", "syntax: line 1: 'class' is not supported"},
      {"def f():\n  global x", "syntax: line 2: 'global' is not supported"},
      {"def f():\n  yield 1", "syntax: line 2: 'yield' is not supported"},
      {"@x\ndef f(): pass", "syntax: line 1: decorators are not supported"},
      {"def f():\n  return g(*x)", "syntax: line 2: starred arguments are not supported"},
      {"def f():\nreturn 1", "syntax: line 2: an indented block is expected"},
      {"def f():\n    return 1\n  return 2", "syntax: line 3: the indentation fits no line above"},
      {"def f(: pass", "syntax: line 1: a bracket is not closed"},
      {"return 1", "syntax: line 1: 'return' outside a function"},
      {"break", "syntax: line 1: 'break' outside a loop"},
      {"f() = 1", "syntax: line 1: this cannot be assigned to"},
      {"x = 'a", "syntax: line 1: a string is not closed"},
      {"x = 99999999999999999999", "syntax: line 1: a number beyond 64 bits"},
      {"def f(): return '\xc3\xa9'", "stopped: text beyond ASCII is not supported"},
      {"def f():\n  '\xc3\xa9'\n  # \xc3\xa9\n  return 1", "1"},
  };
  for (const Pair& p : kPairs) EXPECT_EQ(run(p.source), p.result) << p.source;
}

TEST(PythonProgram, NothingOutsideCanBeNamed) {
  for (const char* name :
       {"open", "eval", "exec", "compile", "__import__", "globals", "locals", "vars", "getattr", "setattr",
        "input", "exit", "quit", "object", "super", "memoryview", "__builtins__"})
    EXPECT_EQ(evaluated(name), std::string("stopped: '") + name + "' is not supported");
  for (const char* attribute :
       {"__class__", "__dict__", "__globals__", "__code__", "format", "__subclasses__"})
    for (const char* object : {"''", "f", "(1)", "ValueError", "len"})
      EXPECT_EQ(evaluated(fmt::format("({}).{}", object, attribute)),
                fmt::format("stopped: the attribute '{}' is not supported", attribute));
}

TEST(PythonProgram, WhatPythonLeavesOpenIsStopped) {
  EXPECT_TRUE(evaluated("1000 is 1000").starts_with("stopped"));
  EXPECT_TRUE(evaluated("{1, 2}.pop()").starts_with("stopped"));
  EXPECT_EQ(evaluated("None is None, [] is [], int is int, True is 1"), "(True, False, True, False)");
}

TEST(PythonProgram, AnyAllAndNextLookNoFurtherThanTheyMust) {
  EXPECT_EQ(evaluated("any(1 // x > 0 for x in [1, 0])"), "True");
  EXPECT_EQ(evaluated("all(1 // x > 0 for x in [1, 2, 0])"), "False");
  EXPECT_EQ(evaluated("next(1 // x for x in [1, 0])"), "1");
  EXPECT_EQ(evaluated("next(x for x in [])"), "StopIteration");
  EXPECT_EQ(evaluated("any(x for x in []), all(x for x in [])"), "(False, True)");
}

TEST(PythonProgram, LoopsAndMemoryAreBounded) {
  EXPECT_EQ(run("def f():\n  while True: pass"), "stopped: more than 100000 steps");
  EXPECT_EQ(run("def f():\n  x = [1]\n  while True: x = x + x"), "stopped: more than 4194304 bytes");
  EXPECT_EQ(run("def f():\n  return 'a' * 10 ** 15"), "stopped: more than 4194304 bytes");
  EXPECT_EQ(run("def f():\n  return [0] * 10 ** 15"), "stopped: more than 4194304 bytes");
  EXPECT_EQ(run("def f():\n  return list(range(10 ** 15))"), "stopped: more than 100000 steps");
  EXPECT_EQ(run("def f():\n  return 2 ** 64"), "stopped: an integer beyond 64 bits");
  EXPECT_EQ(run("def f():\n  return 9223372036854775807 + 1"), "stopped: an integer beyond 64 bits");
  EXPECT_EQ(run("def f():\n  return -(-9223372036854775807 - 1)"), "stopped: an integer beyond 64 bits");
  EXPECT_EQ(run("def f():\n  x = 0\n  for i in range(10 ** 15):\n    x += 1\n    if x == 5: return i"), "4");
}

TEST(PythonProgram, NoExceptCatchesALimit) {
  EXPECT_EQ(run("def f():\n  try:\n    while True: pass\n  except:\n    return 1\n  finally:\n    return 2"),
            "stopped: more than 100000 steps");
}

TEST(PythonProgram, RecursionEndsInPythonsOwnError) {
  EXPECT_EQ(run("def f(): return f()"), "RecursionError: maximum recursion depth exceeded");
  EXPECT_EQ(run("def f():\n  x = []\n  x.append(x)\n  return x == [x]"),
            "RecursionError: maximum recursion depth exceeded in comparison");
  EXPECT_EQ(run("def f():\n  x = []\n  x.append(x)\n  return str(x)"),
            "RecursionError: maximum recursion depth exceeded while getting the repr of an object");
  EXPECT_EQ(run("def f(n=100):\n  return 0 if n == 0 else 1 + f(n - 1)"), "100");
}

TEST(PythonProgram, DeepSourceIsRefused) {
  std::string brackets(10'000, '('), minus(10'000, '-'), nots, chain = "1", blocks,
                                                               elifs = "def f():\n  if 0: pass\n";
  for (int i = 0; i < 3'000; ++i) nots += "not ";
  for (int i = 0; i < 5'000; ++i) chain += "+1";
  for (int i = 0; i < 300; ++i) blocks += std::string(static_cast<size_t>(i), ' ') + "if 1:\n";
  for (int i = 0; i < 900; ++i) elifs += "  elif 0: pass\n";
  for (const std::string& source : {brackets, minus, nots + "1", chain, blocks, elifs})
    EXPECT_TRUE(run(source).starts_with("syntax: ")) << run(source);
  EXPECT_EQ(run(std::string(20'000, '#')), "syntax: a program of 20000 bytes; at most 16384 are read");
}

TEST(PythonProgram, EachCallStartsAnew) {
  auto program =
      Program::parse("x = []\ndef f(a=[]):\n  x.append(1)\n  a.append(1)\n  return len(x) + len(a)");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->call("f", "").text, "2");
  EXPECT_EQ(program->call("f", "").text, "2");
}

TEST(PythonProgram, GivesDemandsTypeAndValueAllTheWayDown) {
  auto program = Program::parse("def f(x): return x");
  ASSERT_TRUE(program);
  Outcome o;
  EXPECT_TRUE(program->gives("f", "[1, (2, 'a')]", "[1, (2, 'a')]", o));
  EXPECT_TRUE(program->gives("f", "{'a': 1, 'b': 2}", "{'b': 2, 'a': 1}", o));
  EXPECT_FALSE(program->gives("f", "1", "True", o));
  EXPECT_FALSE(program->gives("f", "1.0", "1", o));
  EXPECT_FALSE(program->gives("f", "[True]", "[1]", o));
  EXPECT_FALSE(program->gives("f", "(1,)", "[1]", o));
  EXPECT_FALSE(program->gives("f", "", "None", o));
  EXPECT_EQ(o.exception, "TypeError");
}

TEST(PythonProgram, DocstringsAreRead) {
  auto program = Program::parse("def f():\n  '''One\n  two.'''\ndef g(): pass");
  ASSERT_TRUE(program);
  EXPECT_EQ(program->docstring("f"), "One\n  two.");
  EXPECT_EQ(program->docstring("g"), "");
  EXPECT_TRUE(program->defines("g"));
  EXPECT_FALSE(program->defines("h"));
}

TEST(PythonProgram, SubclassesOfExceptions) {
  EXPECT_TRUE(is_subclass("KeyError", "LookupError"));
  EXPECT_TRUE(is_subclass("ValueError", "ValueError"));
  EXPECT_FALSE(is_subclass("LookupError", "KeyError"));
  EXPECT_FALSE(is_subclass("ValueError", "TypeError"));
  EXPECT_FALSE(is_subclass("Unheard", "Exception"));
}

}  // namespace
}  // namespace retort::problems::python
