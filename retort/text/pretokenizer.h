// The pre-tokenizer: cuts text into the words that BPE never merges across, by a chain of steps as
// tokenizer.json lists them. All of its steps work on text; the byte level comes after it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "retort/text/regex.h"
#include "retort/text/text_span.h"

namespace retort {

/// What becomes of what a split's regex matches.
enum class SplitBehavior { isolated, removed, merged_with_previous, merged_with_next, contiguous };

struct PreTokenizerStep {
  enum class Kind {
    split,         // by the regex
    prefix_space,  // puts a space before every piece that has none (ByteLevel's add_prefix_space)
  };
  Kind kind = Kind::split;
  std::string regex;
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;  // the matches are what stands between, and the other way round

  bool operator==(const PreTokenizerStep&) const = default;
};

/// GPT-2's own split, ByteLevel's `use_regex`.
extern const std::string_view kGpt2Regex;

class PreTokenizer {
 public:
  /// `where` names the place in errors. Throws bad_input or unsupported.
  PreTokenizer(std::vector<PreTokenizerStep> steps, std::string_view where, bool jit = true);

  const std::vector<PreTokenizerStep>& steps() const { return steps_; }

  /// Cuts valid UTF-8 into words, none of them empty. `text` changes only where a step adds a space.
  void split(std::string& text, std::vector<TextSpan>& words) const;

 private:
  std::vector<PreTokenizerStep> steps_;
  std::vector<Regex> regexes_;  // one for each step that splits
};

}  // namespace retort
