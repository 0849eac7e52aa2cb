#include "retort/cli/run_options.h"

#include <algorithm>
#include <random>

namespace retort::cli {
namespace {

constexpr double kMaxTokens = 1 << 24;

void declare_input(Options& options, RunOptions& run) {
  options
      .positional("MODEL", run.session.path, "a name such as micro-13, a GGUF file or a Hugging Face folder")
      .option("-p,--prompt", run.prompt, "TEXT", "answer this and stop (also: write the prompt to stdin)")
      .option("--system", run.system, "TEXT", "a system prompt; R1's makers advise against one")
      .flag("--raw", run.raw, "no chat template: continue the text as it is")
      .flag("--show-thoughts", run.show_thoughts, "print thoughts (default on a terminal)")
      .flag("--hide-thoughts", run.hide_thoughts, "print answers only (default elsewhere)")
      .flag("--json", run.json, "one JSON object with reasoning, content, usage, timings; needs a prompt");
}

void declare_sampling(Options& options, RunOptions& run) {
  options.group("Sampling (defaults: the model's generation config, else temperature 0.6 and top-p 0.95)")
      .option("--temperature", run.temperature, "X", "0: always the likeliest token")
      .within(0, 100)
      .option("--top-p", run.top_p, "X", "keep the likeliest tokens of this mass")
      .within(1e-6, 1)
      .option("--top-k", run.top_k, "N", "keep so many; 0: all")
      .within(0, 1e9)
      .option("--min-p", run.min_p, "X", "drop tokens less likely than this share of the likeliest")
      .within(0, 1)
      .option("--seed", run.seed, "N", "same seed, same answer; default: a new one each time")
      .within(0, 9e15);
}

void declare_limits(Options& options, RunOptions& run) {
  options.group("Limits")
      .option("--max-new-tokens", run.max_new_tokens, "N",
              "end an answer after so many tokens, thoughts included")
      .within(1, kMaxTokens)
      .option("--think-budget", run.think_budget, "N", "end a thought after so many tokens; 0: no thought")
      .within(0, kMaxTokens)
      .option_list("--stop", run.stop, "TEXT", "end the answer before this text; may be repeated")
      .option("--context", run.context, "N",
              "tokens that the conversation may hold (the model's, as memory allows)")
      .within(16, kMaxTokens);
}

}  // namespace

void declare_run_options(Options& options, RunOptions& run) {
  declare_input(options, run);
  declare_sampling(options, run);
  declare_limits(options, run);
  options.group("Machine");
  declare_session_options(options, run.session);
  options.examples(
      "  retort run model.gguf                                  chat; /help lists the commands\n"
      "  retort run model.gguf -p 'What is 17 * 23?'            one answer\n"
      "  echo 'What is 17 * 23?' | retort run model.gguf        the same\n"
      "  retort run model.gguf -p 'Prove it.' --think-budget 500 --json\n"
      "  retort run ./DeepSeek-R1-Distill-Qwen-7B --kv q8 --context 32768");
}

SamplingParameters sampling_of(const RunOptions& run, const LoadedModel& model) {
  SamplingParameters s = model.default_sampling();
  if (run.temperature) s.temperature = static_cast<float>(*run.temperature);
  if (run.top_p) s.top_p = static_cast<float>(*run.top_p);
  if (run.top_k) s.top_k = static_cast<int32_t>(std::min(*run.top_k, model.config.vocab_size));
  if (run.min_p) s.min_p = static_cast<float>(*run.min_p);
  s.seed = run.seed ? static_cast<uint64_t>(*run.seed) : std::random_device()();
  return s;
}

}  // namespace retort::cli
