// `retort bench`: how fast a model runs here, each figure beside this machine's measured peak.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/terminal.h"
#include "retort/cli/checkpoint_summary.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/machine_peaks.h"
#include "retort/cli/matrix_work.h"
#include "retort/cli/measurement.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/cli/session.h"
#include "retort/cli/speed_meter.h"

namespace retort::cli {
namespace {

struct BenchPlan {
  SessionOptions session;
  std::vector<int64_t> prefill{512};
  std::vector<int64_t> batch{1, 4, 16};
  int64_t decode = 128;   // steps
  int64_t context = 512;  // positions in the cache before the first of them
  int64_t repeat = 3;
  bool json = false;
};

/// One measured figure. Rates are per second.
struct Figure {
  const char* kind;  // "prefill" or "decode"
  int64_t tokens;    // of the prompt, or steps
  int64_t batch;
  int64_t context;
  Spread tokens_per_second;
  double bytes = 0;  // weights, keys and values read
  double ops = 0;    // additions and multiplications
};

struct BenchReport {
  std::string run_id = new_run_id();
  Topology topology = read_topology();
  MachinePeaks peaks;
  MatrixWork work;
  std::vector<Figure> figures;
};

/// Additions and multiplications of attention for one token that sees `context` positions: scores and
/// weighted sum.
double attention_ops(const ModelConfig& c, double context) {
  return 4.0 * static_cast<double>(c.num_hidden_layers * c.num_attention_heads * c.head_dim) * context;
}

Figure prefill_figure(const ModelConfig& config, const MatrixWork& work, double kv_bytes, int64_t n,
                      std::vector<double> seconds) {
  auto tokens = static_cast<double>(n);
  for (double& s : seconds) s = tokens / s;
  Figure f{"prefill", n, 1, 0, spread(std::move(seconds))};
  double steps = std::ceil(tokens / 512);  // each reads all weights once
  // Only the last token has logits.
  double ops = 2 * (work.weights - work.head_weights) * tokens + 2 * work.head_weights +
               attention_ops(config, (tokens + 1) / 2) * tokens;
  double per_second = f.tokens_per_second.median / tokens;
  f.ops = ops * per_second;
  f.bytes = (work.bytes * steps + kv_bytes * tokens) * per_second;
  return f;
}

Figure decode_figure(const ModelConfig& config, const MatrixWork& work, double kv_bytes,
                     const BenchPlan& plan, int64_t batch, std::vector<double> seconds) {
  auto n = static_cast<double>(batch), steps = static_cast<double>(plan.decode);
  for (double& s : seconds) s = n * steps / s;
  Figure f{"decode", plan.decode, batch, plan.context, spread(std::move(seconds))};
  double context = static_cast<double>(plan.context) + (steps + 1) / 2;  // on average
  double steps_per_second = f.tokens_per_second.median / n;
  f.ops = n * (2 * work.weights + attention_ops(config, context)) * steps_per_second;
  f.bytes = (work.bytes + n * kv_bytes * context) * steps_per_second;
  return f;
}

/// Runs everything once to warm up and `repeat` times to measure, kinds in turn, so that a slow minute of the
/// machine does not fall on one kind alone.
void measure(const BenchPlan& plan, Session& session, Interrupts& interrupts, BenchReport& report) {
  const ModelConfig& config = session.loaded.config;
  SpeedMeterLimits limits{
      .max_prefill = std::max(*std::max_element(plan.prefill.begin(), plan.prefill.end()), plan.context),
      .max_batch = *std::max_element(plan.batch.begin(), plan.batch.end()),
      .max_positions = plan.context + plan.decode};
  ProgressBar bar(stderr, ProgressUnit::count);
  SpeedMeter meter(*session.loaded.model, session.context, session.kv_layout(), limits,
                   [&] { interrupts.throw_if_any(); });
  std::vector<std::vector<double>> prefill(plan.prefill.size()), decode(plan.batch.size());
  int64_t total = (plan.repeat + 1) * static_cast<int64_t>(prefill.size() + decode.size()), done = 0;
  auto advance = [&] {
    bar.update("measuring", static_cast<uint64_t>(done++), static_cast<uint64_t>(total));
  };

  for (int64_t round = 0; round <= plan.repeat; ++round) {
    bool warm_up = round == 0;
    for (size_t i = 0; i < prefill.size(); ++i) {
      advance();
      double seconds = meter.prefill(plan.prefill[i]);
      if (!warm_up) prefill[i].push_back(seconds);
    }
    for (size_t i = 0; i < decode.size(); ++i) {
      advance();
      double seconds = meter.decode(plan.batch[i], plan.context,
                                    warm_up ? std::min<int64_t>(plan.decode, 2) : plan.decode);
      if (!warm_up) decode[i].push_back(seconds);
    }
  }
  double kv_bytes = meter.kv_bytes_per_position();
  for (size_t i = 0; i < prefill.size(); ++i)
    report.figures.push_back(prefill_figure(config, report.work, kv_bytes, plan.prefill[i], prefill[i]));
  for (size_t i = 0; i < decode.size(); ++i)
    report.figures.push_back(decode_figure(config, report.work, kv_bytes, plan, plan.batch[i], decode[i]));
}

/// The arithmetic that the matrices run in, by the type of most weights.
struct ArithmeticPeak {
  const char* name;
  std::optional<double> ops;  // absent: the level has no instruction of its own for it
};
ArithmeticPeak arithmetic_peak(const MachinePeaks& peaks, std::optional<DType> type) {
  if (type && is_quantized(*type)) return {"INT8", peaks.int8_ops};
  if (type == DType::bf16 || type == DType::f8_e4m3)
    return {"BF16", peaks.bf16_flops.value_or(peaks.fp32_flops)};
  return {"FP32", peaks.fp32_flops};
}

std::string percent(double value, const std::optional<double>& peak) {
  return peak ? fmt::format("{:.0f} %", 100 * value / *peak) : "-";
}

std::string label(const Figure& f) {
  if (f.batch == 1 && f.context == 0) return fmt::format("prefill {}", f.tokens);
  return fmt::format("decode {}, batch {}, context {}", f.tokens, f.batch, f.context);
}

void print_report(const BenchReport& report, const Session& session) {
  ArithmeticPeak peak = arithmetic_peak(report.peaks, report.work.type);
  print_heading(fmt::format("{}", printable(session.loaded.checkpoint.path().filename().string())));
  print_row("machine", fmt::format("{}, {}, {} threads", machine_name(report.topology),
                                   kernels::name(session.kernels.isa), session.pool.size()));
  std::string arithmetic = peak.ops ? fmt::format("{:.0f} {} GOP/s, ", *peak.ops / 1e9, peak.name) : "";
  print_row("peaks", fmt::format("{}{:.1f} GB/s read (measured, before and after)", arithmetic,
                                 report.peaks.read_bytes / 1e9));
  print_row("weights read per step", format_bytes(static_cast<uint64_t>(report.work.bytes)));
  print_row("run", fmt::format("{}; every figure below is measured in it", report.run_id));
  fmt::print("\n");
  std::vector<std::vector<std::string>> rows{{"", "tokens/s", "+-", "GB/s", "of peak", "GFLOP/s", "of peak"}};
  for (const Figure& f : report.figures)
    rows.push_back({label(f), fmt::format("{:.1f}", f.tokens_per_second.median),
                    fmt::format("{:.1f}", f.tokens_per_second.half_range),
                    fmt::format("{:.2f}", f.bytes / 1e9), percent(f.bytes, report.peaks.read_bytes),
                    fmt::format("{:.1f}", f.ops / 1e9), percent(f.ops, peak.ops)});
  print_table(rows);
}

Json report_json(const BenchPlan& plan, const BenchReport& report, const Session& session) {
  ArithmeticPeak peak = arithmetic_peak(report.peaks, report.work.type);
  Json out = provenance(report.run_id, report.topology, session.kernels.isa, session.pool.size());
  out["model"] = session.loaded.checkpoint.path().string();
  out["weights"] = weights_are_random(session.loaded.checkpoint) ? Json("random") : Json();
  out["kv"] = plan.session.kv;
  out["repacked"] = !plan.session.no_repack;
  out["repeat"] = plan.repeat;
  out["peaks"] = to_json(report.peaks);
  out["arithmetic"] = peak.name;
  out["bytes_per_step"] = report.work.bytes;
  out["results"] = Json::array();
  for (const Figure& f : report.figures)
    out["results"].push_back({{"kind", f.kind},
                              {"tokens", f.tokens},
                              {"batch", f.batch},
                              {"context", f.context},
                              {"tokens_per_second", f.tokens_per_second.median},
                              {"spread", f.tokens_per_second.half_range},
                              {"bytes_per_second", f.bytes},
                              {"share_of_read_peak", f.bytes / report.peaks.read_bytes},
                              {"ops_per_second", f.ops},
                              {"share_of_arithmetic_peak", peak.ops ? Json(f.ops / *peak.ops) : Json()},
                              {"obtained", "measured"}});
  return out;
}

void declare(Options& options, BenchPlan& plan) {
  constexpr double kMax = 1 << 20;
  options.positional("MODEL", plan.session.path, "a GGUF file or a Hugging Face folder");
  options.number_list("-n,--prefill", plan.prefill, 1, kMax, "N[,N]", "prompt lengths to measure (512)");
  options.option("--decode", plan.decode, "N", "decode steps (128)").within(1, kMax);
  options.number_list("--batch", plan.batch, 1, 1024, "N[,N]", "sequences decoded at once (1,4,16)");
  options.option("--context", plan.context, "N", "positions in the cache before decoding (512)")
      .within(1, kMax);
  options.option("--repeat", plan.repeat, "N", "measurements of each; the median counts (3)").within(1, 1000);
  declare_session_options(options, plan.session);
  options.flag("--json", plan.json, "print one JSON object");
  options.examples(
      "  retort bench model.gguf\n"
      "  retort bench model.gguf -n 128,512,2048 --batch 1,2,4,8,16 --json\n"
      "  RETORT_ISA=avx2 retort bench model.gguf --threads 1");
}

}  // namespace

int verb_bench(const Arguments& arguments) {
  BenchPlan plan;
  Options options(
      "bench",
      "Measures prefill and decode, without tokenizer and sampling: medians of repeated runs after a "
      "warm-up,\n"
      "in tokens/s, GB/s and GFLOP/s, and as shares of the machine's peaks measured in the same run.");
  declare(options, plan);
  if (!options.parse(arguments)) return 0;

  Interrupts interrupts;
  Session session(plan.session, interrupts);
  BenchReport report;
  report.work = matrix_work(session.loaded.checkpoint);
  const int threads = session.pool.size();
  constexpr double kPeakSeconds = 0.3;
  MachinePeaks before = measure_peaks(session.kernels.isa, threads, kPeakSeconds);
  measure(plan, session, interrupts, report);
  report.peaks = MachinePeaks::best(before, measure_peaks(session.kernels.isa, threads, kPeakSeconds));
  if (plan.json)
    print_json(report_json(plan, report, session));
  else
    print_report(report, session);
  return 0;
}

}  // namespace retort::cli
