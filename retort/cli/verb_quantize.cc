// `retort quantize`: a model in fewer bits, as a GGUF file or as a Hugging Face folder.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/topology.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/measurement.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/cli/quantize_method.h"
#include "retort/cli/retention.h"
#include "retort/compress/output_check.h"
#include "retort/compress/quantize.h"
#include "retort/formats/model_names.h"

namespace retort::cli {
namespace {

namespace fs = std::filesystem;
using compress::QuantizationPlan;
using compress::SourceModel;
using compress::TensorPlan;
using compress::TensorRole;

struct Request {
  std::string model, out, to;
  std::optional<int64_t> threads;
  MethodRequest method;
  CardOptions card;
  bool force = false, requantize = false, strict = false, json = false;
};

bool parse(const Arguments& arguments, Request& request) {
  Options options("quantize", "Writes a model in fewer bits, and says what each tensor became.");
  std::string formats = "the format, or auto for one that each tensor gets under a --budget:";
  for (const compress::Target& target : compress::targets())
    formats += fmt::format("\n{} {}", target.name, target.summary);
  options
      .positional("MODEL", request.model, "a name such as micro-13, a Hugging Face folder, or a .gguf file")
      .positional("OUT", request.out, "NAME.gguf for a GGUF format, a new folder for the others")
      .option("--to", request.to, "FORMAT", formats.c_str())
      .option("--threads", request.threads, "N", "threads to compute with (one per core)")
      .within(1, 1024)
      .flag("--strict", request.strict, "refuse if a tensor's shape does not suit the format")
      .flag("--requantize", request.requantize, "take a model that is quantised already")
      .flag("--force", request.force, "replace OUT if it is there")
      .flag("--json", request.json, "print JSON: every tensor, bytes, bits per weight, time");
  declare_method_options(options, request.method);
  declare_card_options(options, request.card);
  options.examples(
      "  retort quantize micro-13 micro-13-q4.gguf --to q4_k_m --calibration problems\n"
      "  retort quantize micro-13 micro-13-int4 --to int4-g32 --method gptq --calibration self:200\n"
      "  retort quantize micro-13 micro-13-auto.gguf --to auto --budget 4.5bpw\n"
      "  retort quantize ./DeepSeek-R1-Distill-Qwen-1.5B ./r1-fp8 --to fp8");
  return options.parse(arguments);
}

/// "down_proj" of "model.layers.3.mlp.down_proj"; biases and norms are vectors.
std::string kind_of(const compress::SourceTensor& tensor) {
  if (tensor.role == TensorRole::vector) return "norms, biases";
  const std::string last = tensor.module.substr(tensor.module.rfind('.') + 1);
  return tensor.role == TensorRole::router ? "router" : last;
}

struct Kind {
  size_t tensors = 0;
  uint64_t before = 0, after = 0;
};

/// How a tensor is called, what it was, what it became.
using KindName = std::array<std::string, 3>;

class Report {
 public:
  Report(const SourceModel& source, const QuantizationPlan& plan) : source_(source), plan_(plan) {
    for (const TensorPlan& t : plan.tensors) {
      const KindName name{kind_of(*t.tensor), std::string(retort::name(source.stored_dtype(*t.tensor))),
                          t.encoding.name()};
      auto at = std::find_if(kinds_.begin(), kinds_.end(), [&](auto& kind) { return kind.first == name; });
      if (at == kinds_.end()) at = kinds_.insert(kinds_.end(), {name, {}});
      ++at->second.tensors;
      at->second.before += before(t);
      at->second.after += t.bytes();
      bytes_before_ += before(t);
    }
  }

  void print(const Request& request, double seconds) const {
    std::vector<std::vector<std::string>> rows{{"tensors", "number", "from", "to", "before", "after"}};
    for (const auto& [name, kind] : kinds_)
      rows.push_back({name[0], std::to_string(kind.tensors), name[1], name[2], format_bytes(kind.before),
                      format_bytes(kind.after)});
    print_table(rows);
    print_fallbacks();
    const auto after = static_cast<double>(plan_.bytes()), before = static_cast<double>(bytes_before_);
    fmt::print("\n{}: {} of {} ({:.1f} %), {:.3f} bits per weight with scales; {}, {}/s read (measured)\n",
               printable(request.out), format_bytes(plan_.bytes()), format_bytes(bytes_before_),
               100 * after / before, plan_.bits_per_weight(), format_seconds(seconds),
               format_bytes(static_cast<uint64_t>(before / seconds)));
  }

  Json json(const Request& request, double seconds) const {
    Json tensors = Json::array();
    for (const TensorPlan& t : plan_.tensors) {
      Json row{{"name", t.tensor->name},
               {"from", retort::name(source_.stored_dtype(*t.tensor))},
               {"to", t.encoding.name()},
               {"bytes_before", before(t)},
               {"bytes_after", t.bytes()}};
      if (t.is_fallback()) row["fallback"] = {{"wanted", t.wanted.name()}, {"reason", t.obstacle}};
      tensors.push_back(std::move(row));
    }
    return {{"model", request.model},
            {"out", request.out},
            {"format", request.to},
            {"tensors", std::move(tensors)},
            {"bytes_before", bytes_before_},
            {"bytes_after", plan_.bytes()},
            {"bits_per_weight", plan_.bits_per_weight()},
            {"fallbacks", fallbacks()},
            {"seconds", seconds},
            {"bytes_read_per_second", static_cast<double>(bytes_before_) / seconds}};
  }

