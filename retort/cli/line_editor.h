// The prompt of a chat on a terminal: one message at a time, with line editing and history. libedit stays in
// the .cc.
#pragma once

#include <memory>
#include <string>

#include "retort/cli/interrupts.h"

namespace retort::cli {

struct Input {
  enum class Kind { message, interrupted, end } kind = Kind::end;
  std::string text;  // several lines when they were pasted at once
};

class LineEditor {
 public:
  /// `interrupts` outlives it.
  explicit LineEditor(Interrupts& interrupts);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  /// Waits for a message; Ctrl-C is `interrupted`, Ctrl-D on an empty line is `end`.
  Input read(const char* prompt);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retort::cli
