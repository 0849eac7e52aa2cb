#include "retort/plan/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "retort/base/error.h"
#include "retort/plan/device_json.h"

namespace retort::plan {
namespace {

using ::testing::HasSubstr;

constexpr double kGiB = 1024.0 * 1024 * 1024;

/// What a call throws; empty when it throws nothing.
template <typename Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& e) {
    return e.message();
  }
  return "";
}

/// Every object of a device's JSON that holds a value also names who says so.
void expect_sources(const Json& json, const std::string& path) {
  if (json.is_object() && json.contains("value")) {
    EXPECT_GT(json.value("source", "").size(), 3u) << path;
    EXPECT_FALSE(json.value("obtained", "").empty()) << path;
  }
  if (json.is_object())
    for (const auto& [key, value] : json.items()) expect_sources(value, path + "/" + key);
}

TEST(Catalogue, EveryFactHasASource) {
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  EXPECT_GE(catalogue.devices().size(), 25u);
  for (const Device& device : catalogue.devices()) {
    const Json json = to_json(device);
    expect_sources(json, device.name);
    // No fact stands alone, as those of a user may: the file itself is no source.
    EXPECT_EQ(json.dump().find("\"devices.json\""), std::string::npos) << device.name;
  }
}

TEST(Catalogue, NamesAndAliasesAreUnique) {
  std::set<std::string> seen;
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  for (const Device& device : catalogue.devices()) {
    EXPECT_TRUE(seen.insert(device.name).second) << device.name;
    for (const std::string& alias : device.aliases) EXPECT_TRUE(seen.insert(alias).second) << alias;
  }
}

/// Ranges in which every accelerator and processor of the last ten years lies; a unit mistaken (GB for GiB/s,
/// sparse for dense, TFLOP/s for GFLOP/s) falls out of them.
TEST(Catalogue, DerivedRatiosLieInSaneRanges) {
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  for (const Device& d : catalogue.devices()) {
    SCOPED_TRACE(d.name);
    EXPECT_GE(d.year, 2015);
    EXPECT_LE(d.memory_bytes.value, d.sold_memory_bytes.value);
    EXPECT_GE(d.memory_bytes.value, 0.7 * d.sold_memory_bytes.value);
    const double fp = d.matrix_peak(FormatClass::wide).value;
    const double flop_per_byte = fp / d.read_bytes_per_second.value;
    EXPECT_GT(flop_per_byte, 5);
    EXPECT_LT(flop_per_byte, 600);
    const double seconds_to_read_all = d.memory_bytes.value / d.read_bytes_per_second.value;
    EXPECT_GT(seconds_to_read_all, 0.008);
    EXPECT_LT(seconds_to_read_all, 5);
    ASSERT_TRUE(d.watts);
    EXPECT_GT(fp / d.watts->value, 0.005e12);  // FLOP/s per watt
    EXPECT_LT(fp / d.watts->value, 3e12);
    const auto fp32 = d.peak(Arithmetic::fp32), fp16 = d.peak(Arithmetic::fp16);
    if (fp32 && fp16) EXPECT_GE(fp16->value, fp32->value);
    // Dense FP8 and INT8 run at most four times as fast as FP16 with FP32 sums; a sparse figure would be
    // more.
    for (Arithmetic a : {Arithmetic::fp8, Arithmetic::int8})
      if (fp16 && d.peak(a)) {
        EXPECT_GE(d.peak(a)->value, fp16->value);
        EXPECT_LE(d.peak(a)->value, 4.1 * fp16->value);
      }
    if (d.link) {
      EXPECT_LT(d.link->bytes_per_second.value, d.read_bytes_per_second.value);
      EXPECT_GT(d.link->latency_seconds.value, 1e-6);
      EXPECT_LT(d.link->latency_seconds.value, 1e-3);
    }
  }
}

TEST(Catalogue, MemoryIsWhatProgramsCanUse) {
  const auto usable = [](std::string_view name) {
    return DeviceCatalogue::built_in().find(name).memory_bytes() / kGiB;
  };
  EXPECT_NEAR(usable("T4"), 14.6, 0.01);   // 16 sold
  EXPECT_NEAR(usable("A10"), 22.5, 0.01);  // 24 sold, less ECC
  EXPECT_NEAR(usable("M4 Max"), 96, 0.01);
}

TEST(Catalogue, GeForceRatesAreThoseWithFp32Sums) {
  const auto fp16 = [](std::string_view name) {
    return DeviceCatalogue::built_in().find(name).device.peak(Arithmetic::fp16)->value;
  };
  EXPECT_EQ(fp16("RTX 3090"), 71e12);
  EXPECT_EQ(fp16("RTX 4090"), 165e12);
  EXPECT_EQ(fp16("RTX 6000 Ada"), 364e12);  // is not halved
}

