// Communicator over Open MPI. Nothing of it is touched unless mpirun started this process.
#include <mpi.h>

#include <algorithm>

#include "retort/base/error.h"
#include "retort/train/communicator.h"
#include "retort/train/mpi_launch.h"

namespace retort::train {
namespace {

constexpr size_t kPart = size_t{1} << 28;  // bytes of a message: MPI counts in int

class MpiCommunicator : public Communicator {
 public:
  MpiCommunicator() {
    // One thread speaks, the others compute.
    int provided = 0;
    check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided));
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_));
    check(MPI_Comm_size(MPI_COMM_WORLD, &size_));
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  std::vector<std::string> gather(std::string_view mine) override {
    std::vector<std::string> all(static_cast<size_t>(size_));
    for (int from = 0; from < size_; ++from) {
      std::string& text = all[static_cast<size_t>(from)];
      if (from == rank_) text = mine;
      uint64_t bytes = text.size();
      check(MPI_Bcast(&bytes, 1, MPI_UINT64_T, from, MPI_COMM_WORLD));
      text.resize(bytes);
      broadcast_from(from, std::as_writable_bytes(std::span(text)));
    }
    return all;
  }

  void broadcast(std::span<std::byte> bytes) override { broadcast_from(0, bytes); }

  void exchange(int partner, std::span<const std::byte> mine, std::span<std::byte> theirs) override {
    for (size_t at = 0; at < mine.size(); at += kPart) {
      const auto n = static_cast<int>(std::min(kPart, mine.size() - at));
      check(MPI_Sendrecv(mine.data() + at, n, MPI_BYTE, partner, 0, theirs.data() + at, n, MPI_BYTE, partner,
                         0, MPI_COMM_WORLD, MPI_STATUS_IGNORE));
    }
  }

  void finish() override { MPI_Finalize(); }

 private:
  void broadcast_from(int from, std::span<std::byte> bytes) const {
    for (size_t at = 0; at < bytes.size(); at += kPart) {
      const auto n = static_cast<int>(std::min(kPart, bytes.size() - at));
      check(MPI_Bcast(bytes.data() + at, n, MPI_BYTE, from, MPI_COMM_WORLD));
    }
  }

  void check(int status) const {
    if (status == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING] = {};
    int length = 0;
    MPI_Error_string(status, text, &length);
    fail(ErrorCode::resource,
         "rank {} lost the others ({}): one of them has ended; the last state is kept: start again with "
         "--resume",
         rank_, std::string_view(text, static_cast<size_t>(length)));
  }

  int rank_ = 0, size_ = 1;
};

}  // namespace

bool launched_in_ranks() {
  return launched_ranks() > 1;
}

std::unique_ptr<Communicator> make_communicator() {
  if (!launched_in_ranks()) return make_lone_communicator();
  return std::make_unique<MpiCommunicator>();
}

}  // namespace retort::train
