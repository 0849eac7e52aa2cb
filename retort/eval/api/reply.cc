#include "retort/eval/api/reply.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/json.h"
#include "retort/text/shown.h"
#include "retort/text/think_splitter.h"

namespace retort::eval {
namespace {

constexpr std::string_view kWhere = "reply";
constexpr JsonLimits kLimits{.max_depth = 32, .allow_duplicate_keys = true};
constexpr int64_t kMostTokens = int64_t{1} << 40;  // more is no count

/// The member, or null where it is missing or `json` is no object.
const Json& member(const Json& json, const char* key) {
  static const Json kNull;
  if (!json.is_object()) return kNull;
  const auto at = json.find(key);
  return at == json.end() ? kNull : *at;
}

/// Appends a string that may be missing; true if there was text in it.
bool append(std::string& out, const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (value.is_null()) return false;
  if (!value.is_string()) fail(ErrorCode::bad_input, "{}: '{}' is no text", kWhere, key);
  out += value.get_ref<const std::string&>();
  return !value.get_ref<const std::string&>().empty();
}

std::string text_of(const Json& json, const char* key) {
  const Json& value = member(json, key);
  return value.is_string() ? value.get<std::string>() : "";
}

std::optional<int64_t> count_of(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (value.is_null()) return std::nullopt;
  if (!value.is_number_unsigned() || value.get<uint64_t>() > static_cast<uint64_t>(kMostTokens))
    fail(ErrorCode::bad_input, "{}: usage: '{}' is no number of tokens", kWhere, key);
  return value.get<int64_t>();
}

ApiUsage usage_of(const Json& usage) {
  ApiUsage out;
  out.prompt = count_of(usage, "prompt_tokens").value_or(0);
  out.completion = count_of(usage, "completion_tokens").value_or(0);
  out.cached = count_of(member(usage, "prompt_tokens_details"), "cached_tokens")
                   .value_or(count_of(usage, "prompt_cache_hit_tokens").value_or(0));  // DeepSeek's name
  out.reasoning = count_of(member(usage, "completion_tokens_details"), "reasoning_tokens");
  if (out.cached > out.prompt || out.reasoning.value_or(0) > out.completion)
    fail(ErrorCode::bad_input, "{}: usage: a part is more than the whole", kWhere);
  return out;
}

/// Models behind servers that know nothing of thoughts write them into the content, with the opening tag or,
/// where the template has opened the thought, without.
void split_thought(ApiReply& reply) {
  const bool closed_only = reply.content.find("</think>") != std::string::npos &&
                           reply.content.find("<think>") == std::string::npos;
  ThinkSplitter splitter(closed_only);
  ThinkDelta all = splitter.feed(reply.content);
  const ThinkDelta rest = splitter.finish();
  reply.open_thought = splitter.in_thought();
  reply.reasoning = all.reasoning + rest.reasoning;
  reply.content = all.content + rest.content;
}

std::string message_of(const ApiErrorBody& e) {
  return shown(e.message, 200) + (e.code.empty() ? "" : " (" + shown(e.code, 40) + ")");
}

std::optional<ApiErrorBody> error_body_of(const Json& json) {
  const Json& error = member(json, "error");
  if (error.is_null()) return std::nullopt;
  if (error.is_string()) return ApiErrorBody{.message = error.get<std::string>()};
  return ApiErrorBody{.message = text_of(error, "message"),
                      .code = text_of(error, "code"),
                      .type = text_of(error, "type"),
                      .parameter = text_of(error, "param")};
}

}  // namespace

bool ReplyReader::feed(std::string_view bytes) {
  if (error_) return false;
  bytes_ += bytes.size();
  if (bytes_ > max_bytes_) {
    error_ = make_error(ErrorCode::resource, "{}: longer than {} bytes", kWhere, max_bytes_);
    return false;
  }
  if (!streamed_) {
    document_ += bytes;
    return true;
  }
  if (!done_) events_.feed(bytes, [this](std::string_view data) { return take_event(data); });
  return !error_ && !events_.too_long();
}

bool ReplyReader::take_event(std::string_view data) {
  if (data.empty()) return true;  // a sign of life
  done_ = data == "[DONE]";
  if (done_) return false;
  try {
    take_json(data, "delta");
  } catch (const Error& error) {
    error_ = error;
  }
  return !error_;
}

void ReplyReader::take_json(std::string_view text, const char* message_key) {
  const Json json = parse_json(text, kWhere, kLimits);
  if (const auto body = error_body_of(json))
    fail(ErrorCode::bad_input, "{}: the server reports an error: {}", kWhere, message_of(*body));
  if (std::string model = text_of(json, "model"); !model.empty()) reply_.model = std::move(model);
  if (const Json& usage = member(json, "usage"); usage.is_object()) reply_.usage = usage_of(usage);
  const Json& choices = member(json, "choices");
  if (choices.is_null() || (choices.is_array() && choices.empty())) return;  // the event that has the usage
  if (!choices.is_array() || choices.size() != 1)
    fail(ErrorCode::bad_input, "{}: one choice was asked for; 'choices' is something else", kWhere);
  const Json& message = member(choices[0], message_key);
  // One text under two names is sent by some; it is read once.
  bool text_came = append(reply_.reasoning, message, "reasoning_content");
  if (!text_came) text_came = append(reply_.reasoning, message, "reasoning");
  text_came |= append(reply_.content, message, "content");
  text_came |= append(reply_.refusal, message, "refusal");
  has_text_ |= text_came;
  if (std::string reason = text_of(choices[0], "finish_reason"); !reason.empty())
    reply_.finish_reason = std::move(reason);
}

Result<ApiReply> ReplyReader::finish() {
  try {
    if (error_) return tl::unexpected(*error_);
    if (!streamed_) take_json(document_, "message");
    if (events_.too_long())
      fail(ErrorCode::resource, "{}: an event longer than {} bytes", kWhere, max_bytes_);
    if (reply_.finish_reason.empty())
      fail(ErrorCode::bad_input, "{}: it ended before the answer did, or has no choices", kWhere);
    if (reply_.reasoning.empty()) split_thought(reply_);
    return reply_;
  } catch (const Error& error) {
    return tl::unexpected(error);
  }
}

std::optional<ApiErrorBody> parse_error_body(std::string_view body) {
  try {
    const Json json = parse_json(body, kWhere, kLimits);
    auto out = error_body_of(json);
    // FastAPI's and others' form.
    if (!out && member(json, "message").is_string()) out = ApiErrorBody{.message = text_of(json, "message")};
    if (!out && member(json, "detail").is_string()) out = ApiErrorBody{.message = text_of(json, "detail")};
    return out;
  } catch (const Error&) {
    return std::nullopt;  // a page of a proxy
  }
}

}  // namespace retort::eval
