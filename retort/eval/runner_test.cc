#include "retort/eval/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/base/arena.h"
#include "retort/base/error.h"
#include "retort/base/thread_pool.h"
#include "retort/eval/tasks/generated.h"
#include "retort/formats/temporary_folder.h"

namespace retort::eval {
namespace {

/// The smallest model that ships with Retort, asked a few problems.
class Running : public TemporaryFolder {
 protected:
  Running() {
    const GeneratedTasks tasks{.families = {problems::Family::arithmetic, problems::Family::dialogue},
                               .levels = {1, 4},
                               .problems = 4,
                               .seed = 1};
    for (const problems::Problem& problem : problems_of(tasks)) items.push_back(item_of(problem));
    ask.samples = 2;
    ask.max_new_tokens = 64;
    ask.sampling.temperature = 0.6f;
  }

  /// Everything but the seconds.
  std::string run(const std::string& file, const RunHooks& hooks) {
    Journal journal = Journal::open(dir / file);
    const std::string id = journal.begin(Json{{"test", true}}, Json::object(), "now");
    ask_all(subject, items, ask, journal, id, hooks);
    std::string all;
    for (const Sample& s : journal.samples(id))
      all += fmt::format("{}|{}|{}|{}|{}|{}|{}|{}\n", s.key.item, s.key.sample, s.key.turn, name(s.status),
                         s.prompt, s.reasoning, s.content, s.reasoning_tokens + s.answer_tokens);
    return all;
  }

  ThreadPool pool{2};
  Arena arena;
  kernels::KernelTable kernels = kernels::kernel_table(kernels::choose_isa());
  Context context{pool, arena, kernels};
  LoadedModel loaded =
      LoadedModel::open(context, std::filesystem::path(RETORT_SOURCE_DIR) / "models/micro/micro-lite");
  Subject subject{loaded, context};
  std::vector<Item> items;
  AskOptions ask;
};

TEST_F(Running, AnswersDoNotDependOnHowManyAreAskedAtOnce) {
  const std::string one = run("1", {.max_running = 1}), some = run("5", {.max_running = 5}),
                    many = run("64", {.max_running = 64});
  EXPECT_EQ(one, some);
  EXPECT_EQ(one, many);
  EXPECT_THAT(one, testing::HasSubstr("|ok|"));
}

TEST_F(Running, AStoppedRunGoesOnWhereItWas) {
  const std::string whole = run("whole", {});
  int steps = 0, stops = 0;
  const RunHooks hooks{.max_running = 3, .check = [&] {
                         if (++steps % 90 == 0) fail(ErrorCode::cancelled, "stopped");
                       }};
  std::string pieces;
  while (pieces.empty() && stops < 1000) try {
      pieces = run("pieces", hooks);
    } catch (const Error&) {
      ++stops;
    }
  EXPECT_GT(stops, 3);
  EXPECT_EQ(pieces, whole);
}

TEST_F(Running, ARunThatIsDoneAsksNothing) {
  Journal journal = Journal::open(dir / "done");
  const std::string id = journal.begin(Json{{"test", true}}, Json::object(), "now");
  EXPECT_GT(ask_all(subject, items, ask, journal, id).answers, 0);
  EXPECT_EQ(ask_all(subject, items, ask, journal, id).answers, 0);
}

TEST_F(Running, SamplesOfOneItemDiffer) {
  ask.sampling.temperature = 2;
  Journal journal = Journal::open(dir / "differ");
  const std::string id = journal.begin(Json{{"test", true}}, Json::object(), "now");
  ask_all(subject, items, ask, journal, id);
  const std::vector<Sample> all = journal.samples(id);
  int differ = 0;
  for (size_t i = 1; i < all.size(); ++i)
    differ += all[i].key.item == all[i - 1].key.item && all[i].prompt == all[i - 1].prompt &&
              all[i].reasoning != all[i - 1].reasoning;
  EXPECT_GT(differ, 4);
}

TEST_F(Running, ADialogueThatNoLongerFitsIsTooLongAndTheRunGoesOn) {
  items = {{.id = "long", .cluster = "c", .turns = {std::string(6000, 'x'), "And?"}}};
  ask.samples = 1;
  Journal journal = Journal::open(dir / "long");
  const std::string id = journal.begin(Json{{"test", true}}, Json::object(), "now");
  ask_all(subject, items, ask, journal, id);
  const std::vector<Sample> all = journal.samples(id);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].status, SampleStatus::too_long);
  EXPECT_EQ(all[1].status, SampleStatus::too_long);
  EXPECT_THAT(all[0].detail, testing::HasSubstr("fit"));
}

TEST_F(Running, TheFingerprintKnowsTheModelAndTheOptionsKnowThemselves) {
  const LoadedModel other =
      LoadedModel::open(context, std::filesystem::path(RETORT_SOURCE_DIR) / "models/micro/micro-1.5");
  EXPECT_EQ(fingerprint(subject), fingerprint(subject));
  EXPECT_NE(fingerprint(subject), fingerprint({other, context}));
  EXPECT_NE(fingerprint(subject), fingerprint({loaded, context, kernels::KvDType::q8}));
  AskOptions changed = ask;
  changed.sampling.top_p = 0.5f;
  EXPECT_NE(to_json(ask), to_json(changed));
}

}  // namespace
}  // namespace retort::eval
