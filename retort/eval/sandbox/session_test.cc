#include "retort/eval/sandbox/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "retort/eval/sandbox/call_result.h"
#include "retort/eval/sandbox/sandbox_for_tests.h"

namespace retort::eval {
namespace {

using ::testing::HasSubstr;

class SandboxSessionTest : public SandboxFixture {
 protected:
  SandboxSession python(std::string source, SandboxLimits limits = {.cpu_seconds = 5, .wall_seconds = 60}) {
    return {sandbox(), {.source = std::move(source), .limits = limits}};
  }
};

TEST_F(SandboxSessionTest, FunctionsAreCalledInOneProcess) {
  SandboxSession session = python("n = 0\ndef count(k, by=1):\n  global n\n  n += k * by\n  return n");
  EXPECT_EQ(session.call("count", {2}).value, 2);
  EXPECT_EQ(session.call("count", {3}, {{"by", 10}}).value, 32);
  EXPECT_EQ(session.starts(), 1);
}

TEST_F(SandboxSessionTest, ValuesBeyondJsonGoBothWays) {
  SandboxSession session = python("def same(x): return x");
  for (const char* text : {R"({"$int":"36893488147419103232"})", R"({"$float":"nan"})",
                           R"({"$tuple":[1,[2]]})", R"({"$set":[1,2,3]})", R"({"$bytes":"AAE="})",
                           R"({"$dict":[[1,"a"],[2,null]]})", R"({"a":[true,null,1.5,"é"]})"}) {
    Json value = Json::parse(text);
    CallResult result = session.call("same", Json::array({value}));
    EXPECT_EQ(result.value, value) << result.message;
  }
}

TEST_F(SandboxSessionTest, PythonsOtherDictsAreDicts) {
  SandboxSession session = python(
      "import collections\n"
      "def count(text): return collections.Counter(text)\n"
      "def group():\n  groups = collections.defaultdict(list)\n  groups[1].append(2)\n  return groups\n"
      "class Own(dict): pass\n"
      "def own(): return Own(a=1)\n");
  EXPECT_EQ(session.call("count", {"aab"}).value, Json::parse(R"({"a":2,"b":1})"));
  EXPECT_EQ(session.call("group", Json::array()).value, Json::parse(R"({"$dict":[[1,[2]]]})"));
  EXPECT_EQ(session.call("own", Json::array()).outcome, CallOutcome::exception);
}

TEST_F(SandboxSessionTest, AMeteredCallOfKeptArgumentsCostsWhatItDoes) {
  SandboxSession session = python(
      "import time\ndef work(seconds):\n  end = time.process_time() + seconds\n"
      "  while time.process_time() < end: pass\n  return seconds\n");
  EXPECT_EQ(session.keep(Json::array({0.2})).outcome, CallOutcome::value);
  const CallResult result = session.call({.function = "work", .kept = true, .meter = true});
  EXPECT_EQ(result.value, 0.2) << result.message;
  EXPECT_GT(result.cpu_nanoseconds, 195'000'000);
  EXPECT_LT(result.cpu_nanoseconds, 300'000'000);
  const CallResult nothing = session.call({.function = "", .meter = true});
  EXPECT_GT(nothing.cpu_nanoseconds, 0);
  EXPECT_LT(nothing.cpu_nanoseconds, 50'000'000);
  // They are kept for one call.
  EXPECT_EQ(session.call({.function = "work", .kept = true}).exception, "IndexError");
}

TEST_F(SandboxSessionTest, AnExceptionHasItsClassBasesAndMessage) {
  SandboxSession session = python("def f(): return {}['missing']\ndef quit():\n  import sys; sys.exit(0)");
  CallResult result = session.call("f", Json::array());
  EXPECT_EQ(result.outcome, CallOutcome::exception);
  EXPECT_EQ(result.exception, "KeyError");
  EXPECT_THAT(result.bases, ::testing::ElementsAre("LookupError", "Exception", "BaseException"));
  EXPECT_EQ(result.message, "'missing'");
  EXPECT_EQ(session.call("quit", Json::array()).exception, "SystemExit");
  EXPECT_EQ(session.call("none", Json::array()).exception, "AttributeError");
  EXPECT_EQ(session.starts(), 1);
}

TEST_F(SandboxSessionTest, ArgumentsAfterTheCallAreReportedWhereAsked) {
  const char* source = "def f(xs, key):\n  xs.append(3)\n  raise ValueError('late')";
  SandboxSession session(sandbox(), {.source = source, .report_args = true});
  const Json args = Json::parse(R"([[1, 2], {"$raises": "KeyError"}])");
  EXPECT_EQ(session.call("f", args).args_after, Json::parse(R"([[1, 2, 3], {"$raises": "KeyError"}])"));
  EXPECT_TRUE(python(source).call("f", args).args_after.is_null());
}

TEST_F(SandboxSessionTest, AnArgumentRaisesWhenItIsUsed) {
  SandboxSession session = python("def f(key): return key(1)\ndef g(xs): return [x for x in xs]");
  for (const char* function : {"f", "g"})
    for (const char* kind : {"KeyError", "SensorFault"})
      EXPECT_EQ(session.call(function, Json::array({Json{{"$raises", kind}}})).exception, kind) << function;
}

TEST_F(SandboxSessionTest, AFileThatCannotBeLoadedSaysWhy) {
  SandboxSession broken = python("def f(:");
  CallResult result = broken.call("f", Json::array());
  EXPECT_EQ(result.outcome, CallOutcome::load_failed);
  EXPECT_EQ(result.exception, "SyntaxError");
  SandboxSession leaving = python("import os; os._exit(0)");
  EXPECT_EQ(leaving.call("f", Json::array()).outcome, CallOutcome::load_failed);
}

TEST_F(SandboxSessionTest, AHangOrACrashLosesItsOwnCallOnly) {
  SandboxSession session = python(
      "import os, time\n"
      "def spin():\n  while True: pass\n"
      "def crash(): os.kill(os.getpid(), 11)\n"
      "def leave(): os._exit(0)\n"
      "def eat(): return len(bytearray(1 << 33))\n"
      "def fine(): return 'fine'\n",
      {.cpu_seconds = 0.5, .wall_seconds = 60});
  const struct {
    const char* function;
    CallOutcome outcome;
  } rows[] = {{"spin", CallOutcome::time_limit},
              {"crash", CallOutcome::crashed},
              {"leave", CallOutcome::crashed},
              {"eat", CallOutcome::exception}};
  for (const auto& row : rows) {
    CallResult lost = session.call(row.function, Json::array());
    EXPECT_EQ(lost.outcome, row.outcome) << row.function << ": " << lost.message;
    EXPECT_EQ(session.call("fine", Json::array()).value, "fine") << row.function;
  }
  EXPECT_EQ(session.starts(), 4);
}

TEST_F(SandboxSessionTest, TimeIsCountedAnewForEachCall) {
  SandboxSession session = python(
      "import time\ndef work():\n  end = time.process_time() + 0.3\n  while time.process_time() < end: "
      "pass\n",
      {.cpu_seconds = 0.8, .wall_seconds = 60});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(session.call("work", Json::array()).outcome, CallOutcome::value) << i;
  EXPECT_EQ(session.starts(), 1);
}

TEST_F(SandboxSessionTest, PrintsAreNoAnswers) {
  SandboxSession session = python("def f():\n  print('{\"id\":1,\"value\":42}')\n  return 1");
  CallResult result = session.call("f", Json::array());
  EXPECT_EQ(result.value, 1);
  EXPECT_THAT(result.printed, HasSubstr("42"));
}

// Each takes over the driver's channel, which nothing in the same process can prevent. None gains more than
// the value it could have returned.
TEST_F(SandboxSessionTest, AForgedFrameIsAtMostAWrongValue) {
  const std::string forge =
      "import os\n"
      "def raw(data):\n"
      "  for fd in range(3, 16):\n"
      "    try: os.write(fd, data)\n"
      "    except OSError: pass\n"
      "  os._exit(0)\n"
      "def frame(text): raw(len(text).to_bytes(4, 'little') + text)\n"
      "def f(): ";
  const char* forgeries[] = {R"(raw(b'\xff\xff\xff\xff' + b'x' * 1000))",  // 4 GB, it says
                             R"(frame(b'nope'))",                          // not JSON
                             R"(frame(b'[' * 200001))",                    // too deep
                             R"(frame(b'{}'))",                            // no answer
                             R"(frame(b'{"id":2,"value":"a"}'))",          // another call's
                             R"(frame(b'{"id":1,"verdict":"right"}'))",    // a verdict
                             R"(frame(b'{"id":1,"value":1e99999}'))",      // no number
                             R"(frame(b'{"id":1,"id":1,"value":"a"}'))",   // twice
                             R"(frame(b'{"id":1,"value":"\xff\xfe"}'))"};  // not UTF-8
  for (const char* forgery : forgeries) {
    SandboxSession session = python(forge + forgery);
    CallResult result = session.call("f", Json::array());
    EXPECT_EQ(result.outcome, CallOutcome::bad_reply)
        << forgery << ": " << name(result.outcome) << result.message;
  }
  SandboxSession session = python(forge + R"(frame(b'{"id":1,"value":42}'))");
  EXPECT_EQ(session.call("f", Json::array()).value, 42);
}

TEST_F(SandboxSessionTest, AnswersSentInAdvanceAreThrownAway) {
  // In one write: else the process may be stopped between the two.
  SandboxSession session = python(
      "import os\n"
      "def f():\n"
      "  texts = b'{\"id\":1,\"value\":40}', b'{\"id\":2,\"value\":41}'\n"
      "  os.write(4, b''.join(len(text).to_bytes(4, 'little') + text for text in texts))\n"
      "  return 'own'\n"
      "def g(): return 42\n");
  EXPECT_EQ(session.call("f", Json::array()).value, 40);
  EXPECT_EQ(session.call("g", Json::array()).value, 42);
  EXPECT_EQ(session.starts(), 2);
}

TEST_F(SandboxSessionTest, NothingRunsBetweenCalls) {
  SandboxSession session = python(
      "import os, threading, time\n"
      "ticks = 0\n"
      "def tick():\n"
      "  global ticks\n"
      "  while True:\n    ticks += 1\n    time.sleep(0.005)\n"
      "def start(): threading.Thread(target=tick, daemon=True).start()\n"
      "def count(): return ticks\n");
  session.call("start", Json::array());
  int before = session.call("count", Json::array()).value.get<int>();
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  int after = session.call("count", Json::array()).value.get<int>();
  EXPECT_LT(after - before, 30);  // 100 if it ran on
  EXPECT_EQ(session.starts(), 1);
}

TEST_F(SandboxSessionTest, EqualityOverriddenInsideMeansNothingOutside) {
  SandboxSession session =
      python("class Right(int):\n  def __eq__(self, other): return True\ndef f(): return Right(1)");
  CallResult result = session.call("f", Json::array());
  EXPECT_EQ(result.outcome, CallOutcome::exception);  // not a value at all
  EXPECT_THAT(result.message, HasSubstr("Right"));
}

TEST_F(SandboxSessionTest, FloodsOfOutputLoseTheCall) {
  SandboxSession session = python("def f():\n  while True: print('x' * 10000)\ndef g(): return 1");
  EXPECT_EQ(session.call("f", Json::array()).outcome, CallOutcome::other_limit);
  EXPECT_EQ(session.call("g", Json::array()).value, 1);
}

TEST_F(SandboxSessionTest, JavaScriptIsCalledTheSameWay) {
  if (!has_program("node")) GTEST_SKIP() << "node is not here";
  SandboxSession session(sandbox(),
                         {.language = Language::javascript,
                          .source = "function add(a, b) { console.log('adding'); return a + b; }\n"
                                    "const later = async (x) => x * 2;\n"
                                    "function bad() { throw new RangeError('too far'); }\n"
                                    "function use(f) { return f(); }\n"
                                    "function stuck() { return new Promise(() => {}); }\n"
                                    "module.exports = { shown: { inner: () => [1n, NaN, new Set([1])] } };",
                          .limits = {.cpu_seconds = 20, .wall_seconds = 120}});
  CallResult sum = session.call("add", {2, 3});
  EXPECT_EQ(sum.value, 5) << name(sum.outcome) << ' ' << sum.message << ' ' << sum.printed;
  EXPECT_EQ(sum.printed, "adding\n");
  EXPECT_EQ(session.call("later", {4}).value, 8);
  EXPECT_EQ(session.call("bad", Json::array()).exception, "RangeError");
  EXPECT_EQ(session.call("shown.inner", Json::array()).value,
            Json::parse(R"([{"$int":"1"},{"$float":"NaN"},{"$set":[1]}])"));
  EXPECT_EQ(session.call("use", Json::array({Json{{"$raises", "SensorFault"}}})).exception, "SensorFault");
  EXPECT_EQ(session.call("stuck", Json::array()).outcome, CallOutcome::crashed);
  EXPECT_EQ(session.call("add", {1, 1}).value, 2);
}

}  // namespace
}  // namespace retort::eval
