// Added tokens: texts such as "<|im_start|>" that are cut out of the input before anything else looks at it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "retort/text/pretokenizer.h"

namespace retort {

/// As an entry of tokenizer.json's "added_tokens".
struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool special = false;      // left out when decoding without special tokens
  bool single_word = false;  // only where no word character stands before or after
  bool lstrip = false;       // takes the white space before it
  bool rstrip = false;       // and after it
  bool normalized = false;   // looked for in the normalized text
};

/// A part of a text: an added token, or what stands between (id -1).
struct TextPart {
  int32_t id = -1;
  TextSpan span;
};

/// A set of texts, found leftmost first and longest among those.
class TextSet {
 public:
  /// `index` comes back with a match. The same text again replaces.
  void add(std::string_view text, int32_t index);
  bool empty() const { return nodes_.size() == 1; }

  struct Match {
    TextSpan span;
    int32_t index;
  };
  std::optional<Match> find(std::string_view text, size_t from) const;

 private:
  struct Node {
    int32_t index = -1;
    std::vector<std::pair<uint8_t, int32_t>> next;  // sorted by byte
  };
  int32_t follow(int32_t node, uint8_t byte) const;

  std::vector<Node> nodes_ = std::vector<Node>(1);
  std::array<bool, 256> begins_{};
};

class AddedTokens {
 public:
  static constexpr size_t kLongest = 512;  // bytes: looking for tokens costs at most so much a byte

  /// `normalized_content` is the content as it stands in normalized text. The content is not empty and at
  /// most kLongest bytes long.
  void add(AddedToken token, std::string_view normalized_content);

  const std::vector<AddedToken>& tokens() const { return tokens_; }
  const AddedToken* find(int32_t id) const;
  std::optional<int32_t> id_of(std::string_view content) const;

  /// Cuts text by the tokens that are looked for before (false) or after (true) it is normalized. A token
  /// counts where all of it is trusted; white space that it takes with it need not be.
  std::vector<TextPart> split(std::string_view text, bool normalized,
                              std::span<const TextSpan> trusted) const;

 private:
  std::vector<AddedToken> tokens_;
  std::unordered_map<int32_t, size_t> by_id_;
  std::unordered_map<std::string, int32_t> by_content_;
  TextSet raw_, normalized_;
};

}  // namespace retort
