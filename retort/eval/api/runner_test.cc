#include "retort/eval/api/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/eval/api/scripted_server.h"
#include "retort/formats/temporary_folder.h"

namespace retort::eval {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

/// What a sound server would answer: it depends on the conversation alone.
std::string reply_to(const Json& messages) {
  return fmt::format("{} messages, the last: {}", messages.size(),
                     messages.back().at("content").get<std::string>());
}

class HostedRun : public TemporaryFolder {
 protected:
  HostedRun() {
    for (int i = 0; i < 12; ++i)
      items.push_back({.id = fmt::format("i{}", i), .cluster = "c", .turns = {"one?"}});
    for (int i = 0; i < 4; ++i)
      items.push_back(
          {.id = fmt::format("d{}", i), .cluster = "c", .turns = {"first?", "second?", "third?"}});
    subject.manners = {.timeouts = {.connect = 1, .read = 2, .total = 5},
                       .retries = 3,
                       .first_backoff = 0.001,
                       .concurrency = 4};
    options.samples = 2;
  }

  /// A server whose n-th request may fail, in all the ways that servers fail.
  static ScriptedServer::Handler flaky(double share) {
    return [share](int n, const std::string& body, const std::string&) -> ServerReply {
      const std::string good = answer_json(reply_to(Json::parse(body).at("messages"))).dump();
      if (random_uniform(3, static_cast<uint64_t>(n)) >= share) return status_reply(200, good);
      switch (n % 6) {
        case 0:
          return status_reply(500, "boom");
        case 1:
          return status_reply(429, "", "Retry-After: 0\r\n");
        case 2:
          return status_reply(200, good.substr(0, good.size() / 2));
        case 3:
          return {.pieces = {"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"}, .keep_open = false};
        case 4:
          return status_reply(200, answer_json("wrong", "another-model").dump());
        default:
          return {.pieces = {}, .keep_open = false};
      }
    };
  }

  ApiMetrics run(const std::string& file, const ScriptedServer::Handler& handler,
                 const RunHooks& hooks = {}) {
    ScriptedServer server(handler);
    subject.endpoint = parse_api_endpoint(server.url());
    Journal journal = Journal::open(dir / file);
    const std::string id = journal.begin(Json{{"test", true}}, Json::object(), "now");
    return ask_all(subject, items, options, journal, id, hooks);
  }

  std::vector<Sample> samples(const std::string& file) {
    Journal journal = Journal::open(dir / file);
    return journal.samples(journal.runs().at(0).id);
  }
  /// Everything but the seconds.
  std::string text(const std::string& file) {
    std::string all;
    for (const Sample& s : samples(file))
      all +=
          fmt::format("{}|{}|{}|{}|{}|{}|{}|{}|{}|{}\n", s.key.item, s.key.sample, s.key.turn, name(s.status),
                      s.prompt, s.content, s.prompt_tokens, s.answer_tokens, s.served_by, s.detail);
    return all;
  }

