// How a process sees that mpirun started it, without any library: Open MPI says so in the environment.
#pragma once

#include <cstdlib>

namespace retort::train {

/// The number of processes; 1 without mpirun.
inline int launched_ranks() {
  const char* size = std::getenv("OMPI_COMM_WORLD_SIZE");
  return size == nullptr ? 1 : std::atoi(size);
}

}  // namespace retort::train
