// A build without Open MPI: runs of one process only. Built instead of mpi_communicator.cc.
#include "retort/base/error.h"
#include "retort/train/communicator.h"
#include "retort/train/mpi_launch.h"

namespace retort::train {

bool launched_in_ranks() {
  return launched_ranks() > 1;
}

std::unique_ptr<Communicator> make_communicator() {
  if (launched_in_ranks())
    fail(ErrorCode::unsupported,
         "mpirun started {} processes, but this program was built without Open MPI: install libopenmpi-dev "
         "and "
         "build again",
         launched_ranks());
  return make_lone_communicator();
}

}  // namespace retort::train