 private:
  uint64_t before(const TensorPlan& t) const {
    return static_cast<uint64_t>(t.tensor->rows) *
           static_cast<uint64_t>(row_bytes(source_.stored_dtype(*t.tensor), t.tensor->columns));
  }

  size_t fallbacks() const {
    return static_cast<size_t>(
        std::count_if(plan_.tensors.begin(), plan_.tensors.end(), [](auto& t) { return t.is_fallback(); }));
  }

  /// One line for all layers' tensors of a kind.
  void print_fallbacks() const {
    std::map<std::string, size_t> lines;
    for (const TensorPlan& t : plan_.tensors)
      if (t.is_fallback())
        ++lines[fmt::format("{}: {} instead of {}: {}", kind_of(*t.tensor), t.encoding.name(),
                            t.wanted.name(), t.obstacle)];
    if (!lines.empty()) print_heading("Fallbacks");
    for (const auto& [line, n] : lines) fmt::print("  {} x {}\n", n, line);
  }

  const SourceModel& source_;
  const QuantizationPlan& plan_;
  std::vector<std::pair<KindName, Kind>> kinds_;
  uint64_t bytes_before_ = 0;
};

void check_source(const Request& request, const SourceModel& source) {
  if (!source.is_quantised() || request.requantize) return;
  for (const auto& t : source.tensors())
    if (t.quantised)
      fail(ErrorCode::bad_input,
           "quantize: {}: is quantised already ('{}' is {}): what was lost stays lost; start from the "
           "original, or say "
           "--requantize",
           printable(request.model), printable(t.name), name(source.stored_dtype(t)));
}

void check_plan(const Request& request, const QuantizationPlan& plan) {
  if (!request.strict) return;
  for (const TensorPlan& t : plan.tensors)
    if (t.is_fallback())
      fail(ErrorCode::unsupported,
           "quantize: --strict: '{}' cannot be {}: {}; choose another format, or leave out --strict to store "
           "it as {}",
           printable(t.tensor->name), t.wanted.name(), t.obstacle, t.encoding.name());
}

double write(Context& context, const Request& request, const SourceModel& source,
             const QuantizationPlan& plan, MethodRun& method, Interrupts& interrupts) {
  ProgressBar bar(stderr, ProgressUnit::bytes);
  compress::QuantizeOptions options;
  method.prepare(options);
  options.progress = [&](std::string_view what, uint64_t done, uint64_t total) {
    interrupts.throw_if_any();
    bar.update(what, done, total);
  };
  const auto start = std::chrono::steady_clock::now();
  const auto sink = plan.layout == Layout::gguf ? compress::make_gguf_sink(source, plan, request.out)
                                                : compress::make_folder_sink(source, plan, request.out);
  compress::quantize(context, source, plan, options, *sink);
  bar.finish();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// What made the file, as its card tells it.
report::CardRecipe recipe_of(const Arguments& arguments, const Request& request,
                             const QuantizationPlan& plan) {
  report::CardRecipe recipe;
  recipe.command = "retort quantize";
  for (const std::string& argument : arguments) recipe.command += " " + argument;
  recipe.method = fmt::format("{}, {}", request.to, request.method.method.value_or("round to nearest"));
  if (request.method.calibration)
    recipe.details.emplace_back(
        "calibration text",
        fmt::format("{}, at most {} tokens", *request.method.calibration, request.method.calibration_tokens));
  if (request.method.budget) recipe.details.emplace_back("budget", *request.method.budget);
  for (const TensorPlan& t : plan.tensors)
    if (t.is_fallback())
      recipe.fallbacks.push_back(
          {t.tensor->name, std::string(t.wanted.name()), std::string(t.encoding.name()), t.obstacle});
  return recipe;
}

}  // namespace

int verb_quantize(const Arguments& arguments) {
  Request request;
  if (!parse(arguments, request)) return 0;
  if (request.to.empty())
    fail(ErrorCode::bad_input, "quantize: --to FORMAT is missing; see --help for the formats");
  const compress::Target& target = method_target(request.to, request.method);
  compress::check_output_name(request.out, target);
  Interrupts interrupts;
  SourceModel source(Checkpoint::open(find_model(request.model)));
  compress::check_output(request.out, source, request.force);
  check_source(request, source);
  ThreadPool pool(request.threads ? static_cast<int>(*request.threads) : default_threads(read_topology()));
  Arena arena;
  const kernels::KernelTable kernels = kernels::kernel_table(kernels::choose_isa());
  Context context{pool, arena, kernels};
  ProgressBar bar(stderr, ProgressUnit::count);
  MethodRun method(context, source, target, request.method,
                   [&](std::string_view what, uint64_t done, uint64_t total) {
                     interrupts.throw_if_any();
                     bar.update(what, done, total);
                   });
  const QuantizationPlan plan = method.plan();
  bar.finish();
  check_plan(request, plan);
  compress::check_disk_space(request.out, plan.bytes());
  const double seconds = write(context, request, source, plan, method, interrupts);
  const Report report(source, plan);
  if (request.json) {
    Json json = report.json(request, seconds);
    method.add_to(json);
    print_json(json);
  } else {
    report.print(request, seconds);
    method.print();
  }
  card_of_output(request.card, {.threads = request.threads}, request.model, request.out,
                 recipe_of(arguments, request, plan), interrupts, request.json);
  return 0;
}

}  // namespace retort::cli
