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
#include "retort/model/input_pruning.h"

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
  double bytes = 0;         // weights, keys and values read
  double ops = 0;           // additions and multiplications
  double experts_read = 0;  // of a layer in a step, on average; 0: the model has none
  double busiest = 0;       // the busiest expert's tokens over the mean of its layer, at worst
};

/// Repeated runs of one kind.
struct Runs {
  std::vector<double> seconds;
  double experts_read = 0, busiest = 0;  // the same in every run: the tokens are

  void add(double s, const SpeedMeter& meter) {
    seconds.push_back(s);
    if (!meter.expert_load()) return;
    experts_read = meter.expert_load()->mean_read();
    busiest = meter.expert_load()->imbalance();
  }
};

struct BenchReport {
  std::string run_id = new_run_id();
  Topology topology = read_topology();
  MachinePeaks peaks;
  MatrixWork work;
  std::vector<Figure> figures;
  std::optional<double> skipped;  // with --sparsity: the share of the pruned matrices' products
};

/// Additions and multiplications of attention for one token that sees `context` positions: scores and
/// weighted sum.
double attention_ops(const ModelConfig& c, double context) {
  return 4.0 * static_cast<double>(c.num_hidden_layers * c.num_attention_heads * c.head_dim) * context;
}

/// Of all experts of a layer.
double share_used(const ModelConfig& config) {
  if (!config.has_experts()) return 1;
  return static_cast<double>(config.num_experts_per_tok) / static_cast<double>(config.num_local_experts);
}
double share_read(const ModelConfig& config, const Runs& runs) {
  return config.has_experts() ? runs.experts_read / static_cast<double>(config.num_local_experts) : 1;
}

/// Turns seconds into rates of `tokens` tokens.
Figure figure(const char* kind, double tokens, int64_t n, int64_t batch, int64_t context, Runs runs) {
  for (double& s : runs.seconds) s = tokens / s;
  Figure f{kind, n, batch, context, spread(std::move(runs.seconds))};
  f.experts_read = runs.experts_read;
  f.busiest = runs.busiest;
  return f;
}

Figure prefill_figure(const ModelConfig& config, const MatrixWork& work, double kv_bytes, int64_t n,
                      const Runs& runs) {
  auto tokens = static_cast<double>(n);
  Figure f = figure("prefill", tokens, n, 1, 0, runs);
  double steps = std::ceil(tokens / 512);  // each reads all weights once
  // Only the last token has logits.
  double ops = 2 * work.token_weights(share_used(config)) * tokens + 2 * work.head_weights +
               attention_ops(config, (tokens + 1) / 2) * tokens;
  double per_second = f.tokens_per_second.median / tokens;
  f.ops = ops * per_second;
  f.bytes = (work.bytes_read(share_read(config, runs)) * steps + kv_bytes * tokens) * per_second;
  return f;
}

Figure decode_figure(const ModelConfig& config, const MatrixWork& work, double kv_bytes,
                     const BenchPlan& plan, int64_t batch, const Runs& runs) {
  auto n = static_cast<double>(batch), steps = static_cast<double>(plan.decode);
  Figure f = figure("decode", n * steps, plan.decode, batch, plan.context, runs);
  double context = static_cast<double>(plan.context) + (steps + 1) / 2;  // on average
  double steps_per_second = f.tokens_per_second.median / n;
  double weights = work.token_weights(share_used(config)) + work.head_weights;
  f.ops = n * (2 * weights + attention_ops(config, context)) * steps_per_second;
  f.bytes = (work.bytes_read(share_read(config, runs)) + n * kv_bytes * context) * steps_per_second;
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
  std::vector<Runs> prefill(plan.prefill.size()), decode(plan.batch.size());
  int64_t total = (plan.repeat + 1) * static_cast<int64_t>(prefill.size() + decode.size()), done = 0;
  auto advance = [&] {
    bar.update("measuring", static_cast<uint64_t>(done++), static_cast<uint64_t>(total));
  };

  for (int64_t round = 0; round <= plan.repeat; ++round) {
    bool warm_up = round == 0;
    for (size_t i = 0; i < prefill.size(); ++i) {
      advance();
      double seconds = meter.prefill(plan.prefill[i]);
      if (!warm_up) prefill[i].add(seconds, meter);
    }
    for (size_t i = 0; i < decode.size(); ++i) {
      advance();
      double seconds = meter.decode(plan.batch[i], plan.context,
                                    warm_up ? std::min<int64_t>(plan.decode, 2) : plan.decode);
      if (!warm_up) decode[i].add(seconds, meter);
    }
  }
  double kv_bytes = meter.kv_bytes_per_position();
  for (size_t i = 0; i < prefill.size(); ++i)
    report.figures.push_back(prefill_figure(config, report.work, kv_bytes, plan.prefill[i], prefill[i]));
  for (size_t i = 0; i < decode.size(); ++i)
    report.figures.push_back(decode_figure(config, report.work, kv_bytes, plan, plan.batch[i], decode[i]));
}

/// Takes what was skipped out of the figures. A step of one sequence does not read it either; several
/// sequences skip different columns.
void subtract_skipped(const InputPruning& pruning, BenchReport& report) {
  report.skipped = pruning.skipped();
  for (Figure& f : report.figures) {
    f.ops -= 2 * *report.skipped * pruning.weights() * f.tokens_per_second.median;
    if (f.batch == 1 && f.context > 0)
      f.bytes -= *report.skipped * static_cast<double>(pruning.packed_bytes()) * f.tokens_per_second.median;
  }
}

