// For tests: a sandbox, or the reason why this machine has none.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "retort/base/error.h"
#include "retort/eval/sandbox/sandbox.h"

namespace retort::eval {

inline bool has_program(const std::string& name) {
  return ::access(("/usr/bin/" + name).c_str(), X_OK) == 0;
}

class SandboxFixture : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      sandbox_ = std::make_unique<Sandbox>();
    } catch (const Error& error) {
      GTEST_SKIP() << error.message();
    }
  }
  const Sandbox& sandbox() const { return *sandbox_; }

 private:
  std::unique_ptr<Sandbox> sandbox_;
};

}  // namespace retort::eval
