#include "retort/eval/api/client.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "retort/text/shown.h"

namespace retort::eval {
namespace {

constexpr size_t kMostErrorBody = size_t{64} << 10;  // bytes of a refusal that are read
constexpr double kBytesPerToken = 4;                 // of English, roughly; for rates only

double monotonic_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// False when asked to stop meanwhile.
bool wait_until(double at, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::duration<double>(at - monotonic_seconds()), [] { return false; });
  return !stop.stop_requested();
}

ApiFault fault_of(const Error& error) {
  const FaultKind kind = error.code() == ErrorCode::cancelled     ? FaultKind::cancelled
                         : error.code() == ErrorCode::unsupported ? FaultKind::every_request
                                                                  : FaultKind::transient;
  return {.kind = kind, .what = error.message()};
}

/// The body of one reply, whatever its status turns out to be.
class Body {
 public:
  explicit Body(size_t max_bytes) : max_bytes_(max_bytes) {}

  void begin(const HttpHead& head) {
    head_ = head;
    if (head.status == 200) reader_.emplace(head.content_type.starts_with("text/event-stream"), max_bytes_);
  }
  bool feed(std::string_view bytes) {
    if (reader_) return reader_->feed(bytes);
    refusal_ += bytes.substr(0, kMostErrorBody - refusal_.size());
    return refusal_.size() < kMostErrorBody;
  }
  bool has_text() const { return reader_ && reader_->has_text(); }
  bool ended() const { return reader_ && reader_->ended(); }
  bool is_answer() const { return reader_.has_value(); }
  Result<ApiReply> reply() { return reader_->finish(); }
  ApiFault fault() const { return eval::fault_of(head_, refusal_, seconds_since_1970()); }

 private:
  size_t max_bytes_;
  HttpHead head_;
  std::optional<ReplyReader> reader_;
  std::string refusal_;
};

}  // namespace

bool RequestForm::adapt(const std::string& field) {
  std::atomic<bool>& known = field == "max_tokens" ? max_completion_tokens
                             : field == "seed"     ? no_seed
                                                   : no_stream_options;
  return !known.exchange(true);
}

