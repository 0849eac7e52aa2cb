// Where the processes of a run are: how many share this machine, and how many its very cores.
#pragma once

#include "retort/train/communicator.h"

namespace retort::cli {

struct RankPlaces {
  int on_this_machine = 1;  // this process included
  int on_these_cores = 1;   // of them, those that may run on exactly the same cores
};

/// Every rank must ask.
RankPlaces rank_places(train::Communicator& ranks);

}  // namespace retort::cli
