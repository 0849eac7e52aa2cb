#include "retort/base/file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "retort/base/cursor.h"
#include "retort/base/error.h"

namespace retort {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  fs::path dir = fs::path(::testing::TempDir()) /
                 (std::string("retort_") + ::testing::UnitTest::GetInstance()->current_test_info()->name());
  void SetUp() override { fs::create_directories(dir); }
  void TearDown() override { fs::remove_all(dir); }
};

TEST_F(FileTest, WhatIsWrittenIsReadAndMapped) {
  std::string text(10000, 'x');
  text += "end";
  write_file_atomic(dir / "a", text);
  EXPECT_EQ(read_file(dir / "a"), text);
  MappedFile map(dir / "a");
  ASSERT_EQ(map.size(), text.size());
  EXPECT_EQ(std::memcmp(map.bytes().data(), text.data(), text.size()), 0);
  map.release(map.bytes());
  EXPECT_EQ(std::memcmp(map.bytes().data(), text.data(), text.size()), 0);
}

TEST_F(FileTest, MissingFilesFoldersAndLongFilesAreErrorsThatNameThePath) {
  auto message = [](auto f) -> std::string {
    try {
      f();
    } catch (const Error& e) {
      return e.message();
    }
    return "";
  };
  EXPECT_NE(message([&] { MappedFile m(dir / "none"); }).find("none: cannot open: No such file"),
            std::string::npos);
  EXPECT_NE(message([&] { MappedFile m(dir); }).find("not a regular file"), std::string::npos);
  write_file_atomic(dir / "b", "12345");
  EXPECT_NE(message([&] { read_file(dir / "b", 4); }).find("5 bytes, more than the 4"), std::string::npos);
}

TEST_F(FileTest, AnEmptyFileMapsToNothing) {
  write_file_atomic(dir / "empty", "");
  EXPECT_EQ(MappedFile(dir / "empty").size(), 0u);
}

TEST_F(FileTest, AFailedWriteLeavesTheOldFileAndNoLitter) {
  write_file_atomic(dir / "c", "old");
  fs::create_directories(dir / "folder" / "inside");
  EXPECT_THROW(write_file_atomic(dir / "folder", "x"), Error);  // a folder cannot be renamed over
  EXPECT_EQ(read_file(dir / "c"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir), fs::directory_iterator()), 2);
}

TEST(ByteCursor, NeverPassesTheEnd) {
  std::string text = "abcdefgh";
  ByteCursor cursor(std::as_bytes(std::span(text)), "f");
  EXPECT_EQ(cursor.read<uint32_t>("count"), 0x64636261u);
  EXPECT_THROW(cursor.read<uint64_t>("size"), Error);
  EXPECT_THROW(cursor.take(~uint64_t{0}, "rest"), Error);
  EXPECT_EQ(cursor.offset(), 4u);
  EXPECT_EQ(cursor.take(4, "rest").size(), 4u);
  EXPECT_EQ(cursor.remaining(), 0u);
}

}  // namespace
}  // namespace retort
