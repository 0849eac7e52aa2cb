// `retort plan`: what models need, on which devices they run, how fast and at what cost; predicted, with the
// formulas. Knows any architecture of its table, whether or not this build runs it.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/topology.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/cli/plan_report.h"
#include "retort/cli/plan_tables.h"
#include "retort/plan/calibration.h"
#include "retort/plan/catalogue.h"
#include "retort/plan/prediction_errors.h"
#include "retort/plan/what_if.h"

namespace retort::cli {
namespace {

using namespace retort::plan;

struct PlanOptions {
  std::vector<std::string> models, on;
  std::string precision, kv = "bf16", split = "tensor", what_if;
  std::optional<int64_t> context, threads;
  int64_t users = 1, prompt = 512;
  std::optional<int64_t> answer;
  std::optional<double> rate, first_token, tokens_per_second;
  std::optional<std::string> prices, devices, measured, runtime, html;
  bool audit = false, training = false, adapters = false, recompute = false, json = false;
  int64_t sequences = 1;
};

void declare(Options& parser, PlanOptions& o) {
  parser
      .positionals("MODEL", o.models,
                   "a file or folder of weights, a config.json alone, a name such as\n"
                   "DeepSeek-R1-Distill-Qwen-14B or micro-13; without one: the six R1 distills")
      .option_list("--on", o.on, "DEVICE[xN]",
                   "a device of the catalogue, or 'this' machine; may be repeated")
      .option("--context", o.context, "N", "positions of each request, prompt and answer (4096)")
      .within(1, 1 << 28)
      .option("--users", o.users, "N", "requests at once (1)")
      .within(1, 1 << 20)
      .option("--precision", o.precision, "F[,F]",
              "bf16, fp8, q8_0, q4_k_m, int4-g128, ...; 'stored' as in the file")
      .option("--kv", o.kv, "TYPE", "keys and values as bf16 (default), q8 or fp8")
      .one_of({"bf16", "q8", "fp8"})
      .option("--split", o.split, "HOW",
              "several devices divide matrices (tensor, default) or layers (pipeline)")
      .one_of({"tensor", "pipeline"})
      .option("--runtime", o.runtime, "WHOSE",
              "count this engine's memory (retort) or that of a usual runtime on a\n"
              "device (device); by the kind of device")
      .one_of({"retort", "device"})
      .group("Targets and load")
      .option("--tokens-per-second", o.tokens_per_second, "X",
              "that the recommended device reaches for each (10)")
      .option("--first-token", o.first_token, "S", "seconds until the first token (2)")
      .option("--rate", o.rate, "R", "requests a second: simulate the queue, print percentiles")
      .option("--prompt", o.prompt, "N", "tokens of a prompt (512)")
      .within(1, 1 << 28)
      .option("--answer", o.answer, "N", "tokens of an answer (a quarter of the context)")
      .within(1, 1 << 28)
      .group("Data")
      .option("--prices", o.prices, "FILE", "a price list of your own; docs/plan.md has the form")
      .option("--devices", o.devices, "FILE", "devices of your own, added to the catalogue")
      .option("--measured", o.measured, "FILE",
              "what `retort compare --json` wrote: tokens per solved problem")
      .option("--what-if", o.what_if, "K=V[,K=V]",
              "one figure other than it is: num_hidden_layers=40,bandwidth=2")
      .option("--threads", o.threads, "N", "threads of this engine, which each need scratch (one per core)")
      .within(1, 1024)
      .group("Other questions")
      .flag("--audit", o.audit, "the hardware claims of a widely copied article, line by line")
      .flag("--training", o.training,
            "memory of training instead: on a device with --on, else in this engine")
      .flag("--adapters", o.adapters, "with --training: low-rank adapters move, the model is frozen")
      .flag("--recompute", o.recompute, "with --training: activations are computed again, not kept")
      .option("--sequences", o.sequences, "N", "with --training: sequences of --context tokens at once (1)")
      .within(1, 65536)
      .option("--html", o.html, "FILE", "write a report too: charts, and a page that computes what if")
      .flag("--json", o.json, "print one JSON object")
      .examples(
          "  retort plan                                        the six distills: devices, speed, cost\n"
          "  retort plan DeepSeek-R1-Distill-Qwen-14B --on A10x2 --context 16384 --users 4\n"
          "  retort plan model.gguf --on this                   exact, from the file's tensors\n"
          "  retort plan DeepSeek-R1 --precision fp8-block --on H200x8 --rate 0.5\n"
          "  retort plan ./config.json --what-if num_hidden_layers=24,bandwidth=2\n"
          "  retort plan DeepSeek-R1-Distill-Qwen-7B --users 8 --html plan.html\n"
          "  retort plan --audit");
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    out.emplace_back(text.substr(0, comma));
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return out;
}

/// The options, checked, as the plan asks for them.
class Asked {
 public:
  explicit Asked(const PlanOptions& o)
      : options_(o),
        what_ifs_(parse_what_if(o.what_if)),
        catalogue_(DeviceCatalogue::with_users(o.devices ? std::optional<std::filesystem::path>(*o.devices)
                                                         : std::nullopt)) {
    refuse_contradictions();
    for (const Device& device : catalogue_.devices()) {
      devices_.push_back(device);
      apply_what_ifs(what_ifs_, devices_.back());
    }
    PlanRequest& r = request_;
    for (const std::string& name : o.on) {
      r.devices.push_back(catalogue_.find(name));
      apply_what_ifs(what_ifs_, r.devices.back().device);
    }
    r.formats = split_list(o.precision);
    for (const std::string& format : r.formats)
      if (format != kAsStored) find_format(format);
    r.load.users = o.users;
    r.load.kv = *kernels::kv_dtype_from_name(o.kv);
    r.load.threads = static_cast<int>(o.threads.value_or(default_threads(read_topology())));
    apply_what_ifs(what_ifs_, r.load);
    r.target.prompt_tokens = o.prompt;
    if (o.tokens_per_second)
      r.target.decode_tokens_per_second = positive("--tokens-per-second", *o.tokens_per_second);
    if (o.first_token) r.target.first_token_seconds = positive("--first-token", *o.first_token);
    r.split = find_split(o.split);
    if (o.runtime) r.runtime = *o.runtime == "retort" ? Runtime::retort : Runtime::device;
    r.prices = read_prices(o.prices ? std::optional<std::filesystem::path>(*o.prices) : std::nullopt);
    r.catalogue = devices_;
    if (o.measured) r.measured = *o.measured;
  }

