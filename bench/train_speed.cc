// retort-train-speed: trains a decoder of a given shape on random tokens and says how fast. For bench-train,
// which runs it beside a peer: after the first steps it does one measurement for each line on its standard
// input.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "retort/base/error.h"
#include "retort/base/random.h"
#include "retort/formats/model_config.h"
#include "retort/kernels/peaks.h"
#include "retort/train/distillation.h"
#include "retort/train/trainer.h"

namespace retort {
namespace {

struct Options {
  std::string config;  // the text of a config.json
  int threads = 1;
  int64_t sequences = 16, length = 256, steps = 3, warm_up = 2;
  int virtual_shards = 4;
};

train::Dataset random_data(const Options& options, int64_t vocab_size) {
  train::Dataset data(vocab_size);
  Random random(1);
  for (int64_t i = 0; i < 4 * options.sequences; ++i) {
    train::TokenSequence s;
    for (int64_t j = 0; j <= options.length; ++j)
      s.tokens.push_back(static_cast<int32_t>(random.below(static_cast<uint64_t>(vocab_size))));
    data.add(s);
  }
  return data;
}

/// All threads at once in the register-only loop; 0 where the machine has no BF16 instruction.
double measured_bf16_peak(ThreadPool& pool, kernels::Isa isa) {
  std::vector<double> flops(static_cast<size_t>(pool.size()));
  pool.run(
      [&](int thread) { flops[static_cast<size_t>(thread)] = kernels::bf16_flops(isa, 0.3).value_or(0); });
  double sum = 0;
  for (double f : flops) sum += f;
  return sum;
}

void run(const Options& options) {
  const kernels::Isa isa = kernels::choose_isa();
  const kernels::KernelTable table = kernels::kernel_table(isa);
  ThreadPool pool(options.threads);
  Arena arena;
  Context ctx{pool, arena, table};
  TrainableDecoder student(parse_hf_config(parse_json(options.config, "--config"), "--config"));
  student.initialise(ctx, 1);
  const train::Dataset data = random_data(options, student.config().vocab_size);
  train::Batches batches(data, {.sequences = options.sequences, .virtual_shards = options.virtual_shards});
  train::Distillation objective(ctx, student, {});
  train::Trainer trainer(pool, table, objective, [&](int64_t step) { return batches.at(step); },
                         {.steps = 1'000'000,
                          .schedule = {.warmup_ratio = 0, .decay_ratio = 0},
                          .virtual_shards = options.virtual_shards});
  for (int64_t i = 0; i < options.warm_up; ++i) trainer.step();
  fmt::print("{}\n", Json{{"isa", name(isa)}, {"parameters", student.parameter_count()}}.dump());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    double seconds = 0, flops = 0, loss = 0;
    int64_t rows = 0;
    for (int64_t i = 0; i < options.steps; ++i) {
      const train::StepReport report = trainer.step();
      seconds += report.seconds;
      flops += report.flops * report.seconds;
      rows += report.rows;
      loss = report.loss.total;
    }
    const Json result = {{"tokens_per_second", static_cast<double>(rows) / seconds},
                         {"flops", flops / seconds},
                         {"loss", loss},
                         {"bf16_peak", measured_bf16_peak(pool, isa)}};
    fmt::print("{}\n", result.dump());
    std::fflush(stdout);
  }
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  retort::Options options;
  CLI::App app("trains a decoder of a given shape on random tokens and says how fast");
  app.add_option("--config", options.config, "the text of a config.json")->required();
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024));
  app.add_option("--sequences", options.sequences, "of a step")->check(CLI::Range(1, 100000));
  app.add_option("--length", options.length, "of a sequence")->check(CLI::Range(1, 100000));
  app.add_option("--steps", options.steps, "of a measurement")->check(CLI::Range(1, 100000));
  app.add_option("--virtual-shards", options.virtual_shards);
  CLI11_PARSE(app, argc, argv);
  try {
    retort::run(options);
  } catch (const retort::Error& error) {
    fmt::print(stderr, "retort-train-speed: {}\n", error.message());
    return retort::exit_status(error.code());
  }
  return 0;
}
