#include "retort/plan/calibration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "retort/formats/temporary_folder.h"

namespace retort::plan {
namespace {

using ::testing::HasSubstr;

/// A machine of 100 GB/s, 1 TFLOP/s in BF16 and 2 TOP/s in INT8, whose engine spends 1 ms a step and 0.1 ms a
/// layer beside its work.
Calibration machine() {
  Calibration c{.run = "run1",
                .date = "2026-12-01T10:00:00Z",
                .machine = "EPYC, 2 cores",
                .build = "abc",
                .isa = "avx512"};
  c.threads = 2;
  c.memory_bytes = 16e9;
  c.synchronisation_seconds = 2e-6;
  c.step_seconds = 1e-3;
  c.layer_seconds = 1e-4;
  c.peaks = {{1, 0.25e12, 0.5e12, 1e12, 60e9}, {2, 0.5e12, 1e12, 2e12, 100e9}};
  // 10 layers: 2 ms beside. 800 MB in 10 ms = 80 GB/s; 60 GFLOP in 100 ms = 0.6 TFLOP/s.
  c.runs = {{FormatClass::wide, "bf16", 10, 0.8e9, 0.012, 0.010, 0.018, 60e9, 0.102, 0.092, 0.122},
            {FormatClass::packed, "q4_k", 10, 0.4e9, 0.010, 0.010, 0.010, 60e9, 0.062, 0.062, 0.062}};
  return c;
}

class CalibrationFile : public TemporaryFolder {};

TEST(Calibration, SharesAreThoseOfTheEnginesThreadsBesideTheOverhead) {
  const Device d = device_of(machine());
  EXPECT_EQ(d.name, "this");
  EXPECT_EQ(d.read_bytes_per_second.value, 100e9);
  EXPECT_EQ(d.peak(Arithmetic::fp16)->value, 1e12);
  EXPECT_NEAR(d.decode_efficiency(FormatClass::wide).value, 0.8, 1e-9);
  EXPECT_NEAR(d.decode_efficiency(FormatClass::wide).low, 0.5, 1e-9);   // 800 MB in 16 ms
  EXPECT_NEAR(d.decode_efficiency(FormatClass::wide).high, 1.0, 1e-9);  // in 8 ms
  EXPECT_NEAR(d.decode_efficiency(FormatClass::packed).value, 0.5, 1e-9);
  EXPECT_NEAR(d.prefill_efficiency(FormatClass::wide).value, 0.6, 1e-9);
  EXPECT_NEAR(d.prefill_efficiency(FormatClass::packed).value, 0.5, 1e-9);  // 1 of 2 TOP/s
  EXPECT_EQ(d.decode_efficiency(FormatClass::wide).obtained, Obtained::measured);
}

TEST(Calibration, AFormatThatNoRunMeasuredIsMarkedPredicted) {
  const Device d = device_of(machine());
  const Efficiency& fp8 = d.decode_efficiency(FormatClass::fp8);
  EXPECT_EQ(fp8.value, d.decode_efficiency(FormatClass::wide).value);
  EXPECT_EQ(fp8.obtained, Obtained::predicted);
  EXPECT_THAT(fp8.source, HasSubstr("as of wide formats"));
  EXPECT_EQ(d.decode_efficiency(FormatClass::int8).value, d.decode_efficiency(FormatClass::packed).value);
}

TEST(Calibration, WithoutInt8UnitsSharesAreOfTheNextWiderPeak) {
  Calibration c = machine();
  for (PeakPoint& p : c.peaks) p.int8_ops.reset();
  EXPECT_NEAR(device_of(c).prefill_efficiency(FormatClass::packed).value, 1.0, 1e-9);
}

TEST(Calibration, WithoutRunsOrPeaksThereIsNoDevice) {
  Calibration no_runs = machine(), no_peaks = machine();
  no_runs.runs.clear();
  no_peaks.peaks.pop_back();
  EXPECT_THAT(error_message([&] { device_of(no_runs); }), HasSubstr("doctor --calibrate"));
  EXPECT_THAT(error_message([&] { device_of(no_peaks); }), HasSubstr("no peaks of 2 threads"));
}

TEST_F(CalibrationFile, IsReadAsItWasWritten) {
  const auto path = dir / "deep" / "calibration.json";
  EXPECT_FALSE(read_calibration(path));
  write_calibration(machine(), path);
  EXPECT_EQ(to_json(*read_calibration(path)), to_json(machine()));
}

TEST(Calibration, AFileThatIsNoneIsRefusedWithItsMember) {
  for (const char* key : {"run", "threads", "peaks", "runs", "layer_seconds"}) {
    Json json = to_json(machine());
    json.erase(key);
    EXPECT_THAT(error_message([&] { calibration_from_json(json, "c.json"); }), HasSubstr(key));
  }
  Json json = to_json(machine());
  json["runs"][0]["decode_seconds"] = -1;
  EXPECT_THAT(error_message([&] { calibration_from_json(json, "c.json"); }),
              HasSubstr("c.json: runs 1: decode_seconds -1"));
}

}  // namespace
}  // namespace retort::plan
