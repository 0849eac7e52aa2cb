// Calibration: what was measured of this machine, by which `retort plan --on this` predicts: its peaks and
// bandwidth by threads, and how much of them this engine reaches. Kept in a file, with the date and the
// build.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/plan/device.h"

namespace retort::plan {

/// What so many threads reach at most, per second.
struct PeakPoint {
  int threads = 0;
  double fp32_flops = 0;
  std::optional<double> bf16_flops, int8_ops;
  double read_bytes = 0;
};

/// One run of the engine on random weights of one format: seconds are medians.
struct EngineRun {
  FormatClass format = FormatClass::wide;
  std::string about;  // "q4_k, 12 layers of 1536, 316 MB"
  double layers = 0;
  double step_bytes = 0;                                       // read by a step of decoding
  double decode_seconds = 0, decode_low = 0, decode_high = 0;  // of a step of one token; with quartiles
  double prefill_operations = 0;
  double prefill_seconds = 0, prefill_low = 0, prefill_high = 0;
};

struct Calibration {
  std::string run, date;                       // "2026-12-01T17:20:05Z"
  std::string machine, build, isa;             // build: a checksum of the program
  int threads = 0;                             // that the engine ran on
  double memory_bytes = 0;                     // of the machine, or what the control group grants
  double synchronisation_seconds = 0;          // all threads called to work and back
  double step_seconds = 0, layer_seconds = 0;  // of steps that read and compute next to nothing
  std::vector<PeakPoint> peaks;                // by threads
  std::vector<EngineRun> runs;
};

Json to_json(const Calibration& calibration);
/// Throws Error bad_input that names the file and the member.
Calibration calibration_from_json(const Json& json, const std::string& where);

/// The device "this". Shares are those of the bandwidth and the peaks at `threads`. A format class that no
/// run measured has the shares of the nearest one, marked predicted. Throws Error bad_input without any run.
Device device_of(const Calibration& calibration);

/// $XDG_CACHE_HOME/retort/calibration.json, or ~/.cache/retort/...; empty where there is no home.
std::filesystem::path calibration_path();
/// Absent where there is none. Throws Error bad_input for a file that is none.
std::optional<Calibration> read_calibration(const std::filesystem::path& path = calibration_path());
void write_calibration(const Calibration& calibration,
                       const std::filesystem::path& path = calibration_path());

}  // namespace retort::plan
