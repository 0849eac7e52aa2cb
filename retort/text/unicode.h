// UTF-8 that may be broken, character classes as the tokenizers' regexes understand them, and NFC.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace retort {

/// What stands at the front of some bytes.
struct Utf8Step {
  enum class Kind { valid, broken, incomplete };
  Kind kind;
  /// Bytes of the character (valid), of the maximal broken part (broken), or seen so far (incomplete).
  uint32_t length;
};

/// Looks at the front of `bytes` (not empty). A broken part is "maximal" as the Unicode standard has it
/// (chapter 3, U+FFFD substitution), so that each becomes one U+FFFD.
Utf8Step utf8_step(std::string_view bytes);

/// The code point of a valid character at the front of `bytes`.
char32_t decode_utf8(std::string_view bytes);

/// The code point that ends just before `end` in valid UTF-8, `end` > 0.
char32_t decode_utf8_before(std::string_view text, size_t end);

void append_utf8(std::string& out, char32_t c);

bool is_valid_utf8(std::string_view bytes);

/// Valid UTF-8: each maximal broken part becomes one U+FFFD.
std::string repair_utf8(std::string_view bytes);

/// Appends what of `bytes` is complete to `out`, repaired, and returns how many bytes were used; the rest
/// (at most 3) is the beginning of a character.
size_t append_complete_utf8(std::string_view bytes, std::string& out);

/// White_Space, the `\s` of the tokenizers' regex engines.
bool is_white_space(char32_t c);

/// Alphabetic, Mark, Decimal_Number, Connector_Punctuation or Join_Control: the `\w` of UTS #18.
bool is_word_character(char32_t c);

/// Canonical composition of valid UTF-8, in time O(n log n) whatever the text.
std::string nfc(std::string_view text);

/// True where `nfc` would surely change nothing; may be false for text that is composed already.
bool is_surely_nfc(std::string_view text);

}  // namespace retort
