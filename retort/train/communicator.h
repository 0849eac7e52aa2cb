// Communicator: the processes that carry out one run together, its ranks. Everyone has all weights and makes
// the same updates; the work between is dealt. Rank 0 alone writes and speaks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "retort/base/error.h"

namespace retort::train {

class Communicator {
 public:
  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;

  // Every rank must make the same calls in the same order.

  /// What every rank says, in the order of ranks.
  virtual std::vector<std::string> gather(std::string_view mine) = 0;
  /// Rank 0's bytes for all.
  virtual void broadcast(std::span<std::byte> bytes) = 0;
  /// Swaps bytes of the same number with another rank.
  virtual void exchange(int partner, std::span<const std::byte> mine, std::span<std::byte> theirs) = 0;
  /// The end: nobody says more.
  virtual void finish() = 0;

  bool first() const { return rank() == 0; }
};

/// A run in one process: nothing is sent.
std::unique_ptr<Communicator> make_lone_communicator();

/// This process was started by Open MPI's mpirun with others beside it.
bool launched_in_ranks();
/// Of the processes that mpirun started; alone without it, and then nothing of MPI is touched. Throws Error
/// unsupported if the program was built without Open MPI.
std::unique_ptr<Communicator> make_communicator();

/// An error that every rank throws: rank 0 tells it.
class SharedError : public Error {
 public:
  explicit SharedError(const Error& error) : Error(error) {}
};

/// Errors of all ranks, by what each says of itself: throws the first, as SharedError.
void throw_first(Communicator& ranks, const Error* mine);

/// Calls f on every rank; if it throws an Error on any, all throw the first one's. f itself sends nothing.
template <typename F>
void together(Communicator& ranks, F f) {
  if (ranks.size() == 1) return f();
  try {
    f();
  } catch (const Error& error) {
    throw_first(ranks, &error);
  }
  throw_first(ranks, nullptr);
}

/// Rank 0's text, or value, for all.
std::string from_first(Communicator& ranks, std::string text);
template <typename T>
T from_first(Communicator& ranks, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  ranks.broadcast(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}
/// True on all ranks if it is on any.
bool any(Communicator& ranks, bool mine);

/// The part of [0, n) that is this rank's: neighbouring, in the order of ranks.
struct Share {
  int64_t begin = 0, end = 0;
};
Share share_of(const Communicator& ranks, int64_t n);

}  // namespace retort::train
