// A session: a model made ready to run here, with the threads, memory and cache that it runs in.
#pragma once

#include <optional>
#include <string>

#include "retort/base/arena.h"
#include "retort/base/thread_pool.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/options.h"
#include "retort/infer/loaded_model.h"
#include "retort/kernels/kernel_table.h"
#include "retort/ops/context.h"

namespace retort {
class InputPruning;
}  // namespace retort

namespace retort::cli {

struct SessionOptions {
  std::string path;
  std::optional<int64_t> threads;  // default: one per core
  std::string kv = "bf16";
  bool no_repack = false;
  std::optional<double> sparsity;  // of the inputs of matrices; 0 or absent: all count
  std::optional<std::string> sparsity_file;
};

/// --threads, --kv, --no-repack, --sparsity, --sparsity-file.
void declare_session_options(Options& options, SessionOptions& session);

struct Session {
  /// Loads the model with progress on stderr; a Ctrl-C meanwhile throws Error cancelled. Random weights are
  /// announced on stderr. `repack`: when, if the options do not forbid it.
  Session(const SessionOptions& options, Repack repack, Interrupts& interrupts);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  ThreadPool pool;
  Arena arena;
  kernels::KernelTable kernels;
  Context context{pool, arena, kernels};
  kernels::KvDType kv;
  LoadedModel loaded;

  kernels::KvLayout kv_layout() const;
  /// Null without --sparsity.
  const InputPruning* input_pruning() const;
};

}  // namespace retort::cli
