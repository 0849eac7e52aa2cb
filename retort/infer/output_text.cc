#include "retort/infer/output_text.h"

#include <utility>

#include "retort/text/unicode.h"

namespace retort {

OutputText::OutputText(const PieceFn& piece, const Request& request)
    : piece_(piece),
      request_(request),
      splitter_(request.thinking.starts_in_thought),
      content_stops_(request.stop_strings),
      reasoning_stops_(request.stop_in_reasoning ? request.stop_strings : std::vector<std::string>{}),
      in_thought_by_ids_(request.thinking.starts_in_thought) {
  if (request.thinking.stop_loops) repetition_.emplace();
}

void OutputText::push(int32_t token, std::string& reasoning, std::string& content) {
  if (repetition_ && in_thought()) looping_ = repetition_->push(token).has_value();
  if (!piece_) return follow_ids(token);
  bytes_ += piece_(token);
  std::string text;
  bytes_.erase(0, append_complete_utf8(bytes_, text));
  emit(splitter_.feed(text), reasoning, content);
}

void OutputText::finish(std::string& reasoning, std::string& content) {
  if (!piece_) return;
  emit(splitter_.feed(repair_utf8(std::exchange(bytes_, {}))), reasoning, content);
  emit(splitter_.finish(), reasoning, content);
  reasoning += reasoning_stops_.finish();
  content += content_stops_.finish();
}

void OutputText::emit(const ThinkDelta& delta, std::string& reasoning, std::string& content) {
  reasoning += reasoning_stops_.feed(delta.reasoning);
  if (reasoning_stops_.matched()) return;
  if (!splitter_.in_thought())
    reasoning += reasoning_stops_.finish();  // none reaches from the thought into the content
  content += content_stops_.feed(delta.content);
}

std::string_view OutputText::stop_string() const {
  auto matched = reasoning_stops_.matched() ? reasoning_stops_.matched() : content_stops_.matched();
  return matched ? std::string_view(request_.stop_strings[*matched]) : std::string_view();
}

void OutputText::follow_ids(int32_t token) {
  const std::vector<int32_t>& end = request_.thinking.think_end;
  last_ids_.push_back(token);
  if (last_ids_.size() > end.size()) last_ids_.erase(last_ids_.begin());
  if (!end.empty() && last_ids_ == end) in_thought_by_ids_ = false;
}

}  // namespace retort
