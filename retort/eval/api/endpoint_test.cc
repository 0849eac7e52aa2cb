#include "retort/eval/api/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/eval/api/subject.h"
#include "retort/formats/temporary_folder.h"

namespace retort::eval {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ApiEndpoint, IsTheBaseOfAnApiAndAModelsName) {
  const ApiEndpoint e = parse_api_endpoint("https://api.openai.com/v1#gpt-4o");
  EXPECT_EQ(e.scheme, "https");
  EXPECT_EQ(e.host, "api.openai.com");
  EXPECT_EQ(e.port, 443);
  EXPECT_EQ(e.path, "/v1");
  EXPECT_EQ(e.model, "gpt-4o");
  EXPECT_EQ(e.base_url(), "https://api.openai.com/v1");
}

TEST(ApiEndpoint, KeepsPortsAndModelsWithSlashes) {
  const ApiEndpoint e = parse_api_endpoint("http://localhost:8080/v1/#org/name:free");
  EXPECT_EQ(e.base_url(), "http://localhost:8080/v1");
  EXPECT_EQ(e.model, "org/name:free");
  EXPECT_EQ(parse_api_endpoint("https://[::1]:9/api/v1/chat/completions#m").base_url(),
            "https://[::1]:9/api/v1");
  EXPECT_EQ(parse_api_endpoint("http://h#m").base_url(), "http://h");
}

TEST(ApiEndpoint, IsToldFromAFileByItsScheme) {
  EXPECT_TRUE(looks_like_api("https://x"));
  EXPECT_FALSE(looks_like_api("models/https/x.gguf"));
  EXPECT_FALSE(looks_like_api("micro-lite"));
}

TEST(ApiEndpoint, RefusesWhatIsNone) {
  for (const char* bad :
       {"ftp://h/v1#m", "https://h/v1", "https://h/v1#", "https:///v1#m", "https://h:0/v1#m",
        "https://h:99999#m", "https://h:8x/v1#m", "https://h/v1?a=b#m", "https://h /v1#m", "https://h/v1#m m",
        "https://h\r\nX: y/v1#m", "https://[::1/v1#m", "https://[]/v1#m", "https://h/v1#m\n"}) {
    const std::string message = error_message([&] { parse_api_endpoint(bad); });
    EXPECT_THAT(message, HasSubstr("https://api.openai.com/v1#gpt-4o")) << bad;
    EXPECT_THAT(message, Not(HasSubstr("\n"))) << bad;
  }
}

TEST(ApiEndpoint, DoesNotRepeatAPassword) {
  EXPECT_THAT(error_message([] { parse_api_endpoint("https://me:secret@h/v1#m"); }),
              Not(HasSubstr("secret")));
}

TEST(ApiKey, IsNotSentInTheClearToAnotherMachine) {
  const auto message = [](const char* url, const char* key) {
    return error_message([&] { check_key({.endpoint = parse_api_endpoint(url), .key = key}); });
  };
  EXPECT_THAT(message("http://example.org/v1#m", "k"), HasSubstr("in the clear"));
  EXPECT_EQ(message("http://example.org/v1#m", ""), "");
  EXPECT_EQ(message("http://127.0.0.1:80/v1#m", "k"), "");
  EXPECT_EQ(message("https://example.org/v1#m", "k"), "");
  EXPECT_THAT(message("https://example.org/v1#m", "k\r\nX-Evil: 1"), HasSubstr("no key has"));
  EXPECT_THAT(message("https://example.org/v1#m", "secret\n"), Not(HasSubstr("secret")));
}

TEST(ServedBy, AVersionIsTheModelAndAnotherSizeIsNot) {
  EXPECT_TRUE(is_served_by("gpt-4o", "gpt-4o"));
  EXPECT_TRUE(is_served_by("gpt-4o", "gpt-4o-2024-08-06"));
  EXPECT_FALSE(is_served_by("gpt-4o", "gpt-4o-mini"));
  EXPECT_FALSE(is_served_by("gpt-4o", "gpt-4o-mini-2024-07-18"));
  EXPECT_FALSE(is_served_by("gpt-4o-2024-08-06", "gpt-4o"));
  EXPECT_FALSE(is_served_by("gpt-4o", ""));
  EXPECT_FALSE(is_served_by("gpt-4o", "gpt-4o-"));
}

TEST(ApiFingerprint, KnowsWhatChangesAnswersAndNoSecret) {
  ApiSubject a{.endpoint = parse_api_endpoint("https://h/v1#m"), .key = "sk-secret"};
  ApiSubject b = a;
  b.key = "other";
  b.manners.concurrency = 1;
  EXPECT_EQ(fingerprint(a), fingerprint(b));
  EXPECT_THAT(fingerprint(a).dump(), Not(HasSubstr("secret")));
  b.extra_body = {{"reasoning_effort", "low"}};
  EXPECT_NE(fingerprint(a), fingerprint(b));
  b = a;
  b.endpoint.model = "n";
  EXPECT_NE(fingerprint(a), fingerprint(b));
}

}  // namespace
}  // namespace retort::eval
