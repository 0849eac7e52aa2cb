#include "retort/cli/quantize_method.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/cli/calibration_source.h"
#include "retort/cli/output.h"
#include "retort/compress/model_sink.h"
#include "retort/formats/printable.h"
#include "retort/kernels/block_encoders.h"

namespace retort::cli {
namespace {

using compress::Encoding;
using compress::Target;

/// One way to choose integers and scales, and the formats that it is for.
struct MethodRow {
  std::string_view name;
  compress::Method method;
  bool (*suits)(const Target&);
  std::string_view for_what;
};

bool has_integers(const Target& t) {
  return t.matrices.kind == Encoding::Kind::integer;
}
bool is_int8(const Target& t) {
  return has_integers(t) && t.matrices.grid.bits == 8;
}
/// Formats whose scales are searched; FP8, BF16 and the plain blocks have none to choose.
bool searches(const Target& t) {
  if (has_integers(t)) return true;
  return t.matrices.dtype == DType::q4_k || t.matrices.dtype == DType::q5_k ||
         t.matrices.dtype == DType::q6_k;
}

constexpr MethodRow kMethods[] = {
    {"importance", compress::Method::importance, searches, "int8, int4-* and the k-quants"},
    {"gptq", compress::Method::gptq, has_integers, "int8 and int4-*"},
    {"awq", compress::Method::awq, has_integers, "int8 and int4-*"},
    {"smoothquant", compress::Method::smoothquant, is_int8, "int8"},
};

const MethodRow* find_method(std::string_view name) {
  const auto at =
      std::find_if(std::begin(kMethods), std::end(kMethods), [&](auto& m) { return m.name == name; });
  return at == std::end(kMethods) ? nullptr : at;
}

/// "4.5bpw" or "900MB".
struct Budget {
  double bits_per_weight = 0;  // 0: bytes
  uint64_t bytes = 0;
};

Budget parse_budget(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(end, text.data() + text.size());
  constexpr std::pair<std::string_view, double> kUnits[] = {
      {"MB", 1e6}, {"GB", 1e9}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}};
  if (error == std::errc() && number > 0 && std::isfinite(number)) {
    if (unit == "bpw" && number <= 64) return {.bits_per_weight = number};
    for (const auto& [name, factor] : kUnits)
      if (unit == name && number * factor < 1e15) return {.bytes = static_cast<uint64_t>(number * factor)};
  }
  fail(ErrorCode::bad_input, "--budget {}: bits per weight such as 4.5bpw, or bytes such as 900MB or 1.2GB",
       printable(text));
}

compress::RowEncoder row_encoder(const kernels::BlockEncoders& encoders) {
  return [&encoders](DType dtype, const float* row, std::byte* out, int64_t n, const double* importance) {
    compress::EncodedRows encoded;
    const std::span<const double> columns =
        importance ? std::span(importance, static_cast<size_t>(n)) : std::span<const double>();
    compress::encode_rows(encoders, Encoding::rows(dtype), {row, 1, n}, columns, encoded);
    std::copy(encoded.values.begin(), encoded.values.end(), out);
  };
}

/// What may be chosen from.
const std::vector<DType> kAutomaticFormats = {DType::q4_0, DType::q4_k, DType::q5_k,
                                              DType::q6_k, DType::q8_0, DType::bf16};

}  // namespace

void declare_method_options(Options& options, MethodRequest& request) {
  const std::string about_calibration(calibration_help());
  options.group("Calibration")
      .option("--calibration", request.calibration, "WHAT", about_calibration.c_str())
      .option("--calibration-tokens", request.calibration_tokens, "N", "of it, evenly spaced (16384)")
      .within(64, 1e7)
      .option("--method", request.method, "METHOD",
              "importance (with a calibration the default), gptq, awq: int8, int4; smoothquant: int8; rtn: "
              "round to nearest (without a calibration the default)")
      .one_of({"rtn", "importance", "gptq", "awq", "smoothquant"})
      .option("--budget", request.budget, "SIZE",
              "with --to auto: 4.5bpw, or 900MB; the format of each tensor by measured divergence");
}

const Target& method_target(const std::string& to, const MethodRequest& request) {
  const bool automatic = to == "auto";
  if (automatic != request.budget.has_value())
    fail(ErrorCode::bad_input, "quantize: --to auto and --budget SIZE go together");
  if (automatic) parse_budget(*request.budget);
  const Target& target = compress::target_named(automatic ? "q8_0" : to);
  const std::string method = request.method.value_or(request.calibration ? "importance" : "rtn");
  if (automatic) {
    if (method != "importance" && method != "rtn")
      fail(ErrorCode::bad_input, "quantize: --to auto chooses among GGUF's formats; --method {} is for {}",
           method, find_method(method)->for_what);
    return target;
  }
  if (method == "rtn") {
    if (request.calibration)
      fail(ErrorCode::bad_input,
           "quantize: --method rtn has no use for a calibration; leave out --calibration");
    return target;
  }
  const MethodRow& row = *find_method(method);
  if (!row.suits(target))
    fail(ErrorCode::bad_input, "quantize: {} has no scales that {} could choose; it is for {}", to, method,
         row.for_what);
  return target;
}

MethodRun::MethodRun(Context& ctx, compress::SourceModel& source, const Target& target,
                     const MethodRequest& request, ProgressFn progress)
    : ctx_(ctx),
      source_(source),
      target_(target),
      request_(request),
      progress_(std::move(progress)),
      method_(request.method.value_or(request.calibration || request.budget ? "importance" : "rtn")) {
  if (method_ != "rtn" || request_.budget) calibrate();
}

