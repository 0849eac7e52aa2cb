// retort-round-weights: a Hugging Face folder with the matrices of its layers rounded to a format's grid and
// stored as BF16: what a quantised file would give back, for what reads BF16.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "retort/base/error.h"
#include "retort/formats/checkpoint.h"
#include "retort/model/trainable.h"
#include "retort/tensor/codec.h"
#include "retort/train/export.h"

namespace {

using namespace retort;

/// Masters become what products read of them.
void keep_values(Context& ctx, TrainableDecoder& model) {
  for (Parameter& p : model.parameters())
    for (int64_t i = 0; i < p.value.rows(); ++i)
      decode_row(p.value.dtype(), p.value.view().row(i), p.master.row(i), p.value.columns());
  model.quantise(ctx, nullptr);
}

void run(const std::string& folder, const std::string& out, const std::string& format) {
  const WeightGrid* grid = find_weight_grid(format);
  const Checkpoint checkpoint = Checkpoint::open(folder);
  ThreadPool pool(1);
  Arena arena;
  const auto kernels = kernels::kernel_table(kernels::choose_isa());
  Context ctx{pool, arena, kernels};
  TrainableDecoder model(read_model_config(checkpoint));
  model.load(ctx, checkpoint);
  model.quantise(ctx, grid);
  keep_values(ctx, model);
  train::ModelFiles files;
  for (const char* name :
       {"config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"})
    if (auto text = checkpoint.text(name)) files.emplace_back(name, *text);
  train::export_model(out, model, files);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Rounds the layers' matrices of a model to a format's grid and stores them as BF16.");
  std::string folder, out, format;
  std::vector<std::string> formats;
  for (const WeightGrid& grid : weight_grids()) formats.emplace_back(grid.name);
  app.add_option("--to", format, "the format")->required()->check(CLI::IsMember(formats));
  app.add_option("model", folder, "a Hugging Face folder")->required();
  app.add_option("out", out, "the folder to write")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    run(folder, out, format);
  } catch (const Error& e) {
    std::fprintf(stderr, "retort-round-weights: %s\n", e.what());
    return exit_status(e.code());
  }
  return 0;
}
