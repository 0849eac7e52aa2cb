// Suite: what a model is asked, and how its answers become figures. A suite knows no model: it makes items,
// and later scores the samples that the journal has of them. Every suite gives its scores in one form, so
// that tables, comparisons and reports need not know which suite they come from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/json.h"
#include "retort/base/progress.h"
#include "retort/eval/figure.h"
#include "retort/eval/item.h"
#include "retort/eval/sample.h"

namespace retort::eval {

/// How it went with one sample, for tables and for people who look at samples one by one.
struct SampleVerdict {
  SampleKey key;
  double score = 0;     // in [0, 1]; what it means is the suite's
  std::string verdict;  // one or two words: "right", "wrong", "malformed", "cut off", "scorer error"
  std::string note;     // one line: "expected 85, got 84"
  std::map<std::string, double> parts;  // "level", and the figures of this sample by their ids
};

struct SuiteScores {
  std::vector<Figure> figures;
  std::vector<Breakdown> breakdowns;
  std::vector<SampleVerdict> verdicts;
  std::vector<std::string> notes;  // what a reader must know: "12 answers could not be compared"
  int64_t missing = 0;             // samples that the journal does not have: the run has not ended
};

/// The same with the figures called "group/...", so that several suites can stand in one table.
SuiteScores in_group(std::string_view group, SuiteScores scores);

struct ScoreHooks {
  std::function<void()> check = [] {};  // often; may throw to stop
  ProgressFn progress = {};
};

class Suite {
 public:
  virtual ~Suite() = default;
  /// What to make it of again, as SuiteOptions of the same name, with a checksum of the items: a part of the
  /// run's key.
  virtual Json key() const = 0;
  virtual std::vector<Item> items() const = 0;
  /// `samples` are those of one run that may be scored (`scorable`), each item asked n_samples times. Uses
  /// nothing else: the same samples give the same figures, measured times aside. Throws Error unsupported
  /// where code would have to run and there is no sandbox.
  virtual SuiteScores score(std::span<const Sample> samples, int64_t n_samples,
                            const ScoreHooks& hooks) const = 0;
};

/// What may be chosen of a suite; each uses what it knows.
struct SuiteOptions {
  std::vector<int64_t> levels{1, 2};  // of difficulty, 1 to 6
  int64_t problems = 100;             // at most so many of each level, or of a file
  uint64_t seed = 1;                  // of generated problems and hidden inputs
  std::filesystem::path file;         // of a benchmark in its published layout
};

/// A row of suites.inc.
struct SuiteRow {
  std::string_view name;
  bool runs_code;  // that models wrote, to score it
  std::string_view summary;
  std::unique_ptr<Suite> (*make)(const SuiteOptions&);  // throws Error bad_input
};
std::span<const SuiteRow> suites();
/// If one of these suites runs code: makes sure, once in this process, that the sandbox holds. Scoring does
/// so too; this is for those who would rather know before they ask. Throws as sound_sandbox().
void require_sandbox_for(std::span<const std::string> names);
/// Throws Error bad_input for a name that is none, naming those that are.
std::unique_ptr<Suite> make_suite(std::string_view name, const SuiteOptions& options);
/// The suite of a run's key {"suite": name, "tasks": Suite::key()}. Throws Error bad_input for other keys,
/// and unsupported when this program makes other items of it than the one that ran it.
std::unique_ptr<Suite> suite_of_key(const Json& run_key);

}  // namespace retort::eval
