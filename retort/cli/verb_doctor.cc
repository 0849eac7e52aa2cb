// `retort doctor`: this machine's processors, memory and instruction sets, and what it can do at most,
// measured.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/terminal.h"
#include "retort/base/topology.h"
#include "retort/cli/device_tables.h"
#include "retort/cli/interrupts.h"
#include "retort/cli/machine_calibration.h"
#include "retort/cli/machine_peaks.h"
#include "retort/cli/measurement.h"
#include "retort/cli/options.h"
#include "retort/cli/output.h"
#include "retort/cli/version.h"
#include "retort/plan/device_nvml.h"

namespace retort::cli {
namespace {

struct DoctorReport {
  Topology topology;
  MemoryStatus memory;
  std::vector<kernels::Isa> isas;
  kernels::Isa isa;
  double busy = 0;                  // share of the processors that others used before we measured
  std::vector<MachinePeaks> peaks;  // by number of threads
  std::string run_id;

  const MachinePeaks& all_threads() const { return peaks.back(); }
};

struct ProcessorTime {
  double busy = 0, all = 0;
};

/// The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc(5)).
ProcessorTime processor_time() {
  std::ifstream file("/proc/stat");
  std::string label;
  file >> label;
  ProcessorTime time;
  double value = 0;
  for (int i = 0; i < 8 && file >> value; ++i) {
    bool idle = i == 3 || i == 4;
    time.all += value;
    time.busy += idle ? 0 : value;
  }
  return time;
}

/// The share of this machine's processor time that others use while we wait.
double busy_share() {
  ProcessorTime before = processor_time();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ProcessorTime after = processor_time();
  return after.all > before.all ? (after.busy - before.busy) / (after.all - before.all) : 0;
}

/// 1, 2, 4, ... and the number used by default.
std::vector<int> thread_counts(const Topology& topology) {
  int most = default_threads(topology);
  std::vector<int> counts;
  for (int n = 1; n < most; n *= 2) counts.push_back(n);
  counts.push_back(most);
  return counts;
}

void measure(DoctorReport& report, double budget_seconds) {
  auto counts = thread_counts(report.topology);
  double seconds =
      std::min(0.5, budget_seconds / (4.0 * static_cast<double>(counts.size())));  // four loops each
  ProgressBar bar(stderr, ProgressUnit::count);
  for (size_t i = 0; i < counts.size(); ++i) {
    bar.update("measuring peaks", i, counts.size());
    report.peaks.push_back(measure_peaks(report.isa, counts[i], seconds));
  }
}

DoctorReport examine(bool quick) {
  DoctorReport report{.topology = read_topology(),
                      .memory = read_memory_status(),
                      .isas = kernels::supported_isas(),
                      .isa = kernels::choose_isa(),
                      .busy = busy_share(),
                      .peaks = {},
                      .run_id = new_run_id()};
  measure(report, quick ? 1.0 : 8.0);
  return report;
}

/// What stands in the way of this machine's best; empty when nothing does.
std::vector<std::string> warnings(const DoctorReport& report) {
  std::vector<std::string> out;
  if (report.isa != report.isas.back())
    out.push_back(fmt::format("RETORT_ISA holds the kernels at {}; this processor has {}",
                              kernels::name(report.isa), kernels::name(report.isas.back())));
  if (report.isas.back() == kernels::Isa::scalar)
    out.emplace_back("no AVX2: only the plain C++ kernels run here, about ten times slower");
  const Topology& t = report.topology;
  if (t.cpu_quota > 0 && t.cpu_quota < t.allowed_threads)
    out.push_back(
        fmt::format("the control group grants {:.1f} of {} processors", t.cpu_quota, t.allowed_threads));
  if (report.busy > 0.1)
    out.push_back(fmt::format("other programs use {:.0f} % of the processors: the figures may be too low",
                              100 * report.busy));
  if (report.memory.available < report.memory.total / 4)
    out.push_back(fmt::format("only {} of {} of memory is free", format_bytes(report.memory.available),
                              format_bytes(report.memory.total)));
  return out;
}

/// The largest dense model at this many bits per weight that leaves a fifth of free memory for the cache and
/// others.
double largest_model_billions(const DoctorReport& report, double bits) {
  return 0.8 * static_cast<double>(report.memory.available) * 8 / bits / 1e9;
}

std::vector<std::string> verdict(const DoctorReport& report) {
  // 1.54e9 weights are read per token: R1-Distill-Qwen-1.5B without its embedding table.
  double tokens = report.all_threads().read_bytes / (1.54e9 * 4.5 / 8);
  return {fmt::format("models of up to {:.0f} B parameters fit at 4.5 bits (predicted: 80 % of free memory)",
                      largest_model_billions(report, 4.5)),
          fmt::format(
              "R1-Distill-Qwen-1.5B at 4.5 bits decodes at most {:.0f} tokens/s (predicted: read bandwidth / "
              "bytes of weights)",
              tokens)};
}

std::string join_names(const std::vector<kernels::Isa>& isas) {
  std::string text;
  for (auto isa : isas) text += (text.empty() ? "" : ", ") + std::string(kernels::name(isa));
  return text;
}

void print_machine(const DoctorReport& report) {
  const Topology& t = report.topology;
  print_heading("Machine");
  print_row("processor", t.cpu_model.empty() ? "unknown" : t.cpu_model);
  print_row("packages", fmt::format("{}", t.packages));
  print_row("cores", fmt::format("{} ({} hardware threads; this process may use {})", t.cores, t.threads,
                                 t.allowed_threads));
  for (const CacheLevel& cache : t.caches)
    print_row(cache.name,
              fmt::format("{} x {:.0f} KiB", cache.instances, static_cast<double>(cache.bytes) / 1024));
  print_row("NUMA nodes", fmt::format("{}", t.numa_nodes));
  print_row("memory", fmt::format("{}, of which {} free", format_bytes(report.memory.total),
                                  format_bytes(report.memory.available)));
  for (const plan::Gpu& gpu : plan::read_gpus())
    print_row("GPU", fmt::format("{}, {}", printable(gpu.name),
                                 format_bytes(static_cast<uint64_t>(gpu.memory_bytes))));
  print_row("instruction sets", join_names(report.isas));
  print_row("in use",
            fmt::format("{}, {} threads by default", kernels::name(report.isa), default_threads(t)));
}

std::string giga(const std::optional<double>& value) {
  return value ? fmt::format("{:.0f}", *value / 1e9) : "-";
}

void print_peaks(const DoctorReport& report) {
  print_heading(fmt::format("Peaks (measured, run {})", report.run_id));
  std::vector<std::vector<std::string>> rows{
      {"threads", "FP32 GFLOP/s", "BF16 GFLOP/s", "INT8 GOP/s", "read GB/s"}};
  for (const MachinePeaks& p : report.peaks)
    rows.push_back({fmt::format("{}", p.threads), fmt::format("{:.0f}", p.fp32_flops / 1e9),
                    giga(p.bf16_flops), giga(p.int8_ops), fmt::format("{:.1f}", p.read_bytes / 1e9)});
  print_table(rows);
}

void print_report(const DoctorReport& report) {
  fmt::print("{}\n", version_line());
  print_machine(report);
  print_peaks(report);
  print_heading("Verdict");
  for (const auto& warning : warnings(report)) fmt::print("  ! {}\n", warning);
  for (const auto& sentence : verdict(report)) fmt::print("  {}\n", sentence);
}

Json report_json(const DoctorReport& report) {
  const Topology& t = report.topology;
  Json out = provenance(report.run_id, t, report.isa, default_threads(t));
  Json caches = Json::array();
  for (const CacheLevel& cache : t.caches)
    caches.push_back({{"name", cache.name}, {"bytes", cache.bytes}, {"instances", cache.instances}});
  out["topology"] = {{"cpu_model", t.cpu_model},
                     {"packages", t.packages},
                     {"cores", t.cores},
                     {"threads", t.threads},
                     {"numa_nodes", t.numa_nodes},
                     {"allowed_cores", t.allowed_cores},
                     {"allowed_threads", t.allowed_threads},
                     {"cpu_quota", t.cpu_quota},
                     {"caches", caches}};
  out["memory"] = {{"total_bytes", report.memory.total}, {"available_bytes", report.memory.available}};
  out["gpus"] = Json::array();
  for (const plan::Gpu& gpu : plan::read_gpus())
    out["gpus"].push_back({{"name", gpu.name}, {"memory_bytes", gpu.memory_bytes}});
  out["isas"] = Json::array();
  for (auto isa : report.isas) out["isas"].push_back(kernels::name(isa));
  out["busy_share"] = report.busy;
  out["measured"] = Json::array();
  for (const auto& peaks : report.peaks) out["measured"].push_back(to_json(peaks));
  out["warnings"] = warnings(report);
  out["verdict"] = verdict(report);
  return out;
}

std::string share_text(const plan::Efficiency& e) {
  return fmt::format("{:.0f} % ({:.0f}-{:.0f})", 100 * e.value, 100 * e.low, 100 * e.high);
}

void print_calibration(const plan::Calibration& c) {
  print_heading(fmt::format("Peaks (measured, run {})", c.run));
  std::vector<std::vector<std::string>> peaks{
      {"threads", "FP32 GFLOP/s", "BF16 GFLOP/s", "INT8 GOP/s", "read GB/s"}};
  for (const plan::PeakPoint& p : c.peaks)
    peaks.push_back({fmt::format("{}", p.threads), fmt::format("{:.0f}", p.fp32_flops / 1e9),
                     giga(p.bf16_flops), giga(p.int8_ops), fmt::format("{:.1f}", p.read_bytes / 1e9)});
  print_table(peaks);
  print_heading("Beside the work (measured)");
  print_row("synchronisation",
            fmt::format("{:.1f} us: all threads called to work and back", 1e6 * c.synchronisation_seconds));
  print_row("a step", fmt::format("{:.0f} us", 1e6 * c.step_seconds));
  print_row("a layer", fmt::format("{:.1f} us", 1e6 * c.layer_seconds));
  print_heading("What the engine reaches (measured; with quartiles)");
  const plan::Device device = plan::device_of(c);
  std::vector<std::vector<std::string>> reached{
      {"random weights", "decode, of read bandwidth", "prefill, of peak"}};
  for (const plan::EngineRun& run : c.runs)
    reached.push_back({run.about, share_text(device.decode_efficiency(run.format)),
                       share_text(device.prefill_efficiency(run.format))});
  print_table(reached);
}

/// Measures, keeps, and tells.
void calibrate(bool quick, bool json) {
  Interrupts interrupts;
  const double busy = busy_share();
  const plan::Calibration calibration = calibrate_machine(
      kernels::choose_isa(), quick ? CalibrationOptions::quick() : CalibrationOptions(), interrupts);
  plan::write_calibration(calibration);
  if (json) {
    Json out = plan::to_json(calibration);
    out["busy_share"] = busy;
    out["file"] = plan::calibration_path().string();
    return print_json(out);
  }
  print_calibration(calibration);
  fmt::print("\nkept in {}; `retort plan --on this` predicts from it\n", plan::calibration_path().string());
  if (busy > 0.1)
    fmt::print("! other programs use {:.0f} % of the processors: calibrate again when the machine is quiet\n",
               100 * busy);
  if (quick) fmt::print("! --quick: the weights fit the caches, and the figures are of little worth\n");
}

}  // namespace

int verb_doctor(const Arguments& arguments) {
  bool quick = false, json = false, calibration = false, devices = false;
  std::optional<std::string> file;
  Options options(
      "doctor",
      "Examines this machine: processors, caches, memory, instruction sets, and the measured peaks that\n"
      "every other figure is a share of. Takes about ten seconds; leave the machine alone meanwhile.");
  options.flag("--quick", quick, "measure for about a second only")
      .flag("--calibrate", calibration,
            "measure also what the engine reaches here, and keep it for `retort plan --on this`; about a "
            "minute")
      .flag("--catalogue", devices,
            "list the devices that `retort plan` and `retort choose` know, and the sources "
            "of their figures; measures nothing")
      .option("--devices", file, "FILE", "devices of yours that add to them or replace facts of theirs")
      .flag("--json", json, "print one JSON object")
      .examples(
          "  retort doctor\n"
          "  retort doctor --json | python3 -m json.tool\n"
          "  retort doctor --calibrate             once, on a quiet machine\n"
          "  retort doctor --catalogue --json        every fact of the catalogue with its source\n"
          "  RETORT_ISA=avx2 retort doctor        what the AVX2 kernels could do here");
  if (!options.parse(arguments)) return 0;
  if (devices && calibration)
    fail(ErrorCode::bad_input, "doctor: --catalogue measures nothing and --calibrate does; give one of them");
  if (file && !devices) fail(ErrorCode::bad_input, "doctor: --devices goes with --catalogue");
  if (devices) {
    print_devices(file, json);
    return 0;
  }
  if (calibration) {
    calibrate(quick, json);
    return 0;
  }

  DoctorReport report = examine(quick);
  if (json)
    print_json(report_json(report));
  else
    print_report(report);
  return 0;
}

}  // namespace retort::cli
