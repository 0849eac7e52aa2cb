#include "retort/problems/split.h"

#include "retort/base/random.h"

namespace retort::problems {

uint64_t text_hash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return splitmix64(hash);
}

Split split_of(std::string_view canonical) {
  return text_hash(canonical) % kTestOneIn == 0 ? Split::test : Split::train;
}

}  // namespace retort::problems
