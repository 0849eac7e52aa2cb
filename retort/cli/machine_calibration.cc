#include "retort/cli/machine_calibration.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "retort/base/arena.h"
#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/progress_bar.h"
#include "retort/base/thread_pool.h"
#include "retort/base/topology.h"
#include "retort/cli/calibration_model.h"
#include "retort/cli/evaluation.h"
#include "retort/cli/machine_peaks.h"
#include "retort/cli/measurement.h"
#include "retort/cli/speed_meter.h"
#include "retort/kernels/kernel_table.h"
#include "retort/ops/context.h"

namespace retort::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr DType kFormats[] = {DType::bf16, DType::f8_e4m3, DType::q8_0, DType::q4_k};
constexpr int64_t kContext = 32;  // positions behind which tokens are decoded: little attention
constexpr int64_t kSteps = 16;    // of one measurement of decoding
// Two models that differ in layers alone, and whose matrices lie in a core's own cache.
constexpr CalibrationShape kShallow{.hidden = 128,
                                    .intermediate = 256,
                                    .layers = 4,
                                    .heads = 2,
                                    .kv_heads = 1,
                                    .head_dim = 64,
                                    .vocabulary = 256};
constexpr int64_t kDeepLayers = 36;

struct Quartiles {
  double low = 0, median = 0, high = 0;
};
Quartiles quartiles(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  const auto at = [&](double share) {
    return x[static_cast<size_t>(share * static_cast<double>(x.size() - 1) + 0.5)];
  };
  return {at(0.25), at(0.5), at(0.75)};
}

Quartiles repeat(int n, const std::function<double()>& measure) {
  measure();  // warms up
  std::vector<double> seconds;
  for (int i = 0; i < n; ++i) seconds.push_back(measure());
  return quartiles(std::move(seconds));
}

/// 1, 2, 4, ... and the number used by default.
std::vector<int> thread_counts(int most) {
  std::vector<int> counts;
  for (int n = 1; n < most; n *= 2) counts.push_back(n);
  counts.push_back(most);
  return counts;
}

/// Seconds from calling all threads to work that is none until all are back.
double synchronisation(ThreadPool& pool) {
  constexpr int kCalls = 200;
  return repeat(25,
                [&] {
                  const auto start = Clock::now();
                  for (int i = 0; i < kCalls; ++i) pool.run([](int) {});
                  return std::chrono::duration<double>(Clock::now() - start).count() / kCalls;
                })
      .median;
}

/// Which program measured: another build may reach other shares.
std::string build_of_this_program() {
  return checksum_of(read_file("/proc/self/exe", uint64_t{1} << 32)).substr(0, 12);
}

class Calibrating {
 public:
  Calibrating(kernels::Isa isa, const CalibrationOptions& options, Interrupts& interrupts)
      : isa_(isa),
        options_(options),
        interrupts_(interrupts),
        topology_(read_topology()),
        counts_(thread_counts(default_threads(topology_))),
        pool_(counts_.back()),
        kernels_(kernels::kernel_table(isa)) {}

  plan::Calibration run() {
    out_.run = new_run_id();
    out_.date = utc_now();
    out_.machine = machine_name(topology_);
    out_.build = build_of_this_program();
    out_.isa = std::string(kernels::name(isa_));
    out_.threads = pool_.size();
    out_.memory_bytes = static_cast<double>(read_memory_status().total);
    peaks();
    advance("synchronisation");
    out_.synchronisation_seconds = synchronisation(pool_);
    overheads();
    for (const DType format : kFormats) out_.runs.push_back(engine_run(format));
    return std::move(out_);
  }

 private:
  void advance(const std::string& what) {
    interrupts_.throw_if_any();
    bar_.update("measuring " + what, done_++, counts_.size() + std::size(kFormats) + 3);
  }

