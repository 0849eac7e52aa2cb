#include "retort/cli/chat.h"

#include <fmt/core.h>

#include <charconv>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/nearest.h"
#include "retort/cli/answer_printer.h"
#include "retort/cli/line_editor.h"
#include "retort/cli/output.h"

namespace retort::cli {
namespace {

class Chat {
 public:
  Chat(Conversation& conversation, Interrupts& interrupts, bool show_thoughts)
      : conversation_(conversation), editor_(interrupts), show_thoughts_(show_thoughts) {}

  void loop();

 private:
  struct Command {
    const char* name;
    const char* arguments;
    const char* help;
    void (Chat::*run)(std::string_view argument);
  };
  static const Command kCommands[];

  void say(std::string_view text) {
    fmt::print("{}{}{}\n", terminal_.begin(Style::faint), text, terminal_.end());
  }
  void obey(std::string_view line);
  void answer(std::string_view message);

  void help(std::string_view);
  void reset(std::string_view);
  void stats(std::string_view);
  void think(std::string_view argument);
  void save(std::string_view argument);
  void quit(std::string_view) { leaving_ = true; }

  Conversation& conversation_;
  LineEditor editor_;
  Terminal terminal_ = Terminal::of(stdout);
  bool show_thoughts_;
  bool leaving_ = false;
  std::optional<Completion> last_;
};

const Chat::Command Chat::kCommands[] = {
    {"/help", "", "this list", &Chat::help},
    {"/reset", "", "forget the conversation", &Chat::reset},
    {"/stats", "", "speed of the last answer, context, sampling", &Chat::stats},
    {"/think", "on|off|N", "thoughts without limit, none, or at most N tokens", &Chat::think},
    {"/save", "FILE", "write the conversation as JSON", &Chat::save},
    {"/quit", "", "leave (also Ctrl-D, or Ctrl-C twice)", &Chat::quit},
};

void Chat::help(std::string_view) {
  for (const Command& c : kCommands) fmt::print("  {:<8}{:<10}{}\n", c.name, c.arguments, c.help);
  say("Ctrl-C stops an answer. Several lines can be pasted at once. Begin a message with a space to start it "
      "with /.");
}

void Chat::reset(std::string_view) {
  conversation_.reset();
  last_.reset();
  say("The conversation is forgotten.");
}

void Chat::stats(std::string_view) {
  const SamplingParameters& s = conversation_.sampling();
  print_row("sampling", fmt::format("temperature {:g}, top-p {:g}, top-k {}, min-p {:g}, seed {}",
                                    s.temperature, s.top_p, s.top_k, s.min_p, s.seed));
  print_row("thinking", conversation_.think_budget()
                            ? fmt::format("at most {} tokens", *conversation_.think_budget())
                            : "without limit");
  print_row("context",
            fmt::format("{} of {} tokens", conversation_.tokens_used(), conversation_.max_context()));
  if (!last_) return;
  const Usage& u = last_->usage;
  const Timings& t = last_->timings;
  print_row("prompt", fmt::format("{} tokens, {} of them known from before, {:.1f} tokens/s (measured)",
                                  u.prompt_tokens, u.cached_tokens, t.prefill_tokens_per_second(u)));
  print_row("answer", fmt::format("{} tokens, {} of them thought, {:.1f} tokens/s (measured)",
                                  u.completion_tokens, u.reasoning_tokens, t.decode_tokens_per_second(u)));
  print_row("ended by", name(last_->finish_reason));
}

void Chat::think(std::string_view argument) {
  int64_t n = -1;
  auto [end, error] = std::from_chars(argument.data(), argument.data() + argument.size(), n);
  bool number = error == std::errc() && end == argument.data() + argument.size() && n >= 0;
  if (argument == "on")
    conversation_.set_think_budget(std::nullopt);
  else if (argument == "off" || number)
    conversation_.set_think_budget(number ? n : 0);
  else
    return say("/think on, /think off, or /think N");
  say(argument == "on" ? "Thoughts have no limit."
      : number         ? fmt::format("Thoughts end after {} tokens.", n)
                       : "No thoughts.");
}

void Chat::save(std::string_view argument) {
  if (argument.empty()) return say("/save FILE");
  write_file_atomic(
      argument,
      conversation_.messages().dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  say(fmt::format("{} messages are in {}", conversation_.messages().size(), argument));
}

void Chat::obey(std::string_view line) {
  size_t space = line.find(' ');
  std::string_view word = line.substr(0, space);
  std::string_view argument = space == line.npos ? "" : line.substr(line.find_last_of(' ') + 1);
  std::vector<std::string> names;
  for (const Command& c : kCommands) {
    if (c.name == word) return (this->*c.run)(argument);
    names.emplace_back(c.name);
  }
  say(fmt::format("unknown command '{}'{}", word, did_you_mean(word, names)));
}

void Chat::answer(std::string_view message) {
  AnswerPrinter printer(stdout, show_thoughts_);
  last_ = conversation_.ask(message, [&](std::string_view reasoning, std::string_view content) {
    printer.reasoning(reasoning);
    printer.content(content);
  });
  printer.finish();
  if (last_->finish_reason == FinishReason::cancelled) say("[stopped]");
  if (last_->finish_reason == FinishReason::length) say("[cut off: the limit of tokens is reached]");
  if (last_->thought_end == ThoughtEnd::loop) say("[the thought repeated itself and was ended]");
}

void Chat::loop() {
  bool asked_to_leave = false;
  while (!leaving_) {
    Input input = editor_.read("> ");
    if (input.kind == Input::Kind::end) break;
    if (input.kind == Input::Kind::interrupted) {
      fmt::print("\n");
      if (asked_to_leave) break;
      asked_to_leave = true;
      say("Ctrl-C again to leave.");
      continue;
    }
    asked_to_leave = false;
    try {
      if (input.text.starts_with('/'))
        obey(input.text);
      else if (input.text.find_first_not_of(" \t\n") != std::string::npos)
        answer(input.text);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::internal) throw;
      say(fmt::format("{}", printable(error.message())));
    }
  }
}

}  // namespace

void chat(Conversation& conversation, Interrupts& interrupts, bool show_thoughts) {
  fmt::print("Type a message. /help lists the commands.\n");
  Chat(conversation, interrupts, show_thoughts).loop();
}

}  // namespace retort::cli
