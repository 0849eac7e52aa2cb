#include "retort/eval/api/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/eval/api/scripted_server.h"

namespace retort::eval {
namespace {

using testing::HasSubstr;
using testing::Not;

const Json kQuestion = Json::array({{{"role", "user"}, {"content", "1 + 1?"}}});

class Asking : public testing::Test {
 protected:
  /// Every request gets the next of these; the last one again and again.
  ApiAnswer ask(std::vector<ServerReply> replies) {
    ScriptedServer server([&](int n, const std::string& body, const std::string& head) {
      heads.push_back(head);
      bodies.push_back(body);
      return replies[std::min(static_cast<size_t>(n), replies.size() - 1)];
    });
    ApiSubject s = subject;
    s.endpoint = parse_api_endpoint(server.url());
    ApiShared shared(s.manners);
    ApiAnswer answer = ApiClient(s, shared).ask(kQuestion, options, 5, stop.get_token());
    requests = server.requests();
    return answer;
  }

  /// The replies fail, and the answer that follows counts.
  void expect_retried(const ServerReply& failing, const char* what) {
    const ApiAnswer answer = ask({failing, failing, answer_reply("2")});
    ASSERT_TRUE(answer.reply) << answer.fault.what;
    EXPECT_EQ(answer.reply->content, "2");
    EXPECT_EQ(answer.retries, 2);
    const ApiAnswer never = ask({failing});
    EXPECT_FALSE(never.reply);
    EXPECT_EQ(never.fault.kind, FaultKind::transient);
    EXPECT_THAT(never.fault.what, HasSubstr(what));
    EXPECT_EQ(never.retries, subject.manners.retries);
    EXPECT_EQ(requests, subject.manners.retries + 1);
  }

  void expect_not_retried(const ServerReply& failing, FaultKind kind, const char* what) {
    const ApiAnswer answer = ask({failing, answer_reply("2")});
    EXPECT_FALSE(answer.reply);
    EXPECT_EQ(answer.fault.kind, kind);
    EXPECT_THAT(answer.fault.what, HasSubstr(what));
    EXPECT_EQ(requests, 1);
  }