  const PlanRequest& request() const { return request_; }

  /// What the charts of a report show: the devices that were named, or those that many have.
  std::vector<Device> devices_to_show() const {
    std::vector<Device> devices;
    for (const DeviceSet& set : request_.devices) devices.push_back(set.device);
    if (!devices.empty()) return devices;
    devices = report_devices(catalogue_);
    for (Device& device : devices) apply_what_ifs(what_ifs_, device);
    return devices;
  }

  ModelShape shape(const std::string& model) const {
    ModelShape shape = find_shape(model);
    apply_what_ifs(what_ifs_, shape);
    return shape;
  }

  /// The request for one model: a context that nobody named is no longer than the model's.
  PlanRequest request_for(const ModelShape& shape) const {
    PlanRequest r = request_;
    r.load.context = options_.context.value_or(std::min<int64_t>(kContext, shape.max_position_embeddings));
    r.target.prompt_tokens = std::min(r.target.prompt_tokens, r.load.context);
    if (options_.rate)
      r.traffic =
          Traffic{.rate = positive("--rate", *options_.rate),
                  .prompt_tokens = r.target.prompt_tokens,
                  .answer_tokens = options_.answer.value_or(std::max<int64_t>(1, r.load.context / 4))};
    return r;
  }

 private:
  static constexpr int64_t kContext = 4096;

  static double positive(const char* option, double value) {
    if (!(value > 0) || value > 1e6)
      fail(ErrorCode::bad_input, "plan: {} {}: above 0 and at most 1e6 is expected", option, value);
    return value;
  }

  void refuse_contradictions() const {
    const PlanOptions& o = options_;
    if ((o.adapters || o.recompute || o.sequences != 1) && !o.training)
      fail(ErrorCode::bad_input, "plan: --adapters, --recompute and --sequences belong to --training");
    if (o.audit && (!o.models.empty() || !o.on.empty() || o.training))
      fail(ErrorCode::bad_input,
           "plan: --audit takes neither MODEL nor --on nor --training: the claims name theirs");
    if (o.html && (o.training || o.audit))
      fail(ErrorCode::bad_input, "plan: --html takes neither --training nor --audit");
    if (o.training && (o.rate || !o.precision.empty()))
      fail(ErrorCode::bad_input, "plan: --training takes neither --rate nor --precision");
    if (o.context && o.answer && o.prompt + *o.answer > *o.context)
      fail(ErrorCode::bad_input, "plan: --prompt {} and --answer {} are longer than --context {}", o.prompt,
           *o.answer, *o.context);
    if (o.context && o.users > 0 && static_cast<double>(*o.context) * static_cast<double>(o.users) > 1e12)
      fail(ErrorCode::bad_input, "plan: --context {} times --users {} is more than any machine holds",
           *o.context, o.users);
  }