std::string sparsity_text(const BenchPlan& plan, const BenchReport& report, const InputPruning& pruning) {
  return fmt::format("{:g} % asked; {:.1f} % of the products in {} skipped (measured){}",
                     100 * *plan.session.sparsity, 100 * *report.skipped, format_bytes(pruning.bytes()),
                     pruning.packed_bytes() > 0 ? "" : "; this format's products are no faster for it");
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

std::string weights_text(const MatrixWork& work, const ModelConfig& config) {
  std::string all = format_bytes(static_cast<uint64_t>(work.bytes));
  if (!config.has_experts()) return all;
  return fmt::format(
      "{} and {} for each expert of all layers that its tokens use; {} if all",
      format_bytes(static_cast<uint64_t>(work.bytes - work.expert_bytes)),
      format_bytes(static_cast<uint64_t>(work.expert_bytes / static_cast<double>(config.num_local_experts))),
      all);
}

void print_experts(const BenchReport& report, const ModelConfig& config) {
  print_heading("Experts (the tokens are random: a trained router spreads text otherwise)");
  std::vector<std::vector<std::string>> rows{{"", "read per layer and step", "busiest expert over the mean"}};
  for (const Figure& f : report.figures)
    rows.push_back({label(f), fmt::format("{:.2f} of {}", f.experts_read, config.num_local_experts),
                    fmt::format("{:.2f}", f.busiest)});
  print_table(rows);
}

void print_report(const BenchPlan& plan, const BenchReport& report, const Session& session) {
  ArithmeticPeak peak = arithmetic_peak(report.peaks, report.work.type);
  print_heading(fmt::format("{}", printable(session.loaded.checkpoint.path().filename().string())));
  print_row("machine", fmt::format("{}, {}, {} threads", machine_name(report.topology),
                                   kernels::name(session.kernels.isa), session.pool.size()));
  std::string arithmetic = peak.ops ? fmt::format("{:.0f} {} GOP/s, ", *peak.ops / 1e9, peak.name) : "";
  print_row("peaks", fmt::format("{}{:.1f} GB/s read (measured, before and after)", arithmetic,
                                 report.peaks.read_bytes / 1e9));
  print_row("weights read per step", weights_text(report.work, session.loaded.config));
  if (report.skipped) print_row("sparsity", sparsity_text(plan, report, *session.input_pruning()));
  print_row("run", fmt::format("{}; every figure below is measured in it", report.run_id));
  fmt::print("\n");
  std::vector<std::vector<std::string>> rows{{"", "tokens/s", "+-", "GB/s", "of peak", "GFLOP/s", "of peak"}};
  for (const Figure& f : report.figures)
    rows.push_back({label(f), fmt::format("{:.1f}", f.tokens_per_second.median),
                    fmt::format("{:.1f}", f.tokens_per_second.half_range),
                    fmt::format("{:.2f}", f.bytes / 1e9), percent(f.bytes, report.peaks.read_bytes),
                    fmt::format("{:.1f}", f.ops / 1e9), percent(f.ops, peak.ops)});
  print_table(rows);
  if (session.loaded.config.has_experts()) print_experts(report, session.loaded.config);
}

Json report_json(const BenchPlan& plan, const BenchReport& report, const Session& session) {
  ArithmeticPeak peak = arithmetic_peak(report.peaks, report.work.type);
  Json out = provenance(report.run_id, report.topology, session.kernels.isa, session.pool.size());
  out["model"] = session.loaded.checkpoint.path().string();
  out["weights"] = weights_are_random(session.loaded.checkpoint) ? Json("random") : Json();
  out["kv"] = plan.session.kv;
  out["repacked"] = session.loaded.model->repacked_bytes() > 0;
  out["repacked_bytes"] = session.loaded.model->repacked_bytes();
  if (report.skipped)
    out["sparsity"] = {{"asked", *plan.session.sparsity},
                       {"skipped", *report.skipped},
                       {"by_columns", session.input_pruning()->packed_bytes() > 0},
                       {"bytes", session.input_pruning()->bytes()}};
  out["repeat"] = plan.repeat;
  out["peaks"] = to_json(report.peaks);
  out["arithmetic"] = peak.name;
  out["bytes_per_step"] = report.work.bytes;
  out["results"] = Json::array();
  const bool experts = session.loaded.config.has_experts();
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
                              {"experts_read_per_step", experts ? Json(f.experts_read) : Json()},
                              {"busiest_expert_over_mean", experts ? Json(f.busiest) : Json()},
                              {"share_of_arithmetic_peak", peak.ops ? Json(f.ops / *peak.ops) : Json()},
                              {"obtained", "measured"}});
  return out;
}

void declare(Options& options, BenchPlan& plan) {
  constexpr double kMax = 1 << 20;
  options.positional("MODEL", plan.session.path,
                     "a name such as micro-13, a GGUF file or a Hugging Face folder");
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
  Session session(plan.session, Repack::now, interrupts);
  BenchReport report;
  report.work = matrix_work(session.loaded.checkpoint);
  const int threads = session.pool.size();
  constexpr double kPeakSeconds = 0.3;
  MachinePeaks before = measure_peaks(session.kernels.isa, threads, kPeakSeconds);
  measure(plan, session, interrupts, report);
  if (session.input_pruning() != nullptr) subtract_skipped(*session.input_pruning(), report);
  report.peaks = MachinePeaks::best(before, measure_peaks(session.kernels.isa, threads, kPeakSeconds));
  if (plan.json)
    print_json(report_json(plan, report, session));
  else
    print_report(plan, report, session);
  return 0;
}

}  // namespace retort::cli
