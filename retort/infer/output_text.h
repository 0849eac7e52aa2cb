// OutputText: from the tokens of one request to its text, split into reasoning and content, cut at stop
// strings.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/infer/request.h"
#include "retort/text/repetition.h"
#include "retort/text/stop_strings.h"
#include "retort/text/think_splitter.h"

namespace retort {

/// The bytes of a token; "" for those that are not text. Called by one thread at a time.
using PieceFn = std::function<std::string_view(int32_t)>;

/// Text is let go once it is certain: characters when complete, and what may be the beginning of a tag or a
/// stop string when it turns out not to be.
class OutputText {
 public:
  /// Both are used until the end. Without `piece` there is no text, and a thought ends with the ids of
  /// think_end. Throws Error bad_input for stop strings that are empty or too many.
  OutputText(const PieceFn& piece, const Request& request);

  /// Appends the text that the token makes certain.
  void push(int32_t token, std::string& reasoning, std::string& content);
  /// Appends what is still held back; nothing after a stop string. Again, nothing.
  void finish(std::string& reasoning, std::string& content);

  bool in_thought() const { return piece_ ? splitter_.in_thought() : in_thought_by_ids_; }
  /// The bytes so far end inside a UTF-8 character.
  bool mid_character() const { return !bytes_.empty(); }
  /// The thought repeats itself.
  bool looping() const { return looping_; }
  /// The stop string that ended the output; "" if none did.
  std::string_view stop_string() const;

 private:
  void follow_ids(int32_t token);
  void emit(const ThinkDelta& delta, std::string& reasoning, std::string& content);

  const PieceFn& piece_;
  const Request& request_;
  std::string bytes_;  // of a character that is not complete
  ThinkSplitter splitter_;
  StopMatcher content_stops_, reasoning_stops_;
  std::optional<RepetitionDetector> repetition_;
  bool looping_ = false;

  bool in_thought_by_ids_;
  std::vector<int32_t> last_ids_;
};

}  // namespace retort
