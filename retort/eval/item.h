// What is asked: one conversation, whose turns the user says one after another, each after the model's own
// answer to the one before.
#pragma once

#include <string>
#include <vector>

namespace retort::eval {

struct Item {
  std::string id;       // of the whole suite, and the same in every run
  std::string cluster;  // items of one template, which may go right and wrong together
  std::vector<std::string> turns;
};

}  // namespace retort::eval
