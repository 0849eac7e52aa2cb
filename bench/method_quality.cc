// retort-method-quality: the KL divergence that each method of quantisation makes on held-out problems,
// measured in one process: matrices are brought to the grid, decoded, and run in BF16 in the place of the
// source's.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "retort/base/error.h"
#include "retort/cli/calibration_source.h"
#include "retort/cli/held_out_text.h"
#include "retort/compress/automatic_probe.h"
#include "retort/compress/calibrated_layers.h"
#include "retort/compress/layer_substitution.h"

namespace {

using namespace retort;
using namespace retort::compress;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Setting {
  std::string model;
  IntegerGrid grid{4, 32};
  int64_t calibration_tokens = 16384, held_out_tokens = 8192;
  std::string calibration = "problems";
};

/// The values that a matrix has once it has been quantised.
using Quantised = std::function<std::vector<float>(const SourceTensor&)>;

class Quality {
 public:
  Quality(Context& ctx, const Setting& setting)
      : ctx_(ctx),
        setting_(setting),
        loaded_(LoadedModel::open(ctx, setting.model, {.repack = Repack::never})) {
    const auto source = cli::CalibrationSource::parse(setting.calibration);
    text_ = cli::calibration_text(ctx, loaded_, source, {.tokens = setting.calibration_tokens});
    const cli::HeldOutTexts held_out = cli::held_out_texts(loaded_, {.tokens = setting.held_out_tokens});
    Calibration::Documents documents;
    for (const HeldOutDocument& document : held_out.documents) documents.push_back(document.tokens);
    source_.emplace(loaded_.checkpoint);
    probe_.emplace(ctx, *source_, std::move(documents));
    about_ = {{"model", setting.model},     {"calibration", text_.description},
              {"held_out", held_out.about}, {"tokens", probe_->tokens()},
              {"bits", setting.grid.bits},  {"group", setting.grid.group}};
  }

  Json run() {
    Json result = about_;
    result["methods"]["round-to-nearest"] = of_nearest({});
    const double start = now();
    const Statistics statistics = calibrate(ctx_, loaded_.checkpoint, text_.documents);
    result["methods"]["importance"] = of_nearest(statistics);
    result["methods"]["importance"]["calibration_seconds"] = now() - start;
    result["methods"]["gptq"] = of_method(Method::gptq);
    result["methods"]["awq"] = of_method(Method::awq);
    return result;
  }

 private:
  Json measured(const Quantised& quantised) {
    const double start = now();
    std::optional<LayerSubstitution> layer;
    const double kl = probe_->kl_of_all(
        [&](int i) -> const DecoderLayer& {
          layer.emplace(probe_->model().layer(i), *source_);
          for (const SourceTensor& tensor : source_->tensors())
            if (tensor.layer == i && tensor.role == TensorRole::linear)
              layer->replace(tensor, quantised(tensor).data());
          return layer->layer();
        },
        {});
    return {{"kl", kl}, {"seconds", now() - start}};
  }

  Json of_nearest(const Statistics& statistics) {
    return measured([&](const SourceTensor& tensor) {
      std::vector<float> values(static_cast<size_t>(tensor.rows * tensor.columns));
      source_->read_rows(tensor, 0, tensor.rows, values.data());
      const auto inputs = statistics.find(tensor.module);
      const std::span<const double> importance =
          inputs == statistics.end() ? std::span<const double>() : inputs->second->mean_square;
      decode_rows(round_to_nearest({values.data(), tensor.rows, tensor.columns}, setting_.grid, importance),
                  0, tensor.rows, values.data());
      return values;
    });
  }

  Json of_method(Method method) {
    SourceModel source(loaded_.checkpoint);
    CalibratedLayers layers(ctx_, source, text_.documents, {.method = method, .grid = setting_.grid});
    Json result = measured([&](const SourceTensor& tensor) {
      std::vector<float> values(static_cast<size_t>(tensor.rows * tensor.columns));
      decode_rows(layers.take(tensor), 0, tensor.rows, values.data());
      layers.foldings().undo(tensor, 0, tensor.rows, values.data());
      return values;
    });
    for (const LayerReport& report : layers.reports())
      for (const std::string& fallback : report.fallbacks) result["fallbacks"].push_back(fallback);
    return result;
  }

  Context& ctx_;
  Setting setting_;
  LoadedModel loaded_;
  CalibrationText text_;
  std::optional<SourceModel> source_;
  std::optional<DivergenceProbe> probe_;
  Json about_;
};

}  // namespace

int main(int argc, char** argv) {
  Setting setting;
  CLI::App app("KL divergence of quantisation methods on held-out problems, as JSON");
  app.add_option("MODEL", setting.model, "a folder or a GGUF file")->required();
  app.add_option("--bits", setting.grid.bits, "4 or 8")->check(CLI::IsMember({4, 8}));
  app.add_option("--group", setting.grid.group, "columns that share a scale; 0: a row");
  app.add_option("--calibration", setting.calibration, "as `retort quantize` takes it");
  app.add_option("--calibration-tokens", setting.calibration_tokens, "of it");
  app.add_option("--tokens", setting.held_out_tokens, "held out");
  CLI11_PARSE(app, argc, argv);
  try {
    ThreadPool pool(static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
    Arena arena;
    const kernels::KernelTable table = kernels::kernel_table(kernels::choose_isa());
    Context context{pool, arena, table};
    fmt::print("{}\n", Quality(context, setting).run().dump(2));
  } catch (const Error& error) {
    fmt::print(stderr, "{}\n", error.message());
    return exit_status(error.code());
  }
  return 0;
}
