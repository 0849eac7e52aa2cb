#include "retort/text/unicode.h"

#include <gtest/gtest.h>

#include <string>

namespace retort {
namespace {

TEST(Unicode, EachMaximalBrokenPartBecomesOneReplacement) {
  struct Case {
    std::string bytes, repaired;
  };
  // The first row is the example of the Unicode standard, table 3-8.
  for (auto& [bytes, repaired] : {
           Case{"a\xF1\x80\x80\xE1\x80\xC2"
                "b\x80"
                "c\x80\xBF"
                "d",
                "a���b�c��d"},
           Case{"\xC0\xAF", "��"},
           Case{"\xE0\x80\x80", "���"},
           Case{"\xED\xA0\x80", "���"},
           Case{"\xF0\x9F\x98", "�"},
           Case{"\xF4\x90\x80\x80", "����"},
           Case{"\xFF", "�"},
           Case{"plain ASCII, longer than eight bytes \xE2\x82", "plain ASCII, longer than eight bytes �"},
       }) {
    EXPECT_FALSE(is_valid_utf8(bytes)) << bytes;
    EXPECT_EQ(repair_utf8(bytes), repaired);
  }
  for (std::string valid : {"", "a", "é", "中文", "🙂", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_valid_utf8(valid));
    EXPECT_EQ(repair_utf8(valid), valid);
  }
}

TEST(Unicode, CompleteCharactersAreTakenAndTheBegunOneStays) {
  std::string out;
  EXPECT_EQ(append_complete_utf8("ab\xF0\x9F\x98", out), 2u);
  EXPECT_EQ(out, "ab");
  EXPECT_EQ(append_complete_utf8("\xF0\x9F\x98\x80", out), 4u);
  EXPECT_EQ(out, "ab😀");
}

TEST(Unicode, EncodingAndDecodingAreInverse) {
  for (char32_t c : {U'\0', U'\x7F', U'\x80', U'\x7FF', U'\x800', U'\xFFFF', U'\x10000', U'\x10FFFF'}) {
    std::string text = "x";
    append_utf8(text, c);
    EXPECT_EQ(decode_utf8(text.substr(1)), c);
    EXPECT_EQ(decode_utf8_before(text, text.size()), c);
  }
}

TEST(Unicode, NfcComposesReordersAndKeepsExclusions) {
  struct Case {
    std::string text, composed;
  };
  for (auto& [text, composed] : {
           Case{"e\u0301", "é"},
           Case{"q\u0307\u0323", "q\u0323\u0307"},  // marks in the order of their classes
           Case{"e\u0327\u0301", "\u0229\u0301"},   // the lower class composes first
           Case{"\u212B \u2126", "Å Ω"},            // singletons
           Case{"\u1100\u1161\u11A8", "\uAC01"},    // Hangul
           Case{"\uAC00\u11A8", "\uAC01"},
           Case{"\u0958", "\u0915\u093C"},  // a composition exclusion
           Case{"a\u0301\u0301", "á\u0301"},
           Case{"中文 é \u0301", "中文 é \u0301"},
           Case{"plain", "plain"},
       }) {
    EXPECT_EQ(nfc(text), composed) << text;
    EXPECT_EQ(nfc(composed), composed) << text;
  }
}

TEST(Unicode, NfcOfAMegabyteOfMarksIsNotQuadratic) {
  std::string marks;
  while (marks.size() < 1000000) marks += "\u0301\u0323";  // classes 230 and 220, so each run must be sorted
  auto composed = nfc("a" + marks);
  EXPECT_EQ(composed.size(), marks.size() + 1);  // ạ takes three bytes for the two of one mark and one of a
  EXPECT_TRUE(composed.starts_with("\u1EA1\u0323"));
}

TEST(Unicode, TextBelowTheCombiningMarksIsSurelyComposed) {
  EXPECT_TRUE(is_surely_nfc("café 中文 кириллица"));
  EXPECT_FALSE(is_surely_nfc("cafe\u0301"));
}

TEST(Unicode, SpaceAndWordFollowTheUnicodeProperties) {
  for (char32_t c : {U' ', U'\t', U'\x85', U'\xA0', U'\x3000', U'\x2028'})
    EXPECT_TRUE(is_white_space(c)) << uint32_t(c);
  for (char32_t c : {U'a', U'\x180E', U'\x200B', U'\xFEFF', U'\x1F'})
    EXPECT_FALSE(is_white_space(c)) << uint32_t(c);
  for (char32_t c : {U'a', U'_', U'5', U'é', U'\x301', U'中', U'\x200D', U'Ⅷ', U'Ⓐ'})
    EXPECT_TRUE(is_word_character(c)) << uint32_t(c);
  for (char32_t c : {U' ', U'-', U'½', U'🙂', U'\xA0'}) EXPECT_FALSE(is_word_character(c)) << uint32_t(c);
}

}  // namespace
}  // namespace retort