void MethodRun::calibrate() {
  const auto what = CalibrationSource::parse(request_.calibration.value_or("problems"));
  {
    const LoadedModel model = LoadedModel::open(ctx_, source_.checkpoint().path(),
                                                {.repack = Repack::never, .progress = progress_});
    text_ = calibration_text(ctx_, model, what, {.tokens = request_.calibration_tokens}, progress_);
  }
  const MethodRow* row = find_method(method_);
  if (row && row->method != compress::Method::importance) {
    layers_ = std::make_unique<compress::CalibratedLayers>(
        ctx_, source_, text_.documents,
        compress::CalibratedOptions{.method = row->method, .grid = target_.matrices.grid});
    return;
  }
  statistics_ = compress::calibrate(ctx_, source_.checkpoint(), text_.documents, progress_);
  if (source_.config().tie_word_embeddings)
    statistics_.emplace("model.embed_tokens", statistics_.at("lm_head"));
}

uint64_t MethodRun::budget_for_matrices(const compress::QuantizationPlan& plan) const {
  const Budget budget = parse_budget(*request_.budget);
  uint64_t routers = 0, chosen = 0;
  for (const compress::TensorPlan& t : plan.tensors) {
    if (t.tensor->role == compress::TensorRole::router)
      routers += t.bytes();
    else if (t.tensor->role != compress::TensorRole::vector)
      chosen += t.bytes();
  }
  const uint64_t all =
      budget.bits_per_weight > 0
          ? static_cast<uint64_t>(budget.bits_per_weight / 8 * static_cast<double>(plan.weights()))
          : budget.bytes;
  // Of a file, all but the chosen tensors stays as it is.
  const uint64_t rest =
      budget.bits_per_weight > 0 ? routers : compress::gguf_file_bytes(source_, plan) - chosen;
  return all > rest ? all - rest : 0;
}

compress::QuantizationPlan MethodRun::plan() {
  compress::QuantizationPlan plan = compress::plan_quantization(source_, target_);
  if (!request_.budget) return plan;
  compress::DivergenceProbe probe(ctx_, source_, text_.documents);
  compress::AutomaticOptions options{.formats = kAutomaticFormats,
                                     .budget = budget_for_matrices(plan),
                                     .encode = row_encoder(kernels::block_encoders(ctx_.kernels.isa)),
                                     .progress = progress_};
  choice_ = compress::choose_formats(ctx_, source_, statistics_, probe, options);
  std::map<const compress::SourceTensor*, DType> formats;
  std::map<DType, uint64_t> bytes;
  for (const compress::AutomaticRow& row : choice_->rows) {
    for (const compress::SourceTensor* tensor : row.tensors) formats.emplace(tensor, row.format);
    bytes[row.format] += row.bytes;
  }
  for (compress::TensorPlan& t : plan.tensors) {
    const auto chosen = formats.find(t.tensor);
    if (chosen == formats.end()) continue;
    t.encoding = t.wanted = Encoding::rows(chosen->second);
    t.obstacle.clear();
  }
  const auto most =
      std::max_element(bytes.begin(), bytes.end(), [](auto& a, auto& b) { return a.second < b.second; });
  for (const Target& target : compress::targets())
    if (target.layout == Layout::gguf && !target.is_mixture() && target.matrices.dtype == most->first)
      plan.file_type = target.file_type;
  return plan;
}

void MethodRun::prepare(compress::QuantizeOptions& options) {
  if (!layers_) {
    options.statistics = statistics_.empty() ? nullptr : &statistics_;
    return;
  }
  options.enter_layer = [this](int layer) { layers_->enter(layer); };
  options.method = [this](Context&, const compress::SourceTensor& tensor, compress::MatrixView,
                          compress::IntegerGrid,
                          const compress::InputStatistics*) { return layers_->take(tensor); };
}

void MethodRun::print() const {
  if (!text_.documents.empty()) fmt::print("method {}, calibrated on {}\n", method_, text_.description);
  if (layers_)
    for (const auto& report : layers_->reports())
      for (const std::string& fallback : report.fallbacks)
        fmt::print("  rounded to nearest instead of gptq: {}\n", fallback);
  if (!choice_) return;
  fmt::print(
      "formats chosen by {} measurements of KL divergence on {} tokens of that text: {:.5f} nats a token for "
      "all "
      "together (measured), {:.5f} as the sum of the parts (predicted)\n",
      choice_->measurements, choice_->tokens, choice_->measured_kl, choice_->predicted_kl);
}

void MethodRun::add_to(Json& json) const {
  json["method"] = method_;
  if (!text_.documents.empty())
    json["calibration"] = {{"text", text_.description}, {"tokens", text_.tokens()}};
  if (layers_) {
    json["method_fallbacks"] = Json::array();
    for (const auto& report : layers_->reports())
      for (const std::string& fallback : report.fallbacks) json["method_fallbacks"].push_back(fallback);
  }
  if (!choice_) return;
  Json rows = Json::array();
  for (const auto& row : choice_->rows)
    rows.push_back({{"tensor", row.tensors.front()->name},
                    {"stacked", row.tensors.size()},
                    {"to", retort::name(row.format)},
                    {"bytes", row.bytes},
                    {"predicted_kl", row.loss}});
  json["automatic"] = {{"budget", *request_.budget},
                       {"measured_kl", choice_->measured_kl},
                       {"predicted_kl", choice_->predicted_kl},
                       {"measurements", choice_->measurements},
                       {"tokens", choice_->tokens},
                       {"choices", std::move(rows)}};
}

}  // namespace retort::cli
