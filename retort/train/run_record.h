// The record of a run, in a folder beside the student's, OUTPUT.run: the recipe that began it, what was
// decided at the start, the log, and in the end the report. It decides whether a run may begin, go on, or is
// done.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "retort/base/json.h"
#include "retort/train/recipe.h"

namespace retort::train {

class RunRecord {
 public:
  /// For the student's folder; touches nothing.
  explicit RunRecord(std::filesystem::path output)
      : output_(std::move(output)), folder_(output_.string() + ".run") {}

  const std::filesystem::path& folder() const { return folder_; }

  /// Throws Error bad_input if the folder has a model or a run already: neither is overwritten.
  void require_new() const;
  /// Throws Error: not_found if no run has begun here, bad_input if it began with another recipe (the keys
  /// are named), bad_input if it is done.
  void require_resumable(const Recipe& recipe) const;

  /// Makes the folder and writes down the recipe and the tokens that the run is to train on.
  void begin(const Recipe& recipe, int64_t tokens) const;
  /// The tokens that were decided when the run began.
  int64_t tokens() const;

  /// Adds a line to log.jsonl: {"event": event, ...}.
  void log(std::string_view event, const Json& fields) const;
  /// The lines of log.jsonl, oldest first; one that a kill cut off is left out.
  std::vector<Json> events() const;
  /// Writes report.json: the run is done.
  void finish(const Json& report) const;

 private:
  bool begun() const;
  bool done() const;

  std::filesystem::path output_, folder_;
};

}  // namespace retort::train
