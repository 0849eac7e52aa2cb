#include "retort/cli/answer_printer.h"

#include <fmt/core.h>

namespace retort::cli {

void AnswerPrinter::print(std::string_view text) {
  if (text.empty()) return;
  // A model's text must not give orders to a terminal; files and pipes get it as it is.
  if (terminal_.interactive)
    fmt::print(out_, "{}", printable(text));
  else
    std::fwrite(text.data(), 1, text.size(), out_);
  at_line_start_ = text.back() == '\n';
  std::fflush(out_);
}

void AnswerPrinter::end_thought() {
  if (!at_line_start_) print("\n");
  if (terminal_.colors)
    fmt::print(out_, "{}\n", terminal_.end());
  else
    print("</think>\n\n");
  at_line_start_ = true;
}

void AnswerPrinter::begin(Part part) {
  if (part_ == part) return;
  if (part_ == Part::thought && show_thoughts_) end_thought();
  if (part == Part::thought && show_thoughts_) {
    if (terminal_.colors)
      fmt::print(out_, "{}", terminal_.begin(Style::faint));
    else
      print("<think>\n");
  }
  part_ = part;
}

void AnswerPrinter::show_that_it_thinks() {
  ++hidden_pieces_;
  auto now = std::chrono::steady_clock::now();
  if (!status_.interactive || now - last_status_ < std::chrono::milliseconds(100)) return;
  last_status_ = now;
  status_shown_ = true;
  fmt::print(stderr, "\r\x1b[Kthinking: {} tokens", hidden_pieces_);
}

void AnswerPrinter::reasoning(std::string_view text) {
  if (text.empty()) return;
  begin(Part::thought);
  if (show_thoughts_)
    print(text);
  else
    show_that_it_thinks();
}

void AnswerPrinter::content(std::string_view text) {
  if (text.empty()) return;
  if (status_shown_) fmt::print(stderr, "\r\x1b[K");
  status_shown_ = false;
  begin(Part::answer);
  print(text);
}

void AnswerPrinter::finish() {
  if (status_shown_) fmt::print(stderr, "\r\x1b[K");
  status_shown_ = false;
  begin(Part::none);
  if (!at_line_start_) print("\n");
}

}  // namespace retort::cli
