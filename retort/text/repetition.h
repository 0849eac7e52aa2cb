// Notices that a generation has run into a loop: its tail is one block of tokens, over and over.
//
// For every period p the detector keeps how many of the last tokens equal the one p before them: run[p].
// The tail is then a block of p tokens repeated run[p] / p + 1 times. A token costs one pass over the periods
// (max_period comparisons of neighbouring memory: about 0.3 us, against milliseconds for a decode step).
//
// The thresholds ask for both many repeats and a long tail, since honest text repeats as well: rules of
// tables, matrices of zeros, 10^100 written out, the same line twice. Enumerations are safe at any length:
// their numbers change. Loops of small R1 distills go on to the context's end, so a few hundred tokens
// of patience cost little.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace retort {

struct RepetitionOptions {
  uint32_t max_period = 512;  // tokens of the longest block
  uint32_t min_repeats = 4;   // of the block
  uint32_t min_tokens = 512;  // of all repeats together
};

struct Repetition {
  uint32_t period = 0;   // tokens of the block
  uint32_t repeats = 0;  // whole ones at the tail
};

class RepetitionDetector {
 public:
  explicit RepetitionDetector(RepetitionOptions options = {});

  /// Takes the next token. The shortest block that repeats often enough, if there is one.
  std::optional<Repetition> push(int32_t token);
  /// Forgets everything, as at the end of the thought.
  void reset();

 private:
  RepetitionOptions options_;
  std::vector<int32_t> tail_;   // the last max_period tokens, written twice: a window of them is contiguous
  std::vector<uint32_t> runs_;  // [max_period - p]: so that it runs along the window
  std::vector<uint32_t> needed_;
  uint64_t count_ = 0;
};

}  // namespace retort