std::string ApiClient::body_of(const Json& messages, const ApiAskOptions& options, uint64_t seed) const {
  const RequestForm& form = shared_.form;
  Json body{{"model", subject_.endpoint.model}, {"messages", messages}, {"stream", true}};
  if (!form.no_stream_options) body["stream_options"] = {{"include_usage", true}};
  body[form.max_completion_tokens ? "max_completion_tokens" : "max_tokens"] = options.max_new_tokens;
  // 31 bits: some servers read it into an int.
  if (!form.no_seed) body["seed"] = seed & 0x7fffffff;
  if (options.temperature) body["temperature"] = *options.temperature;
  if (options.top_p) body["top_p"] = *options.top_p;
  body.update(subject_.extra_body);
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

double ApiClient::guess_of_tokens(const std::string& body, const ApiAskOptions& options) const {
  const int64_t answers = shared_.answers;
  const double answer = answers == 0
                            ? static_cast<double>(options.max_new_tokens)
                            : static_cast<double>(shared_.answer_tokens) / static_cast<double>(answers);
  return static_cast<double>(body.size()) / kBytesPerToken + answer;
}

std::string ApiClient::without_key(std::string text) const {
  if (subject_.key.empty()) return text;
  for (size_t at = text.find(subject_.key); at != text.npos; at = text.find(subject_.key, at))
    text.replace(at, subject_.key.size(), "[key]");
  return text;
}

std::optional<ApiFault> ApiClient::fault_in(const ApiReply& reply) const {
  const std::string& asked = subject_.served_as.empty() ? subject_.endpoint.model : subject_.served_as;
  if (is_served_by(asked, reply.model)) return std::nullopt;
  return ApiFault{.what = fmt::format("'{}' was asked and '{}' answered; if they are the same, say so with "
                                      "--served-as",
                                      asked, shown(reply.model))};
}

ApiClient::Try ApiClient::try_once(const std::string& body, std::stop_token stop) {
  Try out;
  Body reply(subject_.manners.max_reply_bytes);
  const double start = monotonic_seconds();
  const auto sent = http_.post({.path = subject_.endpoint.path + "/chat/completions",
                                .body = body,
                                .bearer = subject_.key,
                                .on_head = [&](const HttpHead& head) { reply.begin(head); },
                                .on_body =
                                    [&](std::string_view bytes) {
                                      const bool more = reply.feed(bytes);
                                      if (out.first_seconds == 0 && reply.has_text())
                                        out.first_seconds = monotonic_seconds() - start;
                                      return more;
                                    }},
                               std::move(stop));
  out.seconds = monotonic_seconds() - start;
  if (!sent && !reply.ended()) {
    out.fault = fault_of(sent.error());
  } else if (!reply.is_answer()) {
    out.fault = reply.fault();
  } else if (Result<ApiReply> whole = reply.reply(); !whole) {
    out.fault = {.what = whole.error().message()};
  } else if (std::optional<ApiFault> fault = fault_in(*whole)) {
    out.fault = *fault;
  } else {
    out.reply = std::move(*whole);
    // A reply that came as one document had its first token somewhere before its end.
    if (out.first_seconds == 0) out.first_seconds = out.seconds;
  }
  out.fault.what = without_key(out.fault.what);
  return out;
}

ApiAnswer ApiClient::ask(const Json& messages, const ApiAskOptions& options, uint64_t seed,
                         std::stop_token stop) {
  const ApiManners& manners = subject_.manners;
  ApiAnswer out;
  const double start = monotonic_seconds();
  while (true) {
    const std::string body = body_of(messages, options, seed);
    const double guess = guess_of_tokens(body, options);
    if (!wait_until(shared_.limiter.reserve(monotonic_seconds(), guess), stop)) {
      out.fault = {.kind = FaultKind::cancelled, .what = "stopped"};
      return out;
    }
    Try one = try_once(body, stop);
    if (one.reply) {
      out.first_seconds = one.first_seconds;
      out.rest_seconds = one.seconds - one.first_seconds;
      out.wait_seconds = monotonic_seconds() - start - one.seconds;
      if (const auto& usage = one.reply->usage) {
        shared_.limiter.settle(guess, static_cast<double>(usage->prompt + usage->completion));
        shared_.answer_tokens += usage->completion;
        ++shared_.answers;
      }
      out.reply = std::move(one.reply);
      return out;
    }
    out.fault = std::move(one.fault);
    // Another thread may have learnt it first: then this request is the old form's last.
    if (out.fault.kind == FaultKind::parameter) {
      if (shared_.form.adapt(out.fault.parameter) || body != body_of(messages, options, seed)) continue;
      out.fault.kind = FaultKind::this_request;
    }
    if (out.fault.kind != FaultKind::transient || out.retries == manners.retries) return out;
    if (out.fault.wait.value_or(0) > manners.longest_wait) {
      out.fault.what += fmt::format("; it asks to wait {:.0f} s", *out.fault.wait);
      return out;
    }
    const double now = monotonic_seconds();
    // A server that asks to wait means all of us.
    if (out.fault.wait) shared_.limiter.hold(now + *out.fault.wait);
    const double until = now + wait_before_retry(out.retries, manners.first_backoff, out.fault.wait,
                                                 manners.jitter_seed ^ seed);
    ++out.retries;
    if (!wait_until(until, stop)) {
      out.fault = {.kind = FaultKind::cancelled, .what = "stopped"};
      return out;
    }
  }
}

Json to_json(const ApiAskOptions& o) {
  const auto number = [](const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); };
  return {
      {"sampling", {{"temperature", number(o.temperature)}, {"top_p", number(o.top_p)}, {"seed", o.seed}}},
      {"samples", o.samples},
      {"max_new_tokens", o.max_new_tokens}};
}

}  // namespace retort::eval
