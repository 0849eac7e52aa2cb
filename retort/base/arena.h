// An arena: bump allocation of 64-byte aligned scratch that is given back all at once, so that a step of
// inference allocates nothing from the system after the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace retort {

class Arena {
 public:
  static constexpr size_t kAlignment = 64;

  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena();

  /// Uninitialised memory, aligned to 64 bytes with 64 readable bytes behind it, valid until `reset` or the
  /// end of the enclosing `Mark`.
  std::byte* allocate(size_t bytes);

  template <typename T>
  std::span<T> allocate_span(size_t n) {
    return {reinterpret_cast<T*>(allocate(n * sizeof(T))), n};
  }

  /// Gives everything back. If the last round needed several blocks, they become one.
  void reset();

  /// Bytes in use, and the most that were ever in use at once.
  size_t used() const { return used_; }
  size_t peak() const { return peak_; }

  /// Gives back at its end all that was allocated during its life.
  class Mark {
   public:
    explicit Mark(Arena& arena)
        : arena_(arena), block_(arena.current_), offset_(arena.offset_), used_(arena.used_) {}
    ~Mark() {
      arena_.current_ = block_;
      arena_.offset_ = offset_;
      arena_.used_ = used_;
    }
    Mark(const Mark&) = delete;
    Mark& operator=(const Mark&) = delete;

   private:
    Arena& arena_;
    size_t block_, offset_, used_;
  };

 private:
  struct Block {
    std::byte* data;
    size_t size;
  };
  void add_block(size_t at_least);

  std::vector<Block> blocks_;
  size_t current_ = 0;  // the block being filled
  size_t offset_ = 0;   // the next free byte in it
  size_t used_ = 0;
  size_t peak_ = 0;
};

}  // namespace retort
