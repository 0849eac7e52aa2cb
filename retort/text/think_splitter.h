// Splits a stream of generated text into the thought and the answer, whatever the chunks' borders.
//
// The thought is what stands between `<think>` and the first `</think>`; a prompt that ended in `<think>`
// starts inside it. `<think>` counts only at the very start, so answers may talk about the tags. Of the text
// only these are dropped: the tags, white space before an opening tag, one "\n" at the thought's start, white
// space before `</think>`, and up to two "\n" at the start of an answer that follows a thought.
#pragma once

#include <string>
#include <string_view>

namespace retort {

struct ThinkDelta {
  std::string reasoning;
  std::string content;
};

class ThinkSplitter {
 public:
  /// `in_thought`: the prompt ended inside `<think>` (ChatPrompt::in_thought).
  explicit ThinkSplitter(bool in_thought);

  /// What became certain with this chunk. Text that may be part of a tag waits for the next.
  ThinkDelta feed(std::string_view chunk);
  /// The text ended; what waited is handed out. A thought that is not closed stays reasoning.
  ThinkDelta finish();

  bool in_thought() const {
    return state_ == State::thought || (starts_in_thought_ && state_ == State::start);
  }

 private:
  enum class State { start, thought, content };

  void start(ThinkDelta& delta);
  void thought(ThinkDelta& delta);
  void content(ThinkDelta& delta);
  void begin_thought();
  void drop_newlines();

  bool starts_in_thought_;
  State state_ = State::start;
  int newlines_to_drop_ = 0;
  std::string held_;    // not yet decided
  size_t scanned_ = 0;  // bytes of held_ that are white space, and need not be looked at again
};

}  // namespace retort
