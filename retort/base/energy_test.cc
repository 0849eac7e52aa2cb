#include "retort/base/energy.h"

#include <gtest/gtest.h>

#include <fstream>

namespace retort {
namespace {

class Energy : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::path(testing::TempDir()) / "energy";
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
  }
  void counter(const std::string& name, uint64_t microjoules) {
    std::filesystem::create_directories(root_ / name);
    std::ofstream(root_ / name / "energy_uj") << microjoules << "\n";
    std::ofstream(root_ / name / "max_energy_range_uj") << 10'000'000 << "\n";
  }
  std::filesystem::path root_;
};

TEST_F(Energy, IsTheSumOfThePackagesAndNotOfTheirParts) {
  counter("intel-rapl:0", 1'000'000);
  counter("intel-rapl:1", 0);
  counter("intel-rapl:0:0", 0);
  const EnergyMeter meter(root_);
  counter("intel-rapl:0", 3'500'000);
  counter("intel-rapl:1", 1'000'000);
  counter("intel-rapl:0:0", 9'000'000);
  EXPECT_DOUBLE_EQ(meter.joules().value(), 3.5);
}

TEST_F(Energy, OutlivesACounterThatWraps) {
  counter("intel-rapl:0", 9'000'000);
  const EnergyMeter meter(root_);
  counter("intel-rapl:0", 500'000);
  EXPECT_DOUBLE_EQ(meter.joules().value(), 1.5);
}

TEST_F(Energy, IsAbsentWhereTheMachineDoesNotSay) {
  EXPECT_FALSE(EnergyMeter(root_).joules());
  EXPECT_FALSE(EnergyMeter(root_ / "nowhere").joules());
}

}  // namespace
}  // namespace retort
