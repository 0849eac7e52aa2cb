#include "retort/eval/journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/eval/journal/sqlite.h"
#include "retort/formats/temporary_folder.h"

namespace retort::eval {
namespace {

using testing::HasSubstr;

class JournalFile : public TemporaryFolder {
 protected:
  std::filesystem::path path() const { return dir / "deep/journal.sqlite"; }
  static Sample sample(const std::string& item, int64_t turn = 0) {
    return {.key = {item, 1, turn},
            .status = SampleStatus::truncated_in_answer,
            .prompt = std::string("a\0b\n\xff", 5),
            .reasoning = "16+4=20",
            .content = "\xe4\xb8\xad",
            .prompt_tokens = 3,
            .reasoning_tokens = 4,
            .answer_tokens = 5,
            .cached_tokens = 2,
            .served_by = "gpt-4o-2024-08-06",
            .detail = "detail",
            .queue_seconds = 0.125,
            .prefill_seconds = 0.25,
            .decode_seconds = 0.5};
  }
  const Json key{{"model", "m"}, {"seed", 1}}, about{{"model", "name"}};
};

TEST_F(JournalFile, KeepsEverySampleBitForBitInTheOrderOfItsKeys) {
  std::string run;
  {
    Journal journal = Journal::open(path());
    run = journal.begin(key, about, "2026-01-01T00:00:00Z");
    journal.add(run, sample("b"));
    journal.add(run, sample("a", 1));
    journal.add(run, sample("a", 0));
  }
  const Journal journal = Journal::open(path());
  const std::vector<Sample> all = journal.samples(run);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].key, (SampleKey{"a", 1, 0}));
  EXPECT_EQ(all[1].key, (SampleKey{"a", 1, 1}));
  const Sample expected = sample("b");
  EXPECT_EQ(all[2].key, expected.key);
  EXPECT_EQ(all[2].status, expected.status);
  EXPECT_EQ(all[2].prompt, expected.prompt);
  EXPECT_EQ(all[2].reasoning, expected.reasoning);
  EXPECT_EQ(all[2].content, expected.content);
  EXPECT_EQ(all[2].answer_tokens, 5);
  EXPECT_EQ(all[2].cached_tokens, 2);
  EXPECT_EQ(all[2].served_by, "gpt-4o-2024-08-06");
  EXPECT_EQ(all[2].detail, "detail");
  EXPECT_EQ(all[2].decode_seconds, 0.5);
}

TEST_F(JournalFile, TheSameKeyIsTheSameRunAndAnotherKeyAnother) {
  Journal journal = Journal::open(path());
  const std::string run = journal.begin(key, about, "2026-01-01T00:00:00Z");
  EXPECT_EQ(journal.begin(key, {{"model", "other name"}}, "2026-01-02T00:00:00Z"), run);
  EXPECT_NE(journal.begin({{"model", "m"}, {"seed", 2}}, about, "2026-01-02T00:00:00Z"), run);
  EXPECT_EQ(journal.runs().size(), 2u);
  EXPECT_EQ(journal.find(run.substr(0, 6)).started, "2026-01-01T00:00:00Z");
  EXPECT_EQ(journal.find(run).ended, "");
  journal.end(run, "2026-01-03T00:00:00Z");
  journal.end(run, "2026-01-04T00:00:00Z");
  EXPECT_EQ(journal.find(run).ended, "2026-01-03T00:00:00Z");
}

TEST_F(JournalFile, ASampleIsNeverReplaced) {
  Journal journal = Journal::open(path());
  const std::string run = journal.begin(key, about, "now");
  journal.add(run, sample("a"));
  EXPECT_THAT(error_message([&] { journal.add(run, sample("a")); }), HasSubstr("UNIQUE"));
  EXPECT_EQ(journal.samples(run).size(), 1u);
}

TEST_F(JournalFile, OnlyWhatTheApiFailedToAnswerIsReplaced) {
  Journal journal = Journal::open(path());
  const std::string run = journal.begin(key, about, "now");
  Sample failed = sample("a");
  failed.status = SampleStatus::api_error;
  journal.add(run, failed);
  journal.add(run, failed);
  EXPECT_TRUE(scorable(journal.samples(run)).empty());
  journal.add(run, sample("a"));
  ASSERT_EQ(journal.samples(run).size(), 1u);
  EXPECT_EQ(journal.samples(run)[0].status, SampleStatus::truncated_in_answer);
  EXPECT_THAT(error_message([&] { journal.add(run, failed); }), HasSubstr("UNIQUE"));
  EXPECT_EQ(journal.samples(run)[0].status, SampleStatus::truncated_in_answer);
}

TEST_F(JournalFile, OneOfVersion1IsReadAndWrittenOn) {
  std::string run;
  {
    Journal journal = Journal::open(path());
    run = journal.begin(key, about, "now");
    journal.add(run, sample("a"));
  }
  {
    Sqlite file(path());
    file.execute(
        "ALTER TABLE sample DROP COLUMN cached_tokens; ALTER TABLE sample DROP COLUMN served_by; PRAGMA "
        "user_version = 1");
  }
  Journal journal = Journal::open(path());
  journal.add(run, sample("b"));
  const std::vector<Sample> all = journal.samples(run);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].cached_tokens, 0);
  EXPECT_EQ(all[0].detail, "detail");
  EXPECT_EQ(all[1].cached_tokens, 2);
}

TEST_F(JournalFile, RefusesWhatIsNoJournal) {
  std::filesystem::create_directories(path().parent_path());
  std::ofstream(path())
      << "this is a text and no database, long enough to have a header of its own............";
  EXPECT_THAT(error_message([&] { Journal::open(path()); }), HasSubstr("no journal of Retort's"));
  EXPECT_THAT(error_message([&] { Journal::open(dir); }), HasSubstr("unable to open"));
}

TEST_F(JournalFile, NamesARunThatItDoesNotHave) {
  Journal journal = Journal::open(path());
  EXPECT_THAT(error_message([&] { journal.find("abc"); }), HasSubstr("no run 'abc'"));
  EXPECT_THAT(error_message([&] { journal.find(""); }), HasSubstr("no run"));
}

}  // namespace
}  // namespace retort::eval
