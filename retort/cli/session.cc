#include "retort/cli/session.h"

#include <fmt/core.h>

#include "retort/base/check.h"
#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/topology.h"
#include "retort/cli/checkpoint_summary.h"
#include "retort/compress/sparsity_file.h"
#include "retort/formats/model_names.h"
#include "retort/model/decoder.h"

namespace retort::cli {
namespace {

int thread_count(const SessionOptions& options) {
  return options.threads ? static_cast<int>(*options.threads) : default_threads(read_topology());
}

Decoder& decoder_of(const LoadedModel& loaded) {
  auto* decoder = dynamic_cast<Decoder*>(loaded.model.get());
  RETORT_CHECK(decoder != nullptr);  // of every architecture
  return *decoder;
}

std::vector<LayerThresholds> thresholds(const SessionOptions& options, const LoadedModel& loaded) {
  const std::filesystem::path path = options.sparsity_file ? std::filesystem::path(*options.sparsity_file)
                                                        : compress::sparsity_path(loaded.checkpoint);
  const compress::SparsityFile file =
      compress::read_sparsity(path, loaded.checkpoint, loaded.config.num_hidden_layers);
  if (*options.sparsity > file.grid.back())
    fail(ErrorCode::bad_input, "{}: has thresholds up to a sparsity of {:g}, --sparsity is {:g}",
         path.string(), file.grid.back(), *options.sparsity);
  return file.at(*options.sparsity);
}

LoadedModel load(Context& context, const SessionOptions& options, Repack repack, Interrupts& interrupts) {
  ProgressBar bar(stderr, ProgressUnit::bytes);
  auto progress = [&](std::string_view what, uint64_t done, uint64_t total) {
    interrupts.throw_if_any();
    bar.update(what, done, total);
  };
  if (options.no_repack) repack = Repack::never;
  if (options.sparsity.value_or(0) == 0)
    return LoadedModel::open(context, find_model(options.path), {.repack = repack, .progress = progress});
  // Pruned matrices are sorted from the file, the others repacked behind them.
  LoadedModel loaded =
      LoadedModel::open(context, find_model(options.path), {.repack = Repack::never, .progress = {}});
  Decoder& decoder = decoder_of(loaded);
  decoder.prune_inputs(context, loaded.checkpoint, thresholds(options, loaded), !options.no_repack, progress);
  decoder.repack(context, loaded.checkpoint, repack, progress);
  return loaded;
}

}  // namespace

void declare_session_options(Options& options, SessionOptions& session) {
  options.option("--threads", session.threads, "N", "threads to compute with (one per core)").within(1, 1024);
  options.option("--kv", session.kv, "TYPE", "keys and values as bf16 (default), or q8 at half the memory")
      .one_of({"bf16", "q8"});
  options.flag("--no-repack", session.no_repack,
               "leave the weights where and as the file has them: runs slower");
  options
      .option(
          "--sparsity", session.sparsity, "X",
          "skip this share of the inputs of matrices, those nearest zero (0.4 = 40 %); see `retort prune`")
      .within(0, 0.95);
  options.option("--sparsity-file", session.sparsity_file, "FILE",
                 "the thresholds that it needs, from `retort prune MODEL --thresholds` (beside the model)");
}

Session::Session(const SessionOptions& options, Repack repack, Interrupts& interrupts)
    : pool(thread_count(options)),
      kernels(kernels::kernel_table(kernels::choose_isa())),
      kv(options.kv == "q8" ? kernels::KvDType::q8 : kernels::KvDType::bf16),
      loaded(load(context, options, repack, interrupts)) {
  if (weights_are_random(loaded.checkpoint))
    fmt::print(stderr,
               "retort: this checkpoint has random weights: what it says is noise, only its speed is real\n");
}

const InputPruning* Session::input_pruning() const {
  return decoder_of(loaded).input_pruning();
}

kernels::KvLayout Session::kv_layout() const {
  return {kv, static_cast<int>(loaded.config.num_key_value_heads), static_cast<int>(loaded.config.head_dim)};
}

}  // namespace retort::cli
