#include "retort/formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "retort/base/file.h"
#include "retort/formats/safetensors_writer.h"
#include "retort/formats/temporary_folder.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

class Safetensors : public TemporaryFolder {};

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST_F(Safetensors, ReadsAFileAsTheSpecificationDescribesIt) {
  // Written out by hand: a length of 8 bytes, the header, the bytes.
  std::string header =
      R"({"__metadata__":{"format":"pt"},"w":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},)"
      R"("s":{"dtype":"F32","shape":[],"data_offsets":[12,16]}})";
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size());
  file += header + std::string("\x80\x3f\x00\x40\x40\x40\x80\x40\xa0\x40\xc0\x40", 12) +
          std::string("\0\0\x80\x3f", 4);
  const SafetensorsFile read = parse_safetensors(bytes_of(file), "f");
  EXPECT_EQ(read.data_offset, 8 + header.size());
  ASSERT_EQ(read.metadata.size(), 1u);
  EXPECT_EQ(read.metadata[0], std::make_pair(std::string("format"), std::string("pt")));
  ASSERT_EQ(read.tensors.size(), 2u);
  EXPECT_EQ(read.tensors[0].name, "w");
  EXPECT_EQ(read.tensors[0].type, "BF16");
  EXPECT_EQ(read.tensors[0].dtype, DType::bf16);
  EXPECT_EQ(read.tensors[0].shape, (Shape{2, 3}));
  EXPECT_EQ(read.tensors[0].bytes.data(), bytes_of(file).data() + read.data_offset);
  EXPECT_EQ(read.tensors[1].shape.rank(), 0);
  EXPECT_EQ(read.tensors[1].shape.elements(), 1);
  EXPECT_EQ(read.tensors[1].bytes.size(), 4u);
}

TEST_F(Safetensors, EscapesInNamesAreDecoded) {
  std::string file(8, '\0');
  const std::string header = R"({"\u0061\"b":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}})";
  file[0] = static_cast<char>(header.size());
  file += header + "x";
  EXPECT_EQ(parse_safetensors(bytes_of(file), "f").tensors.at(0).name, "a\"b");
}

TEST_F(Safetensors, WhatIsWrittenInPartsAndAnyOrderIsRead) {
  const std::vector<float> a = {1, 2, 3};
  const std::vector<uint16_t> b(64, 0x3f80);
  const std::vector<uint8_t> c = {7};
  {
    SafetensorsWriter writer(
        dir / "m.safetensors",
        {{"c", DType::f8_e4m3, {1}}, {"a", DType::f32, {3}}, {"b", DType::bf16, {2, 32}}},
        {{"format", "pt"}});
    writer.write("b", bytes_of(b).subspan(64), 64);
    writer.write("c", bytes_of(c));
    writer.write("a", bytes_of(a));
    writer.write("b", bytes_of(b).first(64));
    EXPECT_FALSE(std::filesystem::exists(dir / "m.safetensors"));
    writer.finish();
  }
  MappedFile map(dir / "m.safetensors");
  const SafetensorsFile file = parse_safetensors(map.bytes(), "m");
  EXPECT_EQ(file.data_offset % 64, 0u);
  ASSERT_EQ(file.tensors.size(), 3u);
  // 128 bytes keep the alignment and come first, then wide elements before narrow ones.
  EXPECT_EQ(file.tensors[0].name, "b");
  EXPECT_EQ(file.tensors[1].name, "a");
  EXPECT_EQ(file.tensors[2].name, "c");
  EXPECT_EQ(std::memcmp(file.tensors[0].bytes.data(), b.data(), 128), 0);
  EXPECT_EQ(std::memcmp(file.tensors[1].bytes.data(), a.data(), 12), 0);
  EXPECT_EQ(file.tensors[0].offset % 64, 0u);
}

TEST_F(Safetensors, AnUnfinishedFileDoesNotAppear) {
  { SafetensorsWriter writer(dir / "m.safetensors", {{"a", DType::f32, {2}}}); }
  EXPECT_TRUE(std::filesystem::is_empty(dir));
  SafetensorsWriter writer(dir / "m.safetensors", {{"a", DType::f32, {2}}});
  const std::vector<float> half = {1};
  writer.write("a", bytes_of(half));
  EXPECT_THAT(error_message([&] { writer.finish(); }),
              HasSubstr("tensor 'a': 4 of its 8 bytes were written"));
  EXPECT_THAT(error_message([&] { writer.write("a", bytes_of(half), 8); }), HasSubstr("4 bytes from byte 8"));
  EXPECT_THAT(error_message([&] { writer.write("b", bytes_of(half)); }), HasSubstr("'b' was not announced"));
}

TEST_F(Safetensors, BlockTypesAndTwinsAreNotWritten) {
  EXPECT_THAT(error_message([&] {
                SafetensorsWriter(dir / "m", {{"a", DType::q8_0, {32}}});
              }),
              HasSubstr("safetensors has no type q8_0"));
  EXPECT_THAT(error_message([&] {
                SafetensorsWriter(dir / "m", {{"a", DType::f32, {1}}, {"a", DType::f32, {1}}});
              }),
              HasSubstr("'a' was announced twice"));
}

TEST_F(Safetensors, EveryCutOfAGoodFileIsAnError) {
  {
    SafetensorsWriter writer(dir / "m", {{"a", DType::f32, {2}}, {"b", DType::f16, {3}}}, {{"k", "v"}});
    const std::vector<uint8_t> eight(8), six(6);
    writer.write("a", bytes_of(eight));
    writer.write("b", bytes_of(six));
    writer.finish();
  }
  const std::string whole = read_file(dir / "m");
  EXPECT_EQ(parse_safetensors(bytes_of(whole), "m").tensors.size(), 2u);
  for (size_t n = 0; n < whole.size(); ++n) {
    const std::string cut = whole.substr(0, n);
    EXPECT_NE(error_message([&] { parse_safetensors(bytes_of(cut), "m"); }), "") << n;
  }
}

}  // namespace
}  // namespace retort
