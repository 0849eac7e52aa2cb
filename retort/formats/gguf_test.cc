#include "retort/formats/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "retort/base/file.h"
#include "retort/formats/ggml_types.h"
#include "retort/formats/gguf_writer.h"
#include "retort/formats/temporary_folder.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Gguf : public TemporaryFolder {};

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

GgufFields all_types() {
  GgufFields fields;
  fields.set_u32("a.u32", 7);
  fields.set_i32("a.i32", -7);
  fields.set_u64("a.u64", ~uint64_t{0});
  fields.set_i64("a.i64", -1);
  fields.set_u16("a.u16", 65535);
  fields.set_f32("a.f32", 0.5f);
  fields.set_f64("a.f64", 0.25);
  fields.set_bool("a.bool", true);
  fields.set_string("a.string", "tea");
  const std::string strings[] = {"", "two", "drei"};
  fields.set_strings("a.strings", strings);
  const int32_t ints[] = {1, -2, 3};
  fields.set_i32s("a.ints", ints);
  const float floats[] = {0.5f, -1.0f};
  fields.set_f32s("a.floats", floats);
  return fields;
}

TEST_F(Gguf, ReadsAFileAsTheSpecificationDescribesIt) {
  // Written out by hand: magic, version 2, one tensor, one string; extents innermost first; data at 32 n.
  std::string file("GGUF\x02\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0", 24);
  file += std::string("\x01\0\0\0\0\0\0\0k\x08\0\0\0\x02\0\0\0\0\0\0\0hi", 23);
  file += std::string("\x01\0\0\0\0\0\0\0w\x02\0\0\0", 13) +
          std::string("\x03\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0", 16) +
          std::string("\0\0\0\0\0\0\0\0\0\0\0\0", 12);
  file.resize(96, '\0');
  file += std::string(24, 'x');
  const GgufFile read = parse_gguf(bytes_of(file), "f");
  EXPECT_EQ(read.version, 2u);
  EXPECT_EQ(read.data_offset, 96u);
  EXPECT_EQ(read.metadata.get<std::string_view>("k"), "hi");
  ASSERT_EQ(read.tensors.size(), 1u);
  EXPECT_EQ(read.tensors[0].shape, (Shape{2, 3}));
  EXPECT_EQ(read.tensors[0].dtype, DType::f32);
  EXPECT_EQ(read.tensors[0].bytes.size(), 24u);
  EXPECT_EQ(read.tensors[0].bytes[0], std::byte{'x'});
}

TEST_F(Gguf, MetadataOfEveryTypeIsWrittenAndRead) {
  GgufWriter(dir / "m.gguf", all_types(), {}).finish();
  MappedFile map(dir / "m.gguf");
  const GgufFile file = parse_gguf(map.bytes(), "m.gguf");
  const GgufMetadata& m = file.metadata;
  EXPECT_EQ(file.version, 3u);
  EXPECT_EQ(m.get<uint64_t>("a.u32"), 7u);
  EXPECT_EQ(m.get<int64_t>("a.i32"), -7);
  EXPECT_EQ(m.get<uint64_t>("a.u64"), ~uint64_t{0});
  EXPECT_EQ(m.get<int64_t>("a.i64"), -1);
  EXPECT_EQ(m.get<double>("a.u16"), 65535.0);
  EXPECT_EQ(m.get<double>("a.f32"), 0.5);
  EXPECT_EQ(m.get<double>("a.f64"), 0.25);
  EXPECT_TRUE(m.get<bool>("a.bool"));
  EXPECT_EQ(m.get<std::string_view>("a.string"), "tea");
  auto strings = m.find_strings("a.strings");
  EXPECT_THAT(std::vector<std::string_view>(strings->begin(), strings->end()),
              ElementsAre("", "two", "drei"));
  EXPECT_THAT(m.get<GgufArray>("a.ints").numbers<int64_t>(), ElementsAre(1, -2, 3));
  EXPECT_THAT(m.get<GgufArray>("a.floats").numbers<float>(), ElementsAre(0.5f, -1.0f));
  EXPECT_EQ(to_text(*m.find_entry("a.strings")), "['', 'two', 'drei']");
  EXPECT_EQ(to_text(*m.find_entry("a.i64")), "-1");
  EXPECT_FALSE(m.find<uint64_t>("a.none").has_value());
}

TEST_F(Gguf, TypeErrorsNameFileKeyAndValue) {
  GgufWriter(dir / "m.gguf", all_types(), {}).finish();
  MappedFile map(dir / "m.gguf");
  const GgufFile file = parse_gguf(map.bytes(), "m.gguf");
  auto message = [&](auto get) { return error_message([&] { get(file.metadata); }); };
  EXPECT_EQ(message([](const auto& m) { m.template get<uint64_t>("a.i64"); }),
            "m.gguf: key 'a.i64' is of type i64 with value -1, expected an unsigned integer");
  EXPECT_EQ(message([](const auto& m) { m.template get<int64_t>("a.u64"); }),
            "m.gguf: key 'a.u64' is of type u64 with value 18446744073709551615, expected an integer");
  EXPECT_EQ(message([](const auto& m) { m.template get<bool>("a.u32"); }),
            "m.gguf: key 'a.u32' is of type u32 with value 7, expected a boolean");
  EXPECT_EQ(message([](const auto& m) { m.template get<uint64_t>("a.f32"); }),
            "m.gguf: key 'a.f32' is of type f32 with value 0.5, expected an unsigned integer");
  EXPECT_EQ(message([](const auto& m) { m.find_strings("a.ints"); }),
            "m.gguf: key 'a.ints' is an array of type i32, expected an array of strings");
  EXPECT_EQ(message([](const auto& m) { m.template get<double>("a.none"); }),
            "m.gguf: key 'a.none' is missing");
}

