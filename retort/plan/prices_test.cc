#include "retort/plan/prices.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "retort/base/error.h"
#include "retort/plan/audit.h"
#include "retort/plan/catalogue.h"
#include "retort/plan/prediction_errors.h"

namespace retort::plan {
namespace {

class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() / ("retort-prices-" + std::to_string(::getpid()))) {
    std::ofstream(path_) << text;
  }
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

TEST(Prices, OfDevicesOfTheCatalogueWithASourceEach) {
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  const PriceList prices = read_prices();
  EXPECT_FALSE(prices.date.empty());
  for (const Price& price : prices.devices) {
    EXPECT_EQ(catalogue.find(price.device).device.name, price.device);
    EXPECT_GT(price.usd_per_hour, 0) << price.device;
    EXPECT_FALSE(price.source.empty()) << price.device;
  }
}

TEST(Prices, RentIsNamedRentAndElectricityPower) {
  const TemporaryFile file(R"({"date": "2026-12-01", "usd_per_kwh": 0.5, "usd_per_kwh_source": "our bill",
    "devices": [{"device": "NVIDIA A10", "usd_per_hour": 2, "source": "ours"}]})");
  const PriceList prices = read_prices(file.path());
  const auto rent = hourly_cost(prices, find_device("A10x2"));
  ASSERT_TRUE(rent.has_value());
  EXPECT_EQ(rent->kind, "rent");
  EXPECT_DOUBLE_EQ(rent->usd, 4);
  const DeviceSet other = find_device("RTX 3090");
  const auto power = hourly_cost(prices, other);
  ASSERT_TRUE(power.has_value());
  EXPECT_EQ(power->kind, "power");
  EXPECT_DOUBLE_EQ(power->usd, other.device.watts->value / 1000 * 0.5);
}

TEST(Prices, AFileThatIsNoneIsNamed) {
  for (const char* bad :
       {"", "[]", "{}", R"({"date": "x"})", R"({"date": "x", "devices": [{"device": "A10"}]})"}) {
    const TemporaryFile file(bad);
    EXPECT_THROW(read_prices(file.path()), Error) << bad;
  }
}

TEST(PredictionErrors, CountForTheirCalibrationOnly) {
  const TemporaryFile file(
      R"({"calibration": "abc", "date": "2026-12-01", "points": 26, "median": 0.05, "worst": 0.2})");
  ASSERT_TRUE(read_prediction_errors("abc", file.path()).has_value());
  EXPECT_EQ(read_prediction_errors("abc", file.path())->points, 26);
  EXPECT_FALSE(read_prediction_errors("other", file.path()).has_value());
  EXPECT_FALSE(read_prediction_errors("abc", "/nowhere/at/all").has_value());
}

TEST(Audit, EveryClaimIsAnsweredWithNumbers) {
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  const auto lines = audit(catalogue.devices(), {});
  ASSERT_EQ(lines.size(), 5u);
  for (const AuditLine& line : lines) {
    EXPECT_FALSE(line.claimed.empty()) << line.id;
    EXPECT_NE(line.predicted.find("bf16"), std::string::npos) << line.id;
    EXPECT_FALSE(line.verdicts.empty()) << line.id;
  }
  // H1: 8 GB for a model whose BF16 weights are 3.55 GB.
  EXPECT_NE(lines[0].verdicts[0].find("8 GB is 1.8 x what BF16 needs"), std::string::npos)
      << lines[0].verdicts[0];
}

}  // namespace
}  // namespace retort::plan
