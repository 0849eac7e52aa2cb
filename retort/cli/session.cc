#include "retort/cli/session.h"

#include <fmt/core.h>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/topology.h"
#include "retort/cli/checkpoint_summary.h"
#include "retort/formats/model_names.h"

namespace retort::cli {
namespace {

int thread_count(const SessionOptions& options) {
  return options.threads ? static_cast<int>(*options.threads) : default_threads(read_topology());
}

LoadedModel load(Context& context, const SessionOptions& options, Repack repack, Interrupts& interrupts) {
  ProgressBar bar(stderr, ProgressUnit::bytes);
  auto progress = [&](std::string_view what, uint64_t done, uint64_t total) {
    interrupts.throw_if_any();
    bar.update(what, done, total);
  };
  return LoadedModel::open(context, find_model(options.path),
                           {.repack = options.no_repack ? Repack::never : repack, .progress = progress});
}

}  // namespace

void declare_session_options(Options& options, SessionOptions& session) {
  options.option("--threads", session.threads, "N", "threads to compute with (one per core)").within(1, 1024);
  options
      .option("--kv", session.kv, "TYPE",
              "keys and values as bf16 (default), or at half the memory as q8 (8-bit integers) or fp8 (E4M3)")
      .one_of({"bf16", "q8", "fp8"});
  options.flag("--no-repack", session.no_repack,
               "leave the weights where and as the file has them: runs slower");
}

Session::Session(const SessionOptions& options, Repack repack, Interrupts& interrupts)
    : pool(thread_count(options)),
      kernels(kernels::kernel_table(kernels::choose_isa())),
      kv(kernels::kv_dtype_from_name(options.kv).value()),
      loaded(load(context, options, repack, interrupts)) {
  if (weights_are_random(loaded.checkpoint))
    fmt::print(stderr,
               "retort: this checkpoint has random weights: what it says is noise, only its speed is real\n");
}

kernels::KvLayout Session::kv_layout() const {
  return {kv, static_cast<int>(loaded.config.num_key_value_heads), static_cast<int>(loaded.config.head_dim)};
}

}  // namespace retort::cli
