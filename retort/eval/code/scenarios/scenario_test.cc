#include "retort/eval/code/scenarios/scenario.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "retort/eval/sandbox/sandbox_for_tests.h"

namespace retort::eval {
namespace {

using ::testing::HasSubstr;

const ScenarioRow& scenario(std::string_view id) {
  for (const ScenarioRow& row : scenarios())
    if (row.id == id) return row;
  ADD_FAILURE() << "no scenario " << id;
  return scenarios()[0];
}

std::string reference(std::string_view id) {
  std::ifstream file(std::string(RETORT_SOURCE_DIR "/suites/code/scenarios/") + std::string(id) + ".py");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(text.empty()) << id;
  return text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return at == text.npos ? text : text.replace(at, from.size(), to);
}

class ScenarioTest : public SandboxFixture {
 protected:
  ScenarioResult run(std::string_view id, const std::string& source, uint64_t seed = 1) {
    return scenario(id).run(sandbox(), source, seed);
  }
  ScenarioResult planted(std::string_view id, const std::string& from, const std::string& to) {
    return run(id, replaced(reference(id), from, to));
  }
};

TEST_F(ScenarioTest, EveryReferenceMeetsAllChecks) {
  for (const ScenarioRow& row : scenarios()) {
    const ScenarioResult got = run(row.id, reference(row.id), 7);
    EXPECT_TRUE(got.solved()) << row.id << ": " << got.first_miss;
    EXPECT_GT(got.checks.all, 20) << row.id;
    EXPECT_GT(got.faults.all, 10) << row.id;
  }
}

TEST_F(ScenarioTest, EveryPromptNamesWhatIsCalled) {
  for (const ScenarioRow& row : scenarios()) {
    EXPECT_THAT(std::string(row.prompt()), HasSubstr("Python 3")) << row.id;
    EXPECT_THAT(std::string(row.prompt()), HasSubstr("one fenced block")) << row.id;
  }
}

TEST_F(ScenarioTest, AStaleStructureFailsItsChecks) {
  const struct {
    const char *id, *from, *to;
  } rows[] = {
      {"lru_cache", "        value = self._entries[key]\n        self._entries.move_to_end(key)\n",
       "        value = self._entries[key]\n"},
      {"ranked_map", "        del self._keys[bisect_left(self._keys, key)]\n", ""},
      {"undo_union_find", "        self._sizes[root] -= self._sizes[child]\n", ""},
      {"keyed_queue", "!= self._heap[0][0]", "is None"},
      {"ring_buffer", "self._slots[self._slot(self._size)] = item", "self._slots[self._size % 1] = item"},
      {"interval_set", "b < low or a > high]\n        touching", "b <= low or a >= high]\n        touching"},
  };
  for (const auto& row : rows) {
    const ScenarioResult got = planted(row.id, row.from, row.to);
    EXPECT_LT(got.checks.share(), 0.9) << row.id;
    EXPECT_THAT(got.first_miss, HasSubstr("was expected")) << row.id;
  }
}

TEST_F(ScenarioTest, SwallowingCostsFaultsOnlyAndCrashingCostsAll) {
  const ScenarioResult swallowing =
      planted("lru_cache", "        return self._entries[key]\n", "        return self._entries.get(key)\n");
  EXPECT_EQ(swallowing.checks.share(), 1);
  EXPECT_LT(swallowing.faults.share(), 1);
  EXPECT_GT(swallowing.faults.share(), 0.2);
  EXPECT_THAT(swallowing.first_miss, HasSubstr("gave null, KeyError was expected"));
  EXPECT_FALSE(swallowing.solved());
  for (const char* source : {"", "def f(:", "import os; os._exit(0)", "while True: pass",
                             "class LruCache:\n  def __init__(self, c): pass\n"}) {
    const ScenarioResult got = run("lru_cache", source);
    EXPECT_EQ(got.checks.share() < 0.05, true) << source;
    EXPECT_EQ(got.faults.met, 0) << source;
    EXPECT_FALSE(got.first_miss.empty());
  }
}

TEST_F(ScenarioTest, AServerWithoutALockLosesUpdates) {
  // What another thread does between reading and writing, made sure to happen.
  const ScenarioResult hits =
      planted("notes", "            note[\"hits\"] += 1\n",
              "            seen = note[\"hits\"]\n            self._lock.release()\n            import time; "
              "time.sleep(0.05)\n            self._lock.acquire()\n            note[\"hits\"] = seen + 1\n");
  EXPECT_EQ(hits.faults.share(), 1) << hits.first_miss;
  EXPECT_EQ(hits.checks.all - hits.checks.met, 2);
  EXPECT_THAT(hits.first_miss, HasSubstr("hits at once"));
  const ScenarioResult money =
      planted("ledger", "            self._balances[source] -= amount\n",
              "            self._lock.release()\n            import time; time.sleep(0.05)\n"
              "            self._lock.acquire()\n            self._balances[source] -= amount\n");
  EXPECT_EQ(money.faults.share(), 1) << money.first_miss;
  EXPECT_LT(money.checks.share(), 1);
  EXPECT_THAT(money.first_miss, HasSubstr("at once"));
}

TEST_F(ScenarioTest, PlantedServersStandInTheirOrder) {
  const struct {
    const char *from, *to, *miss;
  } rows[] = {
      {"409, \"the title is taken\"", "400, \"the title is taken\"", "expected 409"},
      {"version=note[\"version\"] + 1", "version=note[\"version\"]", "change a note"},
      {"\"total\": len(notes)}", "\"total\": len(notes[offset:offset + limit])}", "page"},
      {"sys.exit(0)", "None", "SIGTERM"},
      {"{\"error\": refusal.text}", "{\"message\": refusal.text}", "and an error"},
  };
  for (const auto& row : rows) {
    const ScenarioResult got = planted("notes", row.from, row.to);
    EXPECT_FALSE(got.solved()) << row.from;
    EXPECT_GT(got.checks.share(), 0.8) << row.from << got.first_miss;
    EXPECT_THAT(got.first_miss, HasSubstr(row.miss)) << row.from;
  }
  // A server that says yes to everything meets no fault, one that says no to everything meets few checks.
  const ScenarioResult yes =
      planted("notes", "            self._serve()\n", "            self._answer(200, {})\n");
  const ScenarioResult no =
      planted("notes", "            self._serve()\n", "            raise Refusal(404, \"no\")\n");
  EXPECT_EQ(yes.faults.met, 0);
  EXPECT_LT(yes.checks.share(), 0.2);
  EXPECT_LT(no.checks.share(), 0.1);
  EXPECT_LT(no.faults.share(), 0.4);
}

TEST_F(ScenarioTest, AServerThatNeverListensFailsEveryCheck) {
  for (const char* source : {"", "import time\ntime.sleep(100)\n", "def f(:"}) {
    const ScenarioResult got = run("ledger", source);
    EXPECT_EQ(got.checks.met + got.faults.met, 0) << source;
    EXPECT_GT(got.checks.all, 30) << source;
    EXPECT_EQ(got.first_miss, "start: the server does not listen on its port");
  }
}

TEST_F(ScenarioTest, AServerThatKillsTheClientGainsNothing) {
  const ScenarioResult got =
      planted("notes", "def main():\n", "def main():\n    import os; os.kill(os.getppid(), 9)\n");
  EXPECT_EQ(got.checks.met + got.faults.met, 0);
}

TEST_F(ScenarioTest, AnotherSeedGivesOtherOperations) {
  const std::string stale = replaced(reference("keyed_queue"), "!= self._heap[0][0]", "is None");
  EXPECT_NE(run("keyed_queue", stale, 1).first_miss, run("keyed_queue", stale, 2).first_miss);
  EXPECT_EQ(run("keyed_queue", stale, 1).first_miss, run("keyed_queue", stale, 1).first_miss);
}

}  // namespace
}  // namespace retort::eval