  const PlanOptions& options_;
  std::vector<WhatIf> what_ifs_;
  DeviceCatalogue catalogue_;
  std::vector<Device> devices_;
  PlanRequest request_;
};

int run_audit(const Asked& asked, const PlanOptions& options) {
  Load load = asked.request().load;
  load.context = options.context.value_or(4096);
  const std::vector<AuditLine> lines = audit(asked.request().catalogue, load);
  if (!options.json) {
    print_audit(lines, load);
    return 0;
  }
  Json out = Json::array();
  for (const AuditLine& line : lines) out.push_back(to_json(line));
  print_json({{"context", load.context}, {"claims", std::move(out)}});
  return 0;
}

int run_training(const Asked& asked, const PlanOptions& options, const std::vector<std::string>& models) {
  const Runtime runtime = options.on.empty() ? Runtime::retort : Runtime::device;
  Json all = Json::array();
  for (const std::string& model : models) {
    const ModelShape shape = asked.shape(model);
    const TrainingLoad load{.tuning = options.adapters ? Tuning::adapter : Tuning::full,
                            .sequence = asked.request_for(shape).load.context,
                            .sequences = options.sequences,
                            .recomputation = options.recompute};
    const MemoryPlan memory = plan_training(shape, load, runtime);
    if (options.json)
      all.push_back({{"name", shape.name}, {"memory", to_json(memory)}, {"obtained", "predicted"}});
    else
      print_training(
          shape, memory,
          fmt::format("training {} on {} x {} tokens{}, {}", options.adapters ? "adapters" : "all parameters",
                      load.sequences, load.sequence, load.recomputation ? ", recomputing" : "",
                      runtime == Runtime::retort ? "in this engine" : "in mixed precision"));
    for (const DeviceSet& devices : asked.request().devices)
      if (!options.json)
        fmt::print("  {}: {:.0f} % of its memory if everything lies on one, {:.0f} % if divided evenly\n",
                   devices.name(),
                   100 * static_cast<double>(memory.total()) / devices.device.memory_bytes.value,
                   100 * static_cast<double>(memory.total()) / devices.memory_bytes());
  }
  if (options.json) print_json({{"training", std::move(all)}});
  return 0;
}

/// How far predictions for this machine were off, if it is asked about and `make bench-plan` has checked.
std::optional<PredictionErrors> errors_here(const PlanRequest& request) {
  const bool here = std::any_of(request.devices.begin(), request.devices.end(),
                                [](const DeviceSet& devices) { return devices.device.name == "this"; });
  const auto calibration = here ? read_calibration() : std::nullopt;
  return calibration ? read_prediction_errors(calibration->run) : std::nullopt;
}

Json errors_json(const std::optional<PredictionErrors>& errors) {
  if (!errors) return {};
  return {{"calibration", errors->calibration}, {"date", errors->date},   {"points", errors->points},
          {"median", errors->median},           {"worst", errors->worst}, {"obtained", "measured"}};
}

int run_plans(const Asked& asked, const PlanOptions& options, const std::vector<std::string>& models) {
  Json all = Json::array();
  std::vector<report::PlannedModel> shown;
  for (const std::string& model : models) {
    const ModelShape shape = asked.shape(model);
    const PlanRequest request = asked.request_for(shape);
    const ModelPlan plan = plan_model(shape, request);
    shown.push_back({shape.name, shape, {}});
    for (const PrecisionPlan& precision : plan.precisions) shown.back().formats.push_back(precision.format);
    if (options.json)
      all.push_back(to_json(plan));
    else
      print_plan(plan, request);
  }
  if (options.json)
    print_json({{"models", std::move(all)},
                {"prices", asked.request().prices.date},
                {"errors_here", errors_json(errors_here(asked.request()))}});
  else
    print_plan_notes(asked.request(), errors_here(asked.request()), models.size() > 1);
  if (options.html) {
    PlanRequest request = asked.request();
    request.load.context = options.context.value_or(Load{}.context);
    write_file_atomic(*options.html, plan_report(shown, asked.devices_to_show(), request));
    fmt::print(options.json ? stderr : stdout, "\nreport: {}\n", *options.html);
  }
  return 0;
}

}  // namespace

int verb_plan(const Arguments& arguments) {
  PlanOptions options;
  Options parser(
      "plan",
      "Says what models need to run, by part and to the byte; which devices are enough and which are\n"
      "comfortable, by which rule; how fast, and at what cost. All of it is predicted, and says how.");
  declare(parser, options);
  if (!parser.parse(arguments)) return 0;
  const Asked asked(options);
  if (options.audit) return run_audit(asked, options);
  const std::vector<std::string> models = options.models.empty() ? distill_names() : options.models;
  return options.training ? run_training(asked, options, models) : run_plans(asked, options, models);
}

}  // namespace retort::cli
