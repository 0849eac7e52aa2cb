#include "retort/text/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "retort/base/error.h"

namespace retort {
namespace {

std::string refusal(const std::vector<std::pair<int64_t, std::string>>& tokens) {
  Vocabulary v;
  for (auto& [id, text] : tokens) v.add(id, text);
  try {
    v.finish("test");
  } catch (const Error& e) {
    return e.message();
  }
  return "";
}

TEST(Vocabulary, ByteLevelTextIsFoundByItsBytes) {
  Vocabulary v;
  v.add(2, "Ġthe");
  v.add(0, "<｜x｜>");
  v.add_added(3, "<|end|>");
  v.add_added(2, "ignored: the model's token stays");
  v.finish("test");
  EXPECT_EQ(v.size(), 4);
  EXPECT_EQ(v.find(" the"), 2);
  EXPECT_EQ(v.find("<｜x｜>"), -1);  // no word of bytes reaches it
  EXPECT_EQ(v.find("<|end|>"), -1);
  EXPECT_EQ(v.find_text("Ġthe"), 2);
  EXPECT_EQ(v.find_text("<｜x｜>"), 0);
  EXPECT_EQ(v.find_text("x"), std::nullopt);
  EXPECT_EQ(v.bytes(2), " the");
  EXPECT_EQ(v.text(2), "Ġthe");
  EXPECT_EQ(v.text(0), "<｜x｜>");
  EXPECT_EQ(v.bytes(0), "<｜x｜>");
  EXPECT_EQ(v.bytes(3), "<|end|>");
  for (int64_t none : {int64_t{1}, int64_t{-1}, int64_t{4}, INT64_MAX}) {
    EXPECT_EQ(v.bytes(none), "");
    EXPECT_FALSE(v.contains(none));
  }
}

TEST(Vocabulary, WhatIsAmbiguousOrSparseIsRefused) {
  EXPECT_EQ(refusal({{0, "a"}, {0, "b"}}), "test: two tokens have the id 0");
  EXPECT_EQ(refusal({{0, "a"}, {1, "a"}}), "test: the token 'a' stands twice");
  EXPECT_EQ(refusal({{-5, "a"}}), "test: token id -5 is negative");
  EXPECT_EQ(refusal({{2000000000, "a"}}),
            "test: token id 2000000000 is too high for a vocabulary of 1 tokens");
  EXPECT_EQ(refusal({{INT64_MAX, "a"}}),
            "test: token id 9223372036854775807 is too high for a vocabulary of 1 tokens");
  EXPECT_EQ(refusal({{0, std::string(2 << 20, 'a')}}), "test: token 0 is longer than 1048576 bytes");
  EXPECT_EQ(refusal({}), "");
}

}  // namespace
}  // namespace retort
