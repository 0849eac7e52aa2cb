// The card of a student, its README.md: how it was made, what that cost, what it knows, and what it cannot
// do. Every figure says how it was obtained.
#pragma once

#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/formats/model_config.h"
#include "retort/train/recipe.h"

namespace retort::train {

/// What a card is made from; `events` are the lines of the run's log (RunRecord::events).
struct CardFacts {
  std::string name;  // or a path that ends in it
  std::string run;   // names the run that measured
  const Recipe& recipe;
  const ModelConfig& config;
  std::vector<Json> events;
};

/// Markdown. Names files by their names alone: where they lay on the machine that made it is nobody's matter.
std::string model_card(const CardFacts& facts);

}  // namespace retort::train
