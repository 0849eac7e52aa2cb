#include "retort/text/stream_decoder.h"

#include <gtest/gtest.h>

#include "retort/base/random.h"
#include "retort/text/tokenizer_test_data.h"
#include "retort/text/unicode.h"

namespace retort {
namespace {

Tokenizer small() {
  return Tokenizer::from_json(test::small_tokenizer().dump(), "t.json");
}

TEST(StreamDecoder, HoldsACharacterBackUntilItIsWhole) {
  auto t = small();
  StreamDecoder decoder(t);
  EXPECT_EQ(decoder.feed(test::kHello), "hello");
  EXPECT_EQ(decoder.feed(0xF0), "");
  EXPECT_EQ(decoder.feed(0x9F), "");
  EXPECT_TRUE(decoder.holds_back());
  EXPECT_EQ(decoder.feed(0x99), "");
  EXPECT_EQ(decoder.feed(0x82), "🙂");
  EXPECT_FALSE(decoder.holds_back());
  EXPECT_EQ(decoder.feed(0xE4), "");
  EXPECT_EQ(decoder.feed('a'), "�a");  // as soon as it is known to be broken
  EXPECT_EQ(decoder.flush(), "");
  EXPECT_EQ(decoder.feed(0xE4), "");
  EXPECT_EQ(decoder.flush(), "�");
  EXPECT_EQ(decoder.feed('b'), "b");
}

TEST(StreamDecoder, MaySkipSpecialTokens) {
  auto t = small();
  StreamDecoder decoder(t, {.skip_special_tokens = true});
  EXPECT_EQ(decoder.feed(test::kEnd), "");
  EXPECT_EQ(decoder.feed(test::kThink), "<think>");
}

TEST(StreamDecoder, ItsPartsAreTheWholeDecoding) {
  auto t = small();
  for (uint64_t seed = 0; seed < 500; ++seed) {
    Random random(seed);
    std::vector<int32_t> ids;
    for (auto n = random.below(30); n > 0; --n)
      ids.push_back(int32_t(random.below(2) ? random.below(270) : 0x80 + random.below(0x80)));
    StreamDecoder decoder(t);
    std::string streamed;
    for (auto id : ids) {
      auto part = decoder.feed(id);
      EXPECT_TRUE(is_valid_utf8(part));
      streamed += part;
    }
    EXPECT_EQ(streamed + decoder.flush(), t.decode(ids));
  }
}

}  // namespace
}  // namespace retort