TEST(Catalogue, NamesAreFoundWhateverTheirCaseAndWithACount) {
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  struct Case {
    const char* text;
    const char* name;
    int count;
  };
  for (const Case& c :
       {Case{"A10", "NVIDIA A10", 1}, Case{"nvidia a10", "NVIDIA A10", 1}, Case{"2xA10", "NVIDIA A10", 2},
        Case{"2 x A10", "NVIDIA A10", 2}, Case{"A10x2", "NVIDIA A10", 2}, Case{"a10 X 8", "NVIDIA A10", 8},
        Case{"A100-80GB", "NVIDIA A100 80GB SXM", 1}, Case{"rtx3090", "NVIDIA GeForce RTX 3090", 1},
        Case{"RTX 3090 x 4", "NVIDIA GeForce RTX 3090", 4},
        Case{"Desktop 2x DDR5-5600", "Desktop 2x DDR5-5600", 1},
        Case{"8480+", "Intel Xeon Platinum 8480+", 1}}) {
    const DeviceSet set = catalogue.find(c.text);
    EXPECT_EQ(set.device.name, c.name) << c.text;
    EXPECT_EQ(set.count, c.count) << c.text;
  }
}

TEST(Catalogue, UnknownNamesGetTheNearest) {
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  EXPECT_THAT(error_of([&] { catalogue.find("A11"); }), HasSubstr("the nearest are A10"));
  EXPECT_THAT(error_of([&] { catalogue.find("RTX 5080"); }), HasSubstr("RTX 50"));
  EXPECT_THAT(error_of([&] { catalogue.find("2xA11"); }), HasSubstr("device 'A11'"));
  EXPECT_THAT(error_of([&] { catalogue.find("this"); }), HasSubstr("retort doctor --calibrate"));
  for (const char* bad : {"", "x", "0xA10", "A10x0", "9999xA10", "-1xA10"})
    EXPECT_NE(error_of([&] { catalogue.find(bad); }), "") << bad;
}

TEST(Catalogue, AUsersFileReplacesFactsAndAddsDevices) {
  DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  const size_t before = catalogue.devices().size();
  catalogue.add(R"({"devices": [
      {"name": "A10", "usable_gib": [21, "measured: our driver"], "usd_per_hour": 1.2},
      {"name": "Ours", "aliases": ["box"], "class": "cpu", "kind": "cpu", "usable_gib": 60, "read_gb_s": 200,
       "fp32_tflops": 3}]})",
                "mine.json");
  EXPECT_EQ(catalogue.devices().size(), before + 1);
  const Device a10 = catalogue.find("A10").device;
  EXPECT_EQ(a10.memory_bytes.value, 21 * kGiB);
  EXPECT_EQ(a10.memory_bytes.obtained, Obtained::measured);
  EXPECT_EQ(a10.read_bytes_per_second.value, 600e9);
  EXPECT_EQ(a10.usd_per_hour->source, "mine.json");
  const Device ours = catalogue.find("3xbox").device;
  EXPECT_EQ(ours.name, "Ours");
  EXPECT_EQ(ours.matrix_peak(FormatClass::packed).value, 3e12);  // no INT8, no FP16
}

TEST(Catalogue, FilesThatMakeNoSenseAreRefusedWithTheirPlace) {
  struct Case {
    const char* json;
    const char* says;
  };
  for (const Case& c : {
           Case{R"({})", "devices is missing"},
           Case{R"({"devices": [{}]})", "name is missing"},
           Case{R"({"devices": [{"name": "X1"}]})", "X1: usable_gib is missing"},
           Case{R"({"devices": [{"name": "X1", "usable_gib": 8, "read_gb_s": 100}]})", "class"},
           Case{R"({"devices": [{"name": "X1", "class": "nvidia", "usable_gib": 8, "read_gb_s": 100}]})",
                "fp16_tflops or fp32_tflops is missing"},
           Case{R"({"devices": [{"name": "A10", "read_gb_s": -1}]})", "read_gb_s -1 is outside"},
           Case{R"({"devices": [{"name": "A10", "read_gb_s": "600"}]})", "expected a number"},
           Case{R"({"devices": [{"name": "A10", "read_gb_s": [600, ""]}]})", "empty source"},
           Case{R"({"devices": [{"name": "A10", "class": "vax"}]})", "expected one of nvidia"},
           Case{R"({"devices": [{"name": "A10", "decode": {"wide": [0.9, 0.95, 1, "x"]}}]})", "not between"},
           Case{R"({"devices": [{"name": "A10", "kind": "tpu"}]})", "expected gpu, unified or cpu"},
           Case{R"({"devices": [{"name": "A10", "usable_gib": NaN}]})", "line 1"},
           Case{R"({"devices": [)", "line 1"},
       }) {
    DeviceCatalogue catalogue = DeviceCatalogue::built_in();
    const std::string message = error_of([&] { catalogue.add(c.json, "mine.json"); });
    EXPECT_THAT(message, HasSubstr("mine.json")) << c.json;
    EXPECT_THAT(message, HasSubstr(c.says)) << c.json;
    EXPECT_EQ(message.find('\n'), std::string::npos) << c.json;
  }
}

TEST(Device, FormatsFallIntoClasses) {
  EXPECT_EQ(format_class(DType::bf16), FormatClass::wide);
  EXPECT_EQ(format_class(DType::f8_e4m3), FormatClass::fp8);
  EXPECT_EQ(format_class(DType::q8_0), FormatClass::int8);
  EXPECT_EQ(format_class(DType::q6_k), FormatClass::packed);
  EXPECT_EQ(format_class(DType::q4_k), FormatClass::packed);
}

}  // namespace
}  // namespace retort::plan
