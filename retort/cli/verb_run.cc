// `retort run`: a chat on a terminal, or one answer to a prompt given with -p or on stdin.
#include <fmt/core.h>
#include <unistd.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/cli/answer_printer.h"
#include "retort/cli/chat.h"
#include "retort/cli/checkpoint_summary.h"
#include "retort/cli/output.h"
#include "retort/model/input_pruning.h"

namespace retort::cli {
namespace {

constexpr size_t kMaxPromptBytes = size_t{64} << 20;

std::string read_stdin() {
  std::string text;
  char buffer[65536];
  for (size_t n; (n = std::fread(buffer, 1, sizeof buffer, stdin)) > 0;) {
    text.append(buffer, n);
    if (text.size() > kMaxPromptBytes)
      fail(ErrorCode::bad_input, "run: the prompt on stdin is longer than {} MiB", kMaxPromptBytes >> 20);
  }
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

/// 0.6, not 0.6000000238418579: the shortest decimal that is this float.
double as_written(float x) {
  return std::strtod(fmt::format("{}", x).c_str(), nullptr);
}

Json completion_json(const Completion& done, const Conversation& conversation, const Session& session) {
  const SamplingParameters& s = conversation.sampling();
  const Usage& u = done.usage;
  const Timings& t = done.timings;
  Json out;
  out["reasoning"] = done.reasoning;
  out["content"] = done.content;
  out["finish_reason"] = name(done.finish_reason);
  out["thought_end"] = name(done.thought_end);
  out["usage"] = {{"prompt_tokens", u.prompt_tokens},
                  {"cached_tokens", u.cached_tokens},
                  {"completion_tokens", u.completion_tokens},
                  {"reasoning_tokens", u.reasoning_tokens},
                  {"forced_tokens", u.forced_tokens}};
  out["timings"] = {{"prefill_seconds", t.prefill_seconds},
                    {"decode_seconds", t.decode_seconds},
                    {"prefill_tokens_per_second", t.prefill_tokens_per_second(u)},
                    {"decode_tokens_per_second", t.decode_tokens_per_second(u)},
                    {"obtained", "measured"}};
  out["sampling"] = {{"temperature", as_written(s.temperature)},
                     {"top_p", as_written(s.top_p)},
                     {"top_k", s.top_k},
                     {"min_p", as_written(s.min_p)},
                     {"seed", s.seed}};
  out["model"] = session.loaded.checkpoint.path().string();
  out["weights"] = weights_are_random(session.loaded.checkpoint) ? Json("random") : Json();
  if (const InputPruning* pruning = session.input_pruning())
    out["sparsity"] = {{"skipped", pruning->skipped()},
                       {"by_columns", pruning->packed_bytes() > 0},
                       {"obtained", "measured"}};
  return out;
}

/// 130 if Ctrl-C stopped the answer; what was said until then is printed all the same.
int answer_once(const RunOptions& options, Session& session, Interrupts& interrupts,
                const std::string& prompt) {
  Conversation conversation(session, options, interrupts);
  AnswerPrinter printer(stdout, options.show_thoughts);
  Completion done = conversation.ask(prompt, [&](std::string_view reasoning, std::string_view content) {
    if (options.json) return;
    printer.reasoning(reasoning);
    printer.content(content);
  });
  if (options.json)
    print_json(completion_json(done, conversation, session));
  else
    printer.finish();
  return done.finish_reason == FinishReason::cancelled ? exit_status(ErrorCode::cancelled) : 0;
}

}  // namespace

int verb_run(const Arguments& arguments) {
  RunOptions options;
  Options parser("run",
                 "Chats with a model in the terminal, thoughts dimmed; or answers one prompt given with -p "
                 "or on stdin.\n"
                 "Ctrl-C stops the answer, not the program.");
  declare_run_options(parser, options);
  if (!parser.parse(arguments)) return 0;
  if (options.show_thoughts && options.hide_thoughts)
    fail(ErrorCode::bad_input, "run: --show-thoughts and --hide-thoughts exclude each other");

  bool from_terminal = isatty(STDIN_FILENO) != 0;
  if (options.json && !options.prompt && from_terminal)
    fail(ErrorCode::bad_input, "run: --json needs a prompt: -p TEXT, or text on stdin");
  options.show_thoughts = options.show_thoughts || (!options.hide_thoughts && isatty(STDOUT_FILENO) != 0);

  Interrupts interrupts;
  bool one_shot = options.prompt || !from_terminal;
  std::string prompt = options.prompt ? *options.prompt : one_shot ? read_stdin() : "";
  if (one_shot && prompt.empty())
    fail(ErrorCode::bad_input, "run: the prompt is empty: give one with -p TEXT, or as text on stdin");
  Session session(options.session, Repack::meanwhile, interrupts);
  if (one_shot) return answer_once(options, session, interrupts, prompt);
  Conversation conversation(session, options, interrupts);
  chat(conversation, interrupts, options.show_thoughts);
  return 0;
}

}  // namespace retort::cli
