#include "retort/plan/device_nvml.h"

#include <gtest/gtest.h>

#include <cstring>

namespace retort::plan {
namespace {

// Two GPUs, of which the second does not tell its memory.
constexpr int kFailure = 3;
int ok() {
  return 0;
}
int two(unsigned* count) {
  *count = 2;
  return 0;
}
int handle(unsigned index, void** out) {
  static int places[2];
  *out = &places[index];
  return 0;
}
int h200(void*, char* name, unsigned size) {
  std::strncpy(name, "NVIDIA H200", size);
  return 0;
}
int memory_of_first(void* gpu, NvmlFunctions::Memory* memory) {
  void* first = nullptr;
  handle(0, &first);
  memory->total = 150'754'820'096;
  return gpu == first ? 0 : kFailure;
}
int clock_of(void*, int type, unsigned* megahertz) {
  *megahertz = 3201;
  return type == 2 ? 0 : kFailure;
}
int width(void*, unsigned* bits) {
  *bits = 6016;
  return 0;
}
int power(void*, unsigned* milliwatts) {
  *milliwatts = 650'000;
  return 0;
}

NvmlFunctions fake() {
  return {.init = ok,
          .shutdown = ok,
          .count = two,
          .handle = handle,
          .name = h200,
          .memory = memory_of_first,
          .max_clock = clock_of,
          .bus_width = width,
          .power_limit = power};
}

TEST(Nvml, TellsNameMemoryBandwidthAndWatts) {
  const auto gpus = read_gpus(fake());
  ASSERT_EQ(gpus.size(), 1u);
  EXPECT_EQ(gpus[0].name, "NVIDIA H200");
  EXPECT_EQ(gpus[0].memory_bytes, 150'754'820'096.0);
  EXPECT_NEAR(*gpus[0].read_bytes_per_second, 4.81e12, 0.01e12);  // the sheet says 4.8 TB/s
  EXPECT_EQ(gpus[0].watts, 650.0);
}

TEST(Nvml, WithoutADriverThereIsNoGpu) {
  NvmlFunctions broken = fake();
  broken.init = [] { return kFailure; };
  EXPECT_TRUE(read_gpus(broken).empty());
  EXPECT_TRUE(read_gpus("libno-such-library.so.1").empty());
  EXPECT_TRUE(read_gpus("libm.so.6").empty());  // a library that has none of the functions
}

TEST(Nvml, WhatTheDriverSaysReplacesTheSheet) {
  Device device;
  device.watts = Fact{700, Obtained::published, "sheet"};
  apply(read_gpus(fake())[0], device);
  EXPECT_EQ(device.memory_bytes.value, 150'754'820'096.0);
  EXPECT_EQ(device.memory_bytes.obtained, Obtained::measured);
  EXPECT_EQ(device.watts->value, 650);
}

}  // namespace
}  // namespace retort::plan
