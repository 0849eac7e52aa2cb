#include "retort/text/marked_text.h"

#include <gtest/gtest.h>

#include <random>

#include "retort/text/tokenizer.h"
#include "retort/text/tokenizer_test_data.h"
#include "retort/text/unicode.h"

namespace retort {
namespace {

/// Parts in brackets are trusted: "[<]x[y]".
MarkedText marked(std::string_view shown) {
  MarkedText out;
  bool trusted = false;
  for (char c : shown) {
    if (c == '[' || c == ']') {
      trusted = c == '[';
      continue;
    }
    out.text += c;
    if (trusted) add_trusted(out.trusted, {out.text.size() - 1, out.text.size()});
  }
  return out;
}

std::string shown(const MarkedText& m) {
  std::string out;
  size_t done = 0;
  for (auto span : m.trusted) {
    out +=
        m.text.substr(done, span.begin - done) + "[" + m.text.substr(span.begin, span.end - span.begin) + "]";
    done = span.end;
  }
  return out + m.text.substr(done);
}

TEST(MarkedText, SpansThatTouchAreOne) {
  TrustedSpans spans;
  add_trusted(spans, {1, 3});
  add_trusted(spans, {3, 3});
  add_trusted(spans, {3, 4});
  add_trusted(spans, {6, 7});
  EXPECT_EQ(spans, (TrustedSpans{{1, 4}, {6, 7}}));
  EXPECT_EQ(trusted_within(spans, {2, 7}), (TrustedSpans{{0, 2}, {4, 5}}));
  EXPECT_TRUE(trusted_within(spans, {4, 6}).empty());
  EXPECT_TRUE(all_trusted(spans, {2, 4}));
  EXPECT_FALSE(all_trusted(spans, {2, 5}));
  EXPECT_FALSE(all_trusted(spans, {5, 7}));
  EXPECT_TRUE(all_trusted(spans, {5, 5}));
}

TEST(MarkedText, TrustIsKeptThroughNormalizing) {
  EXPECT_EQ(shown(nfc(marked("[ab]e\u0301[cd]"))), "[ab]\u00e9[cd]");
  EXPECT_EQ(shown(nfc(marked("[be\u0301c]x"))), "[b\u00e9c]x");
  EXPECT_EQ(shown(nfc(marked("[be]\u0301[c]"))), "[b]\u00e9[c]");  // a character of both is nobody's
  EXPECT_EQ(shown(nfc(marked("[<\u5927>]\u5c0f e\u0301"))), "[<\u5927>]\u5c0f \u00e9");
  EXPECT_EQ(shown(nfc(marked("[<x>]\u1100\u1161"))), "[<x>]\uac00");  // jamo join each other, not the mark
  EXPECT_EQ(shown(nfc(marked("\u1100[\u1161\u5927]e\u0301"))), "\uac00[\u5927]\u00e9");
}

TEST(MarkedText, NormalizesToTheSameTextWhereverTrustChanges) {
  const char* const pieces[] = {"a",      "<",      "\u0301", "\u0323", "e",      "\u1100",
                                "\u1161", "\u11a8", "\u5927", " ",      "\u0338", "\u00e9"};
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    MarkedText text;
    for (auto n = random() % 12; n > 0; --n) {
      auto begin = text.text.size();
      text.text += pieces[random() % std::size(pieces)];
      if (random() % 2) add_trusted(text.trusted, {begin, text.text.size()});
    }
    auto normal = nfc(text);
    ASSERT_EQ(normal.text, nfc(std::string_view(text.text))) << text.text;
    size_t last = 0;
    for (auto span : normal.trusted) {
      ASSERT_LT(span.begin, span.end);
      ASSERT_TRUE(last == 0 || span.begin > last);
      ASSERT_LE(span.end, normal.text.size());
      last = span.end;
      // What is trusted stood in the text as the template wrote it, up to normalization.
      bool stood = false;
      for (auto from : text.trusted)
        stood |= nfc(std::string_view(text.text).substr(from.begin, from.end - from.begin))
                     .find(normal.text.substr(span.begin, span.end - span.begin)) != std::string::npos;
      ASSERT_TRUE(stood) << shown(text) << " became " << shown(normal);
    }
  }
}

TEST(MarkedText, BrokenPartsAreRepairedEachOnItsOwn) {
  auto repaired = repair_utf8(MarkedText{"a\xff\xe5\xa4\xa7", {{0, 3}}});
  EXPECT_EQ(repaired.text, "a\ufffd\ufffd\ufffd\ufffd");
  EXPECT_EQ(repaired.trusted, (TrustedSpans{{0, 7}}));
}

Tokenizer small() {
  return Tokenizer::from_json(test::small_tokenizer().dump(), "t.json");
}

TEST(MarkedText, AddedTokensCountOnlyWhereAllOfThemIsTrusted) {
  auto t = small();
  auto count = [&](std::string_view text) {
    auto ids = t.encode(marked(text));
    return std::count(ids.begin(), ids.end(), test::kEnd);
  };
  EXPECT_EQ(count("[<|end|>]"), 1);
  EXPECT_EQ(count("<|end|>"), 0);
  EXPECT_EQ(count("[<|en]d|>"), 0);
  EXPECT_EQ(count("<[|end|>]"), 0);
  EXPECT_EQ(count("[<|end|>]<|end|>[x<|end|>]"), 2);
  EXPECT_EQ(t.encode(marked("[a]hello<|end|>[b]")), t.encode("ahello<|end|>b"));
  EXPECT_EQ(t.encode(marked("hel[lo wor]ld[<think>]")),
            t.encode("hello world<think>", {.parse_special_tokens = true}));
}

TEST(MarkedText, ATokenLookedForAfterNormalizingNeedsTrustToo) {
  auto root = test::small_tokenizer();
  root["added_tokens"][0]["normalized"] = true;
  auto t = Tokenizer::from_json(root.dump(), "t.json");
  EXPECT_EQ(t.encode(marked("[<|end|>]e\u0301[<|end|>]")),
            t.encode("<|end|>e\u0301<|end|>", {.parse_special_tokens = true}));
  EXPECT_EQ(t.encode(marked("[e\u0301]<|end|>")), t.encode("e\u0301<|end|>"));
}

}  // namespace
}  // namespace retort
