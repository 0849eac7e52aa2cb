#include "retort/cli/rank_places.h"

#include <sched.h>
#include <unistd.h>

#include <string>

namespace retort::cli {
namespace {

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

std::string allowed_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::string cores;
  for (int i = 0; i < CPU_SETSIZE; ++i) cores += CPU_ISSET(i, &set) ? '1' : '0';
  return cores;
}

}  // namespace

RankPlaces rank_places(train::Communicator& ranks) {
  const std::string host = host_name() + "\n", place = host + allowed_cores();
  RankPlaces places{0, 0};
  for (const std::string& one : ranks.gather(place)) {
    places.on_this_machine += one.starts_with(host) ? 1 : 0;
    places.on_these_cores += one == place ? 1 : 0;
  }
  return places;
}

}  // namespace retort::cli
