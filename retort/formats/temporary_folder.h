// TemporaryFolder: a test's own folder, removed with everything in it. For tests only.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "retort/base/error.h"

namespace retort {

class TemporaryFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    dir = std::filesystem::path(::testing::TempDir()) /
          (std::string("retort_") + info->test_suite_name() + "_" + info->name());
    std::filesystem::remove_all(dir);
    std::filesystem::create_directories(dir);
  }
  void TearDown() override { std::filesystem::remove_all(dir); }

  std::filesystem::path dir;
};

/// The message of the Error that `f` throws; "" if it throws none.
template <typename F>
std::string error_message(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

}  // namespace retort
