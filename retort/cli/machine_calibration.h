// Calibrates this machine: measures its peaks by threads, what a step costs beside its work, and how much of
// the peaks the engine reaches on models of random weights.
#pragma once

#include "retort/cli/calibration_model.h"
#include "retort/cli/interrupts.h"
#include "retort/kernels/isa.h"
#include "retort/plan/calibration.h"

namespace retort::cli {

struct CalibrationOptions {
  double peak_seconds = 8;  // for all peaks together
  CalibrationShape shape;   // of the models; their layers follow from
  int64_t megabytes = 300;  // of the weights of each format: more than caches hold
  int64_t prompt = 512;
  int repeats = 5;

  /// A second or two: for trying whether it works, with figures of little worth.
  static CalibrationOptions quick() {
    CalibrationOptions out;
    out.peak_seconds = 0.5;
    out.shape = {.hidden = 512, .intermediate = 2048, .heads = 4};
    out.megabytes = 8;
    out.prompt = 64;
    out.repeats = 3;
    return out;
  }
};

/// Shows progress on stderr. Throws Error resource without memory or room for the models, and cancelled after
/// a Ctrl-C.
plan::Calibration calibrate_machine(kernels::Isa isa, const CalibrationOptions& options,
                                    Interrupts& interrupts);

}  // namespace retort::cli
