#include "retort/eval/sandbox/attempt.h"

namespace retort::eval {

std::vector<Attempt> attempts() {
  std::vector<Attempt> all;
  for (auto part :
       {file_attempts(), process_attempts(), kernel_attempts(), network_attempts(), resource_attempts()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace retort::eval