  ApiSubject subject{
      .key = "sk-secret",
      .manners = {
          .timeouts = {.connect = 1, .read = 0.3, .total = 0.8}, .retries = 2, .first_backoff = 0.002}};
  ApiAskOptions options;
  std::stop_source stop;
  std::vector<std::string> heads, bodies;
  int requests = 0;
};

std::string error_json(const std::string& message, const Json& code = nullptr, const Json& param = nullptr) {
  return Json{{"error", {{"message", message}, {"code", code}, {"param", param}}}}.dump();
}

TEST_F(Asking, SendsTheModelTheMessagesAndTheKey) {
  options.temperature = 0.5;
  subject.extra_body = {{"reasoning_effort", "low"}};
  ask({answer_reply("2")});
  EXPECT_THAT(heads[0], HasSubstr("POST /v1/chat/completions"));
  EXPECT_THAT(heads[0], HasSubstr("Authorization: Bearer sk-secret"));
  const Json body = Json::parse(bodies[0]);
  EXPECT_EQ(body.at("model"), "m");
  EXPECT_EQ(body.at("messages"), kQuestion);
  EXPECT_EQ(body.at("seed"), 5);
  EXPECT_EQ(body.at("temperature"), 0.5);
  EXPECT_EQ(body.at("reasoning_effort"), "low");
  EXPECT_FALSE(body.contains("top_p"));
}

TEST_F(Asking, ReadsAStreamAndKnowsWhenItsFirstTokenCame) {
  ServerReply slow =
      stream_reply({event(delta_json({{"role", "assistant"}, {"content", ""}})),
                    event(delta_json({{"reasoning_content", "one and "}})),
                    event(delta_json({{"reasoning_content", "one"}})), event(delta_json({{"content", "2"}})),
                    event(delta_json(Json::object(), "stop"))});
  slow.pause = 0.03;
  const ApiAnswer answer = ask({slow});
  ASSERT_TRUE(answer.reply) << answer.fault.what;
  EXPECT_EQ(answer.reply->reasoning, "one and one");
  EXPECT_EQ(answer.reply->content, "2");
  EXPECT_GE(answer.first_seconds, 0.08);  // head, empty text, first thought
  EXPECT_GE(answer.rest_seconds, 0.08);
}

TEST_F(Asking, TriesAgainWhatMayPass) {
  expect_retried(status_reply(500, "boom"), "500: boom");
  expect_retried(status_reply(503, error_json("overloaded")), "503: overloaded");
  expect_retried(status_reply(429, error_json("slow down", "rate_limit_exceeded"), "Retry-After: 0\r\n"),
                 "429: slow down");
}

TEST_F(Asking, TriesAgainWhatIsNoAnswer) {
  expect_retried(status_reply(200, "{\"choices\": [{\"message\""), "not JSON");
  expect_retried(status_reply(200, "[]"), "ended before the answer did");
  expect_retried(status_reply(200, Json{{"model", "m"}, {"choices", Json::array()}}.dump()), "no choices");
  expect_retried(
      status_reply(
          200,
          answer_json("\xff\xfe??").dump(-1, ' ', false, nlohmann::json::error_handler_t::ignore) + "\xff"),
      "not JSON");
  expect_retried(status_reply(200, answer_json("2", "m-mini").dump()), "'m' was asked and 'm-mini' answered");
  expect_retried(status_reply(200, error_json("late trouble")), "late trouble");
}

TEST_F(Asking, TriesAgainBadUtf8InAStream) {
  std::string bad = event(delta_json({{"content", "two"}}, "stop"));
  bad.replace(bad.find("two"), 3, "\xc3\x28!");
  expect_retried(stream_reply({bad}), "not JSON");
}

TEST_F(Asking, AStreamThatIsCutIsNoAnswer) {
  const std::string begun = event(delta_json({{"content", "The answer is 1"}}));
  expect_retried({.pieces = {stream_head(), chunk(begun)}, .keep_open = false}, "connection broke");
  expect_retried({.pieces = {stream_head(), chunk(begun) + "0\r\n\r\n"}}, "ended before the answer did");
  expect_retried(
      {.pieces = {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"},
       .keep_open = false},
      "connection broke");
}

TEST_F(Asking, AServerThatSaysNothingIsLeft) {
  subject.manners.timeouts = {.connect = 1, .read = 0.1, .total = 5};
  subject.manners.retries = 1;
  const ApiAnswer answer = ask({{.pieces = {}, .hang = true}, answer_reply("2")});
  ASSERT_TRUE(answer.reply) << answer.fault.what;
  EXPECT_EQ(answer.retries, 1);
  EXPECT_GE(answer.wait_seconds, 0.1);
}

TEST_F(Asking, ASlowTrickleEndsWithTheTotalTime) {
  subject.manners.retries = 0;
  ServerReply trickle{
      .pieces = {stream_head(), chunk(": still thinking\n\n")}, .pause = 0.05, .repeat = 1000};
  EXPECT_THAT(ask({trickle}).fault.what, HasSubstr("no whole reply within 0.8 s"));
  ServerReply header{.pieces = {"HTTP/1.1 200 OK\r\nX: ", "x"}, .pause = 0.05, .repeat = 1000};
  EXPECT_THAT(ask({header}).fault.what, HasSubstr("no whole reply within 0.8 s"));
}

TEST_F(Asking, ALongReplyIsNotReadToItsEnd) {
  subject.manners.retries = 0;
  subject.manners.timeouts = {};
  subject.manners.max_reply_bytes = 1 << 20;
  const std::string piece(1 << 16, 'a');
  const ApiAnswer whole =
      ask({{.pieces = {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                       "104857600\r\n\r\n",
                       piece},
            .repeat = 1600}});
  EXPECT_THAT(whole.fault.what, HasSubstr("longer than 1048576 bytes"));
  const ApiAnswer streamed = ask({{.pieces = {stream_head(), chunk(piece)}, .repeat = 1600}});
  EXPECT_THAT(streamed.fault.what, HasSubstr("longer than 1048576 bytes"));
  const ApiAnswer refusal =
      ask({{.pieces = {"HTTP/1.1 500 X\r\nContent-Length: 104857600\r\n\r\n", piece}, .repeat = 1600}});
  EXPECT_THAT(refusal.fault.what, HasSubstr("500: aaa"));
  EXPECT_LT(refusal.fault.what.size(), 400u);
}

TEST_F(Asking, StopsWhereNoRequestCanSucceed) {
  expect_not_retried(status_reply(401, error_json("Incorrect API key provided")), FaultKind::every_request,
                     "401: Incorrect API key");
  expect_not_retried(status_reply(404, error_json("no such model", "model_not_found")),
                     FaultKind::every_request, "model_not_found");
  expect_not_retried(status_reply(429, error_json("pay first", "insufficient_quota")),
                     FaultKind::every_request, "pay first");
}

TEST_F(Asking, DoesNotCarryTheKeyToAnotherHost) {
  int reached = 0;
  ScriptedServer other([&](int, const std::string&, const std::string&) {
    ++reached;
    return answer_reply("2");
  });
  const std::string away = other.url().substr(0, other.url().find('#'));
  expect_not_retried(status_reply(307, "", "Location: " + away + "\r\n"), FaultKind::every_request,
                     "sends us on to");
  EXPECT_EQ(reached, 0);
}

TEST_F(Asking, NeverRepeatsTheKey) {
  const ApiAnswer answer = ask({status_reply(401, error_json("sk-secret is wrong, sk-secret!"))});
  EXPECT_THAT(answer.fault.what, Not(HasSubstr("sk-secret")));
  EXPECT_THAT(answer.fault.what, HasSubstr("[key] is wrong"));
}

TEST_F(Asking, APromptThatDoesNotFitIsNotAskedAgain) {
  expect_not_retried(status_reply(400, error_json("too long", "context_length_exceeded")),
                     FaultKind::too_long, "too long");
  expect_not_retried(status_reply(400, error_json("This model's maximum context length is 8192 tokens")),
                     FaultKind::too_long, "8192");
  expect_not_retried(status_reply(400, error_json("filtered", "content_filter")), FaultKind::refused,
                     "filtered");
  expect_not_retried(status_reply(400, error_json("bad temperature", "unsupported_value", "temperature")),
                     FaultKind::this_request, "bad temperature");
}

TEST_F(Asking, LearnsHowTheServerWantsToBeAsked) {
  const ApiAnswer answer =
      ask({status_reply(400, error_json("Use 'max_completion_tokens' instead.", "unsupported_parameter",
                                        "max_tokens")),
           status_reply(422, error_json("extra fields not permitted: seed")),
           status_reply(400, error_json("Unknown field stream_options")), answer_reply("2")});
  ASSERT_TRUE(answer.reply) << answer.fault.what;
  EXPECT_EQ(answer.retries, 0);
  const Json body = Json::parse(bodies[3]);
  EXPECT_FALSE(body.contains("max_tokens"));
  EXPECT_EQ(body.at("max_completion_tokens"), 1024);
  EXPECT_FALSE(body.contains("seed"));
  EXPECT_FALSE(body.contains("stream_options"));
  // Once there is no other way to ask, it is an answer like any other.
  const ApiAnswer never = ask({status_reply(400, error_json("no seed", nullptr, "seed"))});
  EXPECT_EQ(never.fault.kind, FaultKind::this_request);
  EXPECT_EQ(requests, 2);
}

TEST_F(Asking, WaitsAsLongAsTheServerAsks) {
  const ApiAnswer answer = ask({status_reply(429, "", "Retry-After: 0.15\r\n"), answer_reply("2")});
  ASSERT_TRUE(answer.reply);
  EXPECT_GE(answer.wait_seconds, 0.15);
  expect_not_retried(status_reply(429, "later", "Retry-After: 3600\r\n"), FaultKind::transient,
                     "asks to wait 3600 s");
}

TEST_F(Asking, AStopEndsWaitingAndReading) {
  const auto seconds_of = [&](const ServerReply& reply) {
    subject.manners.timeouts = {};
    subject.manners.first_backoff = 60;
    stop = std::stop_source();
    std::jthread later([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      stop.request_stop();
    });
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(ask({reply}).fault.kind, FaultKind::cancelled);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  EXPECT_LT(seconds_of({.pieces = {}, .hang = true}), 5);
  EXPECT_LT(seconds_of(status_reply(500, "")), 5);
}

TEST_F(Asking, AServerThatIsNotThereIsTriedAgain) {
  subject.endpoint = parse_api_endpoint("http://127.0.0.1:1/v1#m");
  ApiShared shared(subject.manners);
  const ApiAnswer answer = ApiClient(subject, shared).ask(kQuestion, options, 1, {});
  EXPECT_EQ(answer.retries, 2);
  EXPECT_THAT(answer.fault.what, HasSubstr("http://127.0.0.1:1/v1: no connection"));
}

}  // namespace
}  // namespace retort::eval
