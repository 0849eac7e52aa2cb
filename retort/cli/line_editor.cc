#include "retort/cli/line_editor.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cwchar>

#include "retort/base/error.h"

namespace retort::cli {
namespace {

constexpr int kPasteMilliseconds = 20;  // a line that follows another this soon was not typed
constexpr char kEndOfTransmission = 4;  // Ctrl-D
constexpr size_t kMaxMessageBytes = size_t{4} << 20;

/// libedit draws what the locale can; Retort's text is UTF-8.
void use_utf8() {
  if (std::setlocale(LC_CTYPE, "") == nullptr || MB_CUR_MAX < 4) std::setlocale(LC_CTYPE, "C.UTF-8");
}

bool readable_within(int fd, int milliseconds) {
  pollfd waiting{fd, POLLIN, 0};
  return poll(&waiting, 1, milliseconds) == 1 && (waiting.revents & POLLIN) != 0;
}

}  // namespace

struct LineEditor::Impl {
  Interrupts& interrupts;
  EditLine* editor = nullptr;
  History* history = nullptr;
  const char* prompt = "";
  bool interrupted = false;
  std::mbstate_t decoder{};

  static Impl& of(EditLine* editor) {
    void* self = nullptr;
    el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<Impl*>(self);
  }
  static char* get_prompt(EditLine* editor) { return const_cast<char*>(of(editor).prompt); }
  static int get_character(EditLine* editor, wchar_t* out) { return of(editor).read_character(out); }

  /// 1: a character, 0: the end, -1: Ctrl-C (libedit's convention).
  int read_character(wchar_t* out) {
    for (;;) {
      pollfd waiting[] = {{STDIN_FILENO, POLLIN, 0}, {interrupts.descriptor(), POLLIN, 0}};
      if (poll(waiting, 2, -1) < 0 && errno != EINTR) return 0;
      if (interrupts.take()) {
        interrupted = true;
        return -1;
      }
      if ((waiting[0].revents & (POLLIN | POLLHUP)) == 0) continue;
      char byte = 0;
      if (::read(STDIN_FILENO, &byte, 1) != 1) return 0;
      // A Ctrl-D that came while the terminal still edited lines itself is handed over as a zero.
      if (byte == 0) byte = kEndOfTransmission;
      size_t n = std::mbrtowc(out, &byte, 1, &decoder);
      if (n == 1) return 1;
      if (n == static_cast<size_t>(-1)) decoder = {};  // not UTF-8: dropped
    }
  }

  bool read_line(std::string& text) {
    int length = 0;
    const char* line = el_gets(editor, &length);
    if (line == nullptr || length <= 0) return false;
    text.append(line, static_cast<size_t>(length));
    return true;
  }
};

LineEditor::LineEditor(Interrupts& interrupts) : impl_(new Impl{.interrupts = interrupts}) {
  use_utf8();
  impl_->editor = el_init("retort", stdin, stdout, stderr);
  impl_->history = history_init();
  if (impl_->editor == nullptr || impl_->history == nullptr)
    fail(ErrorCode::resource, "the terminal cannot be edited");
  HistEvent event;
  history(impl_->history, &event, H_SETSIZE, 1000);
  el_set(impl_->editor, EL_CLIENTDATA, impl_.get());
  el_set(impl_->editor, EL_EDITOR, "emacs");
  el_set(impl_->editor, EL_PROMPT, &Impl::get_prompt);
  el_set(impl_->editor, EL_HIST, history, impl_->history);
  el_set(impl_->editor, EL_GETCFN, &Impl::get_character);
}

LineEditor::~LineEditor() {
  if (impl_->history != nullptr) history_end(impl_->history);
  if (impl_->editor != nullptr) el_end(impl_->editor);
}

Input LineEditor::read(const char* prompt) {
  impl_->prompt = prompt;
  impl_->interrupted = false;
  std::string text;
  bool got = impl_->read_line(text);
  impl_->prompt = "";
  while (got && text.size() < kMaxMessageBytes && readable_within(STDIN_FILENO, kPasteMilliseconds))
    got = impl_->read_line(text);
  if (impl_->interrupted) return {Input::Kind::interrupted, ""};
  if (text.empty()) return {Input::Kind::end, ""};
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (!text.empty()) {
    HistEvent event;
    history(impl_->history, &event, H_ENTER, text.c_str());
  }
  return {Input::Kind::message, text};
}

}  // namespace retort::cli
