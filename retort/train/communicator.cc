#include "retort/train/communicator.h"

#include <algorithm>
#include <optional>

#include "retort/base/check.h"
#include "retort/train/packed.h"

namespace retort::train {
namespace {

class LoneCommunicator : public Communicator {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  std::vector<std::string> gather(std::string_view mine) override { return {std::string(mine)}; }
  void broadcast(std::span<std::byte>) override {}
  void exchange(int, std::span<const std::byte>, std::span<std::byte>) override { RETORT_CHECK(false); }
  void finish() override {}
};

std::string packed(const Error* error) {
  Packer packer;
  packer.add(error != nullptr);
  if (error != nullptr) {
    packer.add(error->code());
    packer.add_text(error->message());
  }
  return packer.take();
}

std::optional<Error> unpacked(const std::string& bytes) {
  Unpacker unpacker(bytes);
  if (!unpacker.get<bool>()) return std::nullopt;
  const auto code = unpacker.get<ErrorCode>();
  return Error(code, unpacker.get_text());
}

}  // namespace

std::unique_ptr<Communicator> make_lone_communicator() {
  return std::make_unique<LoneCommunicator>();
}

void throw_first(Communicator& ranks, const Error* mine) {
  const std::vector<std::string> all = ranks.gather(packed(mine));
  for (size_t rank = 0; rank < all.size(); ++rank) {
    const std::optional<Error> error = unpacked(all[rank]);
    if (!error) continue;
    // What stops everybody is nobody's own.
    const bool own = rank > 0 && error->code() != ErrorCode::cancelled;
    throw SharedError(own ? error->with_context(fmt::format("rank {}", rank)) : *error);
  }
}

std::string from_first(Communicator& ranks, std::string text) {
  if (ranks.size() == 1) return text;
  return ranks.gather(ranks.first() ? text : "").front();
}

bool any(Communicator& ranks, bool mine) {
  const std::vector<std::string> all = ranks.gather(mine ? "1" : "0");
  return std::find(all.begin(), all.end(), "1") != all.end();
}

Share share_of(const Communicator& ranks, int64_t n) {
  const int64_t rank = ranks.rank(), size = ranks.size();
  return {n * rank / size, n * (rank + 1) / size};
}

}  // namespace retort::train