TEST_F(Gguf, EntriesAreCopiedFromFileToFile) {
  GgufFields fields = all_types();
  // An array of two arrays of numbers: u8 [1, 2] and u8 [].
  const std::string inner("\0\0\0\0\x02\0\0\0\0\0\0\0\x01\x02\0\0\0\0\0\0\0\0\0\0\0\0", 26);
  fields.set({.key = "a.nested",
              .type = GgufType::array,
              .bytes = bytes_of(inner),
              .element = GgufType::array,
              .size = 2});
  GgufWriter(dir / "a.gguf", fields, {}).finish();
  MappedFile map(dir / "a.gguf");
  const GgufFile file = parse_gguf(map.bytes(), "a");
  EXPECT_EQ(to_text(*file.metadata.find_entry("a.nested")), "[2 arrays]");
  GgufFields copied;
  for (const auto& entry : file.metadata.entries()) copied.set(entry);
  GgufWriter(dir / "b.gguf", copied, {}).finish();
  EXPECT_EQ(read_file(dir / "a.gguf"), read_file(dir / "b.gguf"));
}

TEST_F(Gguf, TensorsAreWrittenInPartsAndRead) {
  const std::vector<float> norm = {1, 2, 3, 4, 5};
  std::string block(34 * 4, 'q');
  for (uint32_t alignment : {32u, 64u}) {
    GgufWriter writer(dir / "m.gguf", {}, {{"norm", DType::f32, {5}}, {"w", DType::q8_0, {2, 64}}},
                      alignment);
    writer.write("w", bytes_of(block).subspan(40), 40);
    writer.write("norm", std::as_bytes(std::span(norm)));
    writer.write("w", bytes_of(block).first(40));
    writer.finish();
    MappedFile map(dir / "m.gguf");
    const GgufFile file = parse_gguf(map.bytes(), "m");
    EXPECT_EQ(file.alignment, alignment);
    ASSERT_EQ(file.tensors.size(), 2u);
    EXPECT_EQ(file.tensors[0].shape, Shape{5});
    EXPECT_EQ(file.tensors[1].shape, (Shape{2, 64}));
    EXPECT_EQ(file.tensors[1].dtype, DType::q8_0);
    EXPECT_EQ(file.tensors[1].offset % alignment, 0u);
    EXPECT_EQ(std::memcmp(file.tensors[0].bytes.data(), norm.data(), 20), 0);
    EXPECT_EQ(std::memcmp(file.tensors[1].bytes.data(), block.data(), block.size()), 0);
  }
  EXPECT_THAT(error_message([&] {
                GgufWriter(dir / "x", {}, {{"w", DType::f8_e4m3, {2}}});
              }),
              HasSubstr("GGUF has no type f8_e4m3"));
  EXPECT_THAT(error_message([&] {
                GgufWriter(dir / "x", {}, {{"w", DType::q4_k, {2, 128}}});
              }),
              HasSubstr("rows of 128 elements are not whole blocks of 256"));
}

TEST_F(Gguf, EveryCutOfAGoodFileIsAnError) {
  {
    GgufWriter writer(dir / "m.gguf", all_types(), {{"w", DType::f32, {8}}});
    const std::vector<float> w(8, 1.0f);
    writer.write("w", std::as_bytes(std::span(w)));
    writer.finish();
  }
  const std::string whole = read_file(dir / "m.gguf");
  EXPECT_EQ(parse_gguf(bytes_of(whole), "m").tensors.size(), 1u);
  for (size_t n = 0; n < whole.size(); ++n) {
    const std::string cut = whole.substr(0, n);
    EXPECT_NE(error_message([&] { parse_gguf(bytes_of(cut), "m"); }), "") << n;
  }
}

TEST(GgmlTypes, KnowEveryNumberOnceAndAgreeWithOurOwnTable) {
  int known = 0;
  for (uint32_t id = 0; id < 100; ++id) {
    const auto type = ggml_type(id);
    if (!type) continue;
    ++known;
    EXPECT_FALSE(type->name.empty());
    if (type->dtype) {
      EXPECT_EQ(info(*type->dtype).gguf_id, static_cast<int>(id));
    }
  }
  EXPECT_EQ(known, 43);  // 0 to 42
  EXPECT_EQ(ggml_type(23)->name, "iq4_xs");
  EXPECT_EQ(ggml_type(23)->block_bytes, 136u);
  EXPECT_EQ(ggml_type(12)->dtype, DType::q4_k);
}

}  // namespace
}  // namespace retort
