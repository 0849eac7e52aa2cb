// The regexes of tokenizer.json, run by PCRE2. They are written for Oniguruma; what means something else
// there is rewritten, what cannot be is refused by name. Hostile text cannot exhaust the stack, and a
// hostile pattern runs out of its time.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace retort {

/// A match: bytes [begin, end) of the text.
struct RegexMatch {
  size_t begin = 0;
  size_t end = 0;
};

struct RegexOptions {
  bool jit = true;    // else the pattern is interpreted
  bool timed = true;  // looks at the clock on the way, at a price; for patterns not known to be linear
};

class Regex {
 public:
  /// `where` names the place in errors. Throws bad_input or unsupported.
  Regex(std::string_view pattern, std::string_view where, RegexOptions options = {});
  ~Regex();
  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;

  const std::string& pattern() const { return pattern_; }

  /// Walks over the matches in valid UTF-8, left to right, as Oniguruma's iterator does: an empty match
  /// directly after the last match does not count. One walker serves many texts, one after another.
  class Matches {
   public:
    /// The time allowed (if it is timed) grows with `total` bytes, the size of all texts together.
    Matches(const Regex& regex, size_t total);
    ~Matches();
    Matches(const Matches&) = delete;
    /// Goes to the beginning of a text, which outlives the walk over it.
    void start(std::string_view text);
    /// Throws Error resource when the pattern takes more time or memory than any sane one would.
    std::optional<RegexMatch> next();

   private:
    bool search();

    struct State;
    std::unique_ptr<State> state_;
  };

 private:
  struct Code;
  std::string pattern_;
  std::string where_;
  bool timed_;
  std::unique_ptr<Code> code_;
};

/// The Oniguruma pattern in PCRE2's words.
std::string to_pcre2(std::string_view pattern, std::string_view where);

}  // namespace retort
