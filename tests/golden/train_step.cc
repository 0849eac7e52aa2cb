// train_step: one step of training a small model on given tokens, written down for another program to check:
//   train_step CONFIG_JSON BATCH_JSON OUT_FOLDER
// BATCH_JSON: {"ids": [[...], ...], "targets": [[...], ...]}, rows of equal length, target -100: not counted.
// OUT_FOLDER gets model/ (the weights, BF16), gradients_f64.safetensors and gradients_bf16.safetensors
// (before clipping, as F32), masters.safetensors (after the update with the BF16 gradients), and step.json
// (losses, norm).
#include <fmt/core.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/model_config.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/train/distillation.h"
#include "retort/train/export.h"
#include "retort/train/trainer.h"

namespace retort::train {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSeed = 11;

MicroBatch read_batch(const fs::path& path) {
  const Json json = parse_json(read_file(path), path.string());
  MicroBatch batch;
  batch.document_begins.push_back(0);
  for (size_t d = 0; d < json.at("ids").size(); ++d) {
    for (int32_t id : json.at("ids").at(d).get<std::vector<int32_t>>()) batch.tokens.push_back(id);
    for (int32_t id : json.at("targets").at(d).get<std::vector<int32_t>>()) {
      batch.predicted.push_back(id >= 0);
      batch.targets.push_back(std::max(id, 0));
    }
    batch.document_begins.push_back(batch.rows());
  }
  return batch;
}

/// `tensor` of each parameter, as F32.
template <typename F>
void write_tensors(const fs::path& path, std::span<const Parameter> parameters, F tensor) {
  std::vector<TensorSpec> specs;
  for (const Parameter& p : parameters) specs.push_back({p.name, DType::f32, p.master.shape()});
  SafetensorsWriter writer(path, specs);
  for (const Parameter& p : parameters) {
    const Tensor& x = tensor(p);
    std::vector<float> values;
    for (int64_t i = 0; i < x.shape().elements(); ++i)
      values.push_back(x.dtype() == DType::f64 ? static_cast<float>(x.as<double>()[i]) : x.f32()[i]);
    writer.write(p.name, std::as_bytes(std::span(values)));
  }
  writer.finish();
}

void run(const fs::path& config_path, const fs::path& batch_path, const fs::path& out) {
  const kernels::KernelTable table = kernels::kernel_table(kernels::choose_isa());
  ThreadPool pool(2);
  Arena arena;
  Tape tape;
  Context ctx{pool, arena, table, &tape};
  fs::create_directories(out);
  const ModelConfig config =
      parse_hf_config(parse_json(read_file(config_path), config_path.string()), config_path.string());
  const MicroBatch micro = read_batch(batch_path);
  StepBatch batch{.shards = {{micro}}, .rows = micro.rows()};
  for (uint8_t predicted : micro.predicted) batch.predicted += predicted;

  TrainableDecoder student(config);
  student.initialise(ctx, kSeed);
  export_model(out / "model", student, {});
  // From the exported folder, so that all have the same weights.
  const Checkpoint checkpoint = Checkpoint::open(out / "model");
  student.load(ctx, checkpoint);
  TrainableDecoder exact(config, DType::f64);
  exact.load(ctx, checkpoint);
  Distillation exact_objective(ctx, exact, {}), objective(ctx, student, {});
  watch(tape, exact.parameters());
  const double exact_loss = exact_objective.run(ctx, micro, static_cast<double>(batch.predicted)).total;
  write_tensors(out / "gradients_f64.safetensors", exact.parameters(),
                [](const Parameter& p) { return p.gradient; });

  Trainer trainer(pool, table, objective, [&](int64_t) { return batch; },
                  {.steps = 10,
                   .adamw = {.beta1 = 0.9, .beta2 = 0.95, .epsilon = 1e-8, .weight_decay = 0.1},
                   .schedule = {.learning_rate = 1e-2, .warmup_ratio = 0, .decay_ratio = 0},
                   .max_grad_norm = 1.0,
                   .virtual_shards = 1});
  const StepReport report = trainer.step();
  write_tensors(out / "gradients_bf16.safetensors", student.parameters(),
                [](const Parameter& p) { return p.gradient; });
  write_tensors(out / "masters.safetensors", student.parameters(),
                [](const Parameter& p) { return p.master; });
  const Json step = {
      {"loss_f64", exact_loss}, {"loss_bf16", report.loss.total}, {"norm", report.gradient_norm}};
  write_file_atomic(out / "step.json", step.dump());
}

}  // namespace
}  // namespace retort::train

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "train_step CONFIG_JSON BATCH_JSON OUT_FOLDER\n");
    return 2;
  }
  try {
    retort::train::run(argv[1], argv[2], argv[3]);
  } catch (const retort::Error& error) {
    fmt::print(stderr, "train_step: {}\n", error.message());
    return retort::exit_status(error.code());
  }
  return 0;
}
