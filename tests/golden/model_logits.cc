// model_logits MODEL IDS.json OUT.f32 [--greedy N] [--threads N] [--step N] [--no-repack] [--kv q8]
// Logits after each id (row-major f32), of a list of lists of ids for one text after another; and with
// --greedy the tokens that follow as JSON on stdout.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/json.h"
#include "retort/model/architecture.h"

namespace retort {
namespace {

struct Options {
  std::string model, ids, out;
  int greedy = 0, threads = 2, step = 0;
  bool no_repack = false;
  std::string kv = "bf16";
};

/// Feeds tokens `step` at a time (0: all at once) and appends their logits to `out`.
class Runner {
 public:
  Runner(Context ctx, const CausalLM& model, KvCache& cache) : ctx_(ctx), model_(model), cache_(cache) {
    pages_.resize(static_cast<size_t>(cache.n_pages()));
    std::iota(pages_.begin(), pages_.end(), 0);
  }

  /// The next token is the first of a new text.
  void restart() { position_ = 0; }

  void feed(std::span<const int32_t> tokens, std::vector<float>& out) {
    ctx_.arena.reset();
    SequenceStep step{tokens, position_, pages_, static_cast<int>(tokens.size())};
    Tensor logits = model_.forward(ctx_, {&step, 1}, cache_);
    position_ += static_cast<int64_t>(tokens.size());
    out.insert(out.end(), logits.f32(), logits.f32() + logits.shape().elements());
  }

 private:
  Context ctx_;
  const CausalLM& model_;
  KvCache& cache_;
  std::vector<int32_t> pages_;
  int64_t position_ = 0;
};

std::vector<std::vector<int32_t>> texts_of(const std::string& file) {
  const Json ids = parse_json(read_file(file), file);
  if (!ids.empty() && ids.front().is_array()) return ids.get<std::vector<std::vector<int32_t>>>();
  return {ids.get<std::vector<int32_t>>()};
}

void run(const Options& options) {
  const std::vector<std::vector<int32_t>> texts = texts_of(options.ids);
  Checkpoint checkpoint = Checkpoint::open(options.model);
  ModelConfig config = read_model_config(checkpoint);
  ThreadPool pool(options.threads);
  Arena arena;
  auto kernels = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, kernels};
  auto model = load_causal_lm(ctx, checkpoint, config,
                              {.repack = options.no_repack ? Repack::never : Repack::now, .progress = {}});
  kernels::KvLayout layout{options.kv == "q8" ? kernels::KvDType::q8 : kernels::KvDType::bf16,
                           static_cast<int>(config.num_key_value_heads), static_cast<int>(config.head_dim)};
  size_t longest = 0;
  for (const auto& ids : texts) longest = std::max(longest, ids.size());
  const auto total = static_cast<int64_t>(longest) + options.greedy;
  KvCache cache(layout, static_cast<int>(config.num_hidden_layers), total / kernels::kPageTokens + 1);

  Runner runner(ctx, *model, cache);
  std::vector<float> logits;
  for (const auto& ids : texts) {
    runner.restart();
    const size_t step = options.step > 0 ? static_cast<size_t>(options.step) : ids.size();
    for (size_t i = 0; i < ids.size(); i += step)
      runner.feed(std::span(ids).subspan(i, std::min(step, ids.size() - i)), logits);
  }
  if (!options.out.empty()) {
    std::ofstream file(options.out, std::ios::binary);
    file.write(reinterpret_cast<const char*>(logits.data()), static_cast<std::streamsize>(logits.size() * 4));
  }
  const auto vocab = static_cast<size_t>(config.vocab_size);
  std::vector<int64_t> tokens;
  for (int i = 0; i < options.greedy; ++i) {
    const float* last = logits.data() + logits.size() - vocab;
    auto best = static_cast<int32_t>(kernels.elementwise.argmax(last, config.vocab_size));
    tokens.push_back(best);
    logits.clear();
    runner.feed({&best, 1}, logits);
  }
  std::printf("%s\n", Json(tokens).dump().c_str());
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  CLI::App app("logits of a checkpoint");
  retort::Options options;
  app.add_option("model", options.model)->required();
  app.add_option("ids", options.ids)->required();
  app.add_option("out", options.out);
  app.add_option("--greedy", options.greedy);
  app.add_option("--threads", options.threads);
  app.add_option("--step", options.step);
  app.add_flag("--no-repack", options.no_repack);
  app.add_option("--kv", options.kv);
  CLI11_PARSE(app, argc, argv);
  try {
    retort::run(options);
  } catch (const retort::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return retort::exit_status(e.code());
  }
  return 0;
}
