// Prints an answer while it is made: thoughts faint on a terminal, between <think> marks elsewhere, or not at
// all.
#pragma once

#include <chrono>
#include <cstdio>
#include <string_view>

#include "retort/base/terminal.h"

namespace retort::cli {

class AnswerPrinter {
 public:
  AnswerPrinter(FILE* out, bool show_thoughts)
      : out_(out),
        terminal_(Terminal::of(out)),
        status_(Terminal::of(stderr)),
        show_thoughts_(show_thoughts) {}

  void reasoning(std::string_view text);
  void content(std::string_view text);
  /// Ends the last line and all styles.
  void finish();

 private:
  enum class Part { none, thought, answer };
  void begin(Part part);
  void end_thought();
  void print(std::string_view text);
  void show_that_it_thinks();

  FILE* out_;
  Terminal terminal_, status_;
  bool show_thoughts_;
  Part part_ = Part::none;
  bool at_line_start_ = true;
  bool status_shown_ = false;
  int64_t hidden_pieces_ = 0;
  std::chrono::steady_clock::time_point last_status_{};
};

}  // namespace retort::cli