  void peaks() {
    const double seconds = std::min(0.5, options_.peak_seconds / (4.0 * static_cast<double>(counts_.size())));
    for (const int threads : counts_) {
      advance(fmt::format("peaks of {} thread{}", threads, threads == 1 ? "" : "s"));
      const MachinePeaks p = measure_peaks(isa_, threads, seconds);
      out_.peaks.push_back({p.threads, p.fp32_flops, p.bf16_flops, p.int8_ops, p.read_bytes});
    }
  }

  SpeedMeter meter(const CalibrationModel& model, int64_t prompt) {
    return SpeedMeter(*model.model, context_, model.kv_layout(),
                      {.max_prefill = prompt, .max_batch = 1, .max_positions = kContext + kSteps},
                      [this] { interrupts_.throw_if_any(); });
  }

  double step_of_small(int64_t layers) {
    CalibrationShape shape = kShallow;
    shape.layers = layers;
    const CalibrationModel model = make_calibration_model(context_, shape, DType::bf16);
    SpeedMeter small = meter(model, kContext);
    return repeat(4 * options_.repeats, [&] { return small.decode(1, kContext, kSteps); }).median / kSteps;
  }

  /// A step costs step_seconds + layers x layer_seconds: two depths tell one from the other.
  void overheads() {
    advance("steps of small models");
    const double shallow = step_of_small(kShallow.layers), deep = step_of_small(kDeepLayers);
    out_.layer_seconds = std::max(0.0, (deep - shallow) / static_cast<double>(kDeepLayers - kShallow.layers));
    out_.step_seconds = std::max(0.0, shallow - out_.layer_seconds * static_cast<double>(kShallow.layers));
  }

  /// As many layers as the weights want, but no more than a quarter of what is free: they are held twice
  /// while they are repacked.
  int64_t layers_for(const CalibrationShape& shape, DType format) const {
    const double layer = shape.layer_weights() * bits_per_weight(format) / 8;
    const double free = static_cast<double>(read_memory_status().available) / 4;
    const double wanted = static_cast<double>(options_.megabytes) * 1e6;
    return std::max<int64_t>(1, static_cast<int64_t>(std::min(wanted, free) / layer));
  }

  plan::EngineRun engine_run(DType format) {
    advance(std::string(name(format)));
    CalibrationShape shape = options_.shape;
    shape.layers = layers_for(shape, format);
    const CalibrationModel model = make_calibration_model(context_, shape, format);
    SpeedMeter meter_of_model = meter(model, options_.prompt);
    const Quartiles prefill =
        repeat(options_.repeats, [&] { return meter_of_model.prefill(options_.prompt); });
    const Quartiles decode =
        repeat(options_.repeats, [&] { return meter_of_model.decode(1, kContext, kSteps); });
    const double steps = kSteps;
    plan::EngineRun out;
    out.format = plan::format_class(format);
    out.step_bytes = static_cast<double>(model.model->step_bytes(1));
    out.about = fmt::format("{}, {} layers of {}, {:.0f} MB, {} threads", name(format), shape.layers,
                            shape.hidden, out.step_bytes / 1e6, pool_.size());
    out.layers = static_cast<double>(shape.layers);
    out.decode_seconds = decode.median / steps;
    out.decode_low = decode.low / steps;
    out.decode_high = decode.high / steps;
    out.prefill_operations = model.model->step_flops(options_.prompt, 1);
    out.prefill_seconds = prefill.median;
    out.prefill_low = prefill.low;
    out.prefill_high = prefill.high;
    return out;
  }

  kernels::Isa isa_;
  const CalibrationOptions& options_;
  Interrupts& interrupts_;
  Topology topology_;
  std::vector<int> counts_;
  ThreadPool pool_;
  Arena arena_;
  kernels::KernelTable kernels_;
  Context context_{pool_, arena_, kernels_};
  ProgressBar bar_{stderr, ProgressUnit::count};
  uint64_t done_ = 0;
  plan::Calibration out_;
};

}  // namespace

plan::Calibration calibrate_machine(kernels::Isa isa, const CalibrationOptions& options,
                                    Interrupts& interrupts) {
  return Calibrating(isa, options, interrupts).run();
}

}  // namespace retort::cli
