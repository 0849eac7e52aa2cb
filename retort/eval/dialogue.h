// The conversations of a run: what of each is asked next, after the answers that the journal already has.
// The same for a model that runs here and for a hosted one.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/json.h"
#include "retort/eval/item.h"
#include "retort/eval/sample.h"

namespace retort::eval {

/// One conversation: an item asked for the n-th time.
struct Dialogue {
  const Item* item = nullptr;
  int64_t sample = 0;
  size_t turn = 0;                // asked next
  Json messages = Json::array();  // said so far
  bool full = false;              // no more of it fits

  bool done() const;
  SampleKey key() const;
  /// What was said, and what the user says next.
  Json asking() const;
  /// Goes on behind the answer to the turn that was asked.
  void follow(const Sample& sample);

 private:
  void say(std::string_view role, const std::string& content);
};

struct LineUp {
  std::vector<Dialogue> dialogues;   // that are not done
  uint64_t answered = 0, total = 0;  // turns
};
/// Every conversation up to where `known` has it. What the API failed to answer is asked again.
LineUp line_up(std::span<const Item> items, int64_t samples, std::vector<Sample> known);

/// The same on every platform, and another one for every answer.
uint64_t seed_of(uint64_t run_seed, const SampleKey& key);

}  // namespace retort::eval
