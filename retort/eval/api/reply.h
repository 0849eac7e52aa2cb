// A reply of POST chat/completions, streamed or whole, read from bytes that nobody vouches for.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "retort/base/error.h"
#include "retort/eval/api/sse.h"

namespace retort::eval {

struct ApiUsage {
  int64_t prompt = 0, cached = 0;  // cached: of the prompt
  int64_t completion = 0;
  std::optional<int64_t> reasoning;  // of the completion; not every API says
};

struct ApiReply {
  std::string model;               // as it names itself
  std::string reasoning, content;  // without tags
  std::string refusal;
  std::string finish_reason;
  std::optional<ApiUsage> usage;
  bool open_thought = false;  // it ended within <think>
};

class ReplyReader {
 public:
  /// `streamed`: server-sent events, else one JSON document.
  ReplyReader(bool streamed, size_t max_bytes)
      : streamed_(streamed), max_bytes_(max_bytes), events_(max_bytes) {}

  /// False when no more is wanted: finish() is an Error. What follows the end of a stream is read over, so
  /// that the connection can be used again.
  bool feed(std::string_view bytes);
  /// The stream has said that it is at its end.
  bool ended() const { return done_; }
  /// A token of it has come.
  bool has_text() const { return has_text_; }
  /// Call it when the body has ended. Error bad_input for what is no reply, or not all of one; resource for
  /// one that is too long.
  Result<ApiReply> finish();

 private:
  bool take_event(std::string_view data);
  void take_json(std::string_view text, const char* message_key);

  bool streamed_;
  size_t max_bytes_, bytes_ = 0;
  SseParser events_;
  std::string document_;
  ApiReply reply_;
  std::optional<Error> error_;
  bool has_text_ = false, done_ = false;
};

/// What {"error": {...}} says; nothing where a body is no such thing. The texts are as they came.
struct ApiErrorBody {
  std::string message, code, type, parameter;
};
std::optional<ApiErrorBody> parse_error_body(std::string_view body);

}  // namespace retort::eval
