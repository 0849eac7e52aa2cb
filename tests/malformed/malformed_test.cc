// Every malformed file gets one Error of one line that says what the table says, at a cost in proportion to
// the file: no crash, no hang, no allocation that the file's own size does not explain.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <malloc.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <new>
#include <optional>
#include <set>

#include "retort/formats/checkpoint.h"
#include "retort/formats/generation_config.h"
#include "retort/formats/model_config.h"
#include "tests/malformed/malformed_files.h"

namespace {

std::atomic<int64_t> live_bytes{0}, peak_bytes{0};

void* counted_allocation(size_t size) {
  void* block = std::malloc(size ? size : 1);
  if (block == nullptr) throw std::bad_alloc();
  const int64_t live = live_bytes += static_cast<int64_t>(malloc_usable_size(block));
  if (live > peak_bytes) peak_bytes = live;
  return block;
}

void counted_release(void* block) noexcept {
  if (block != nullptr) live_bytes -= static_cast<int64_t>(malloc_usable_size(block));
  std::free(block);
}

}  // namespace

void* operator new(size_t size) {
  return counted_allocation(size);
}
void* operator new[](size_t size) {
  return counted_allocation(size);
}
void operator delete(void* block) noexcept {
  counted_release(block);
}
void operator delete[](void* block) noexcept {
  counted_release(block);
}
void operator delete(void* block, size_t) noexcept {
  counted_release(block);
}
void operator delete[](void* block, size_t) noexcept {
  counted_release(block);
}

namespace retort::malformed {
namespace {

namespace fs = std::filesystem;

/// Everything that looks at a file: opening, configuration, recommended sampling, and every tensor.
void inspect(const fs::path& path) {
  const Checkpoint checkpoint = Checkpoint::open(path);
  for (const auto& tensor : checkpoint.tensors()) checkpoint.get(tensor.name);
  if (!checkpoint.metadata().entries().empty() || checkpoint.text("config.json") ||
      path.filename() == "config_missing")
    read_model_config(checkpoint);
  read_generation_config(checkpoint);
  for (const auto& entry : checkpoint.metadata().entries()) to_text(entry);
}

uint64_t bytes_under(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return fs::file_size(path);
  uint64_t total = 0;
  if (fs::is_directory(path, error))
    for (const auto& entry : fs::directory_iterator(path))
      if (entry.is_regular_file(error)) total += entry.file_size(error);
  return total;
}

class MalformedFiles : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new fs::path(fs::path(::testing::TempDir()) / "retort_malformed");
    fs::remove_all(*folder_);
    fs::create_directories(*folder_);
    cases_ = new std::vector<Case>(write_all(*folder_));
  }
  static void TearDownTestSuite() {
    fs::remove_all(*folder_);
    delete folder_;
    delete cases_;
  }
  static fs::path* folder_;
  static std::vector<Case>* cases_;
};
fs::path* MalformedFiles::folder_ = nullptr;
std::vector<Case>* MalformedFiles::cases_ = nullptr;

std::optional<Error> error_of(const fs::path& path) {
  try {
    inspect(path);
  } catch (const Error& error) {
    return error;
  }
  return std::nullopt;
}

TEST_F(MalformedFiles, EachGetsOneLineThatNamesTheFileThePlaceAndTheNumber) {
  for (const Case& one : *cases_) {
    SCOPED_TRACE(one.path);
    const auto error = error_of(*folder_ / one.path);
    EXPECT_EQ(error.has_value(), !one.message_parts.empty()) << (error ? error->message() : "no error");
    if (!error || one.message_parts.empty()) continue;
    EXPECT_EQ(name(error->code()), name(one.code)) << error->message();
    EXPECT_THAT(error->message(), ::testing::HasSubstr(folder_->string())) << "names the file";
    for (const auto& part : one.message_parts) EXPECT_THAT(error->message(), ::testing::HasSubstr(part));
    const bool one_line = std::all_of(error->message().begin(), error->message().end(),
                                      [](char c) { return c >= ' ' && c < 0x7f; });
    EXPECT_TRUE(one_line && error->message().size() < 700) << error->message();
  }
}

TEST_F(MalformedFiles, EachCostsTimeAndMemoryInProportionToItsSize) {
  for (const Case& one : *cases_) {
    SCOPED_TRACE(one.path);
    const fs::path path = *folder_ / one.path;
    const auto bytes = static_cast<int64_t>(bytes_under(path));
    const int64_t before = live_bytes;
    peak_bytes = before;
    const auto start = std::chrono::steady_clock::now();
    error_of(path);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    // A configuration becomes a tree, a header of weights does not.
    const int64_t factor = one.path.starts_with("config/") ? 24 : 8;
    EXPECT_LT(peak_bytes - before, 256 * 1024 + factor * bytes) << "file of " << bytes << " bytes";
    EXPECT_LT(took.count(), 2.0) << "file of " << bytes << " bytes";
  }
}

TEST_F(MalformedFiles, TheTableIsLargeAndItsPathsDiffer) {
  std::set<std::string> paths;
  for (const Case& one : *cases_) EXPECT_TRUE(paths.insert(one.path).second) << one.path;
  EXPECT_GE(paths.size(), 150u);
}

}  // namespace
}  // namespace retort::malformed
