// The tokens of a model: the bytes of each id, and the id of some bytes. Byte-level text is turned into the
// bytes it stands for on the way in, so that nothing above works on "Ġ".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace retort {

class Vocabulary {
 public:
  /// Expects about so many tokens.
  void reserve(size_t tokens, size_t bytes);

  /// A token of the model in its byte-level writing. One with a character that stands for no byte
  /// ("<｜end▁of▁sentence｜>") keeps its text as its bytes and is out of BPE's reach.
  void add(int64_t id, std::string_view text);

  /// A token that is not the model's: found by id only. Where the model has the id it stays as it is.
  void add_added(int64_t id, std::string_view text);

  /// Orders the tokens by id and builds the index. Throws bad_input ("<where>: ...") for an id or a token
  /// that stands twice, a negative id, or ids so sparse that most would be empty.
  void finish(std::string_view where);

  /// The highest id plus one; some ids below may have no token.
  int32_t size() const { return static_cast<int32_t>(tokens_.size()); }

  bool contains(int64_t id) const {
    return id >= 0 && id < size() && tokens_[size_t(id)].kind != Kind::absent;
  }

  /// The bytes of a token; empty where there is none.
  std::string_view bytes(int64_t id) const;

  /// A token of the model as vocabularies write it ("Ġthe"), what add() was given.
  std::string text(int64_t id) const;

  /// The model's token with these bytes, or -1.
  int32_t find(std::string_view bytes) const;

  /// The model's token with this text as vocabularies write it ("Ġthe").
  std::optional<int32_t> find_text(std::string_view text) const;

 private:
  enum class Kind : uint8_t { absent, byte_level, literal, added };
  struct Token {
    uint64_t offset = 0;
    uint32_t length = 0;
    Kind kind = Kind::absent;
  };

  void append(int64_t id, std::string_view text, Kind kind);
  void order_by_id(std::string_view where);
  void build_index(std::string_view where);

  std::string bytes_;
  std::vector<int64_t> ids_;    // of tokens_ before finish()
  std::vector<Token> tokens_;   // by id after finish()
  std::vector<int32_t> slots_;  // open addressing over the byte-level tokens; -1 is free
  std::unordered_map<std::string_view, int32_t> literals_;
  uint64_t seed_ = 0;
};

}  // namespace retort
