#include "retort/text/byte_level.h"

#include <array>
#include <cstdint>

#include "retort/text/unicode.h"

namespace retort {
namespace {

constexpr int kHighest =
    0x143;  // 256 characters: 188 bytes that print stand for themselves, 68 from U+0100 on

/// GPT-2's bytes_to_unicode: what prints in Latin-1 is itself, the rest count up from U+0100.
struct Alphabet {
  std::array<char32_t, 256> character{};
  std::array<int16_t, kHighest + 1> byte{};

  constexpr Alphabet() {
    byte.fill(-1);
    int next = 256;
    for (int b = 0; b < 256; ++b) {
      bool prints = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      character[size_t(b)] = char32_t(prints ? b : next++);
      byte[character[size_t(b)]] = int16_t(b);
    }
  }
};
constexpr Alphabet kAlphabet;

}  // namespace

bool append_byte_level(std::string_view text, std::string& out) {
  auto before = out.size();
  for (size_t i = 0; i < text.size();) {
    auto step = utf8_step(text.substr(i));
    auto c = step.kind == Utf8Step::Kind::valid ? decode_utf8(text.substr(i)) : kHighest + 1;
    if (c > kHighest || kAlphabet.byte[c] < 0) {
      out.resize(before);
      return false;
    }
    out += char(kAlphabet.byte[c]);
    i += step.length;
  }
  return true;
}

std::string to_byte_level(std::string_view bytes) {
  std::string out;
  for (char b : bytes) append_utf8(out, kAlphabet.character[uint8_t(b)]);
  return out;
}

}  // namespace retort