  ApiSubject subject;
  ApiAskOptions options;
  std::vector<Item> items;
};

TEST_F(HostedRun, AsksEveryTurnBehindTheAnswersToThoseBefore) {
  const ApiMetrics m = run("a", flaky(0));
  EXPECT_EQ(m.answers, 48);
  EXPECT_EQ(m.failed, 0);
  EXPECT_EQ(m.retries, 0);
  EXPECT_EQ(m.prompt_tokens, 48 * 7);
  EXPECT_EQ(m.generated_tokens, 48 * 3);
  const std::vector<Sample> all = samples("a");
  ASSERT_EQ(all.size(), 48u);
  EXPECT_EQ(all[2].key, (SampleKey{"d0", 0, 2}));
  EXPECT_EQ(all[2].content, "5 messages, the last: third?");
  EXPECT_EQ(all[2].status, SampleStatus::ok);
  EXPECT_EQ(all[2].served_by, "m");
  EXPECT_EQ(Json::parse(all[2].prompt)[1].at("content"), all[0].content);
}

TEST_F(HostedRun, AnUnreliableServerChangesNoAnswer) {
  run("sound", flaky(0));
  subject.manners.retries = 50;
  const ApiMetrics m = run("flaky", flaky(0.5));
  EXPECT_GT(m.retries, 20);
  EXPECT_EQ(text("flaky"), text("sound"));
}

TEST_F(HostedRun, WhatFailedIsKeptUnscoredAndAskedAgain) {
  run("sound", flaky(0));
  subject.manners.retries = 0;
  subject.manners.concurrency = 40;
  const ApiMetrics first = run("b", flaky(0.3));
  EXPECT_GT(first.failed, 0);
  const std::vector<Sample> all = samples("b");
  int failed = 0;
  for (const Sample& s : all) {
    if (s.status != SampleStatus::api_error) continue;
    ++failed;
    EXPECT_NE(s.detail, "");
    EXPECT_EQ(s.content, "");
  }
  EXPECT_EQ(failed, first.failed);
  EXPECT_EQ(static_cast<int64_t>(scorable(all).size()), first.answers);
  for (const Sample& s : all)  // a dialogue ends where it failed
    if (s.key.turn > 0) {
      const auto before = std::find_if(all.begin(), all.end(), [&](const Sample& other) {
        return other.key == SampleKey{s.key.item, s.key.sample, s.key.turn - 1};
      });
      ASSERT_NE(before, all.end());
      EXPECT_EQ(before->status, SampleStatus::ok);
    }
  int64_t answers = first.answers;
  for (int call = 0; call < 100 && text("b") != text("sound"); ++call)
    answers += run("b", flaky(0.3)).answers;
  EXPECT_EQ(text("b"), text("sound"));
  EXPECT_EQ(answers, 48);  // nothing that was answered was asked twice
}

TEST_F(HostedRun, AStoppedRunGoesOnWhereItWas) {
  run("whole", flaky(0));
  subject.manners.concurrency = 2;
  int64_t stops = 0, looks = 0;
  const RunHooks hooks{.check = [&] {
    if (++looks % 4 == 0) fail(ErrorCode::cancelled, "stopped");
  }};
  while (stops < 1000) try {
      run("pieces", flaky(0), hooks);
      break;
    } catch (const Error&) {
      ++stops;
    }
  EXPECT_GT(stops, 2);
  EXPECT_EQ(text("pieces"), text("whole"));
}

TEST_F(HostedRun, NotMoreAreAskedAtOnceThanSaid) {
  std::atomic<int> now = 0, most = 0;
  run("c", [&](int, const std::string& body, const std::string&) {
    const int here = ++now;
    for (int seen = most; seen < here && !most.compare_exchange_weak(seen, here);) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    --now;
    return answer_reply(reply_to(Json::parse(body).at("messages")));
  });
  EXPECT_GE(most, 2);
  EXPECT_LE(most, 4);
}

TEST_F(HostedRun, AWrongKeyEndsItAtOnceInOneLine) {
  std::atomic<int> asked = 0;
  const std::string message = error_message([&] {
    run("d", [&](int, const std::string&, const std::string&) {
      ++asked;
      return status_reply(401, R"({"error": {"message": "Incorrect\nAPI key"}})");
    });
  });
  EXPECT_THAT(message, HasSubstr("/v1: 401: Incorrect"));
  EXPECT_THAT(message, testing::Not(HasSubstr("\n")));
  EXPECT_LE(asked, 8);
  EXPECT_TRUE(samples("d").empty());
}

TEST_F(HostedRun, AServerThatAnswersNothingIsGivenUp) {
  subject.manners.retries = 0;
  EXPECT_THAT(error_message([&] {
                run("e", [](int, const std::string&, const std::string&) { return status_reply(500, "no"); });
              }),
              ContainsRegex("1[0-9] answers in a row failed, the last: 500: no"));
  EXPECT_GE(samples("e").size(), 10u);
}

TEST_F(HostedRun, KnowsHowAnswersEnded) {
  options.samples = 1;
  items.clear();
  for (const char* id :
       {"cut", "cut thinking", "cut within tags", "empty", "filtered", "fits not", "refused"})
    items.push_back({.id = id, .cluster = "c", .turns = {id, "And?"}});
  run("f", [](int, const std::string& body, const std::string&) {
    const Json messages = Json::parse(body).at("messages");
    const std::string about = messages[0].at("content");
    auto reply = answer_json(about == "cut"               ? "half"
                             : about == "cut within tags" ? "<think> hm"
                             : about == "empty"           ? " \n"
                                                          : "");
    auto& choice = reply["choices"][0];
    if (about.starts_with("cut")) choice["finish_reason"] = "length";
    if (about == "filtered") choice["finish_reason"] = "content_filter";
    if (about == "refused") choice["message"]["refusal"] = "I can't.";
    if (about == "cut thinking") reply["usage"]["completion_tokens_details"] = {{"reasoning_tokens", 3}};
    if (about == "fits not" && messages.size() == 1)
      return status_reply(400, R"({"error": {"message": "long", "code": "context_length_exceeded"}})");
    return status_reply(200, reply.dump());
  });
  std::map<std::string, SampleStatus> first, second;
  for (const Sample& s : samples("f")) (s.key.turn == 0 ? first : second)[s.key.item] = s.status;
  EXPECT_EQ(first["cut"], SampleStatus::truncated_in_answer);
  EXPECT_EQ(first["cut thinking"], SampleStatus::truncated_in_thought);
  EXPECT_EQ(first["cut within tags"], SampleStatus::truncated_in_thought);
  EXPECT_EQ(first["empty"], SampleStatus::no_answer);
  EXPECT_EQ(first["filtered"], SampleStatus::refused);
  EXPECT_EQ(first["refused"], SampleStatus::refused);
  EXPECT_EQ(first["fits not"], SampleStatus::too_long);
  EXPECT_EQ(second["fits not"], SampleStatus::too_long);
  EXPECT_EQ(samples("f").size(), 14u);
}

TEST_F(HostedRun, ThoughtsThatNobodyCountedAreEstimatedAndSaidToBe) {
  options.samples = 1;
  items.resize(1);
  run("g",
      [](int, const std::string&, const std::string&) { return answer_reply("<think>aaaaaa</think>bbb"); });
  const Sample s = samples("g").at(0);
  EXPECT_EQ(s.reasoning_tokens, 2);
  EXPECT_EQ(s.answer_tokens, 1);
  EXPECT_THAT(s.detail, HasSubstr("estimated"));
}

}  // namespace
}  // namespace retort::eval
