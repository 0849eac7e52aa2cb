// The suite of scenarios: each is asked for as one file, and used by our side as its prompt says.
#include <fmt/core.h>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/eval/code/program.h"
#include "retort/eval/code/scenarios/scenario.h"
#include "retort/eval/code/sound_sandbox.h"
#include "retort/eval/suite.h"

namespace retort::eval {
namespace {

/// How it went with one answer.
struct Scored {
  bool solved = false;
  double checks = 0, faults = 0;  // shares met
  std::string verdict, note;
};

Scored score_answer(const ScenarioRow& row, const Sample& sample, uint64_t seed) {
  if (sample.status != SampleStatus::ok)
    return {.verdict = std::string(text(sample.status)), .note = sample.detail};
  const Result<std::string> program = extract_program(sample.content, Language::python);
  if (!program) return {.verdict = "malformed", .note = program.error().message()};
  const ScenarioResult result = row.run(sound_sandbox(), *program, seed);
  return {.solved = result.solved(),
          .checks = result.checks.share(),
          .faults = result.faults.share(),
          .verdict = result.solved() ? "right" : "wrong",
          .note = result.first_miss};
}

/// Means over the samples of one scenario.
struct ItemSum {
  double solved = 0, faults = 0, cut_off = 0;
  int64_t samples = 0;

  void add(const Scored& scored, const Sample& sample) {
    solved += scored.solved;
    faults += scored.faults;
    cut_off += is_cut_off(sample.status);
    ++samples;
  }
};

class Scoring {
 public:
  Scoring(std::span<const Sample> samples, uint64_t seed, const ScoreHooks& hooks)
      : seed_(seed), hooks_(hooks) {
    for (const Sample& sample : samples) index_.emplace(sample.key, &sample);
  }

  void add(const ScenarioRow& row, int64_t n_samples) {
    ItemSum item;
    for (int64_t n = 0; n < n_samples; ++n) {
      hooks_.check();
      const auto at = index_.find({std::string(row.id), n, 0});
      if (at == index_.end()) {
        ++out_.missing;
        continue;
      }
      const Scored scored = score_answer(row, *at->second, seed_);
      item.add(scored, *at->second);
      out_.verdicts.push_back({.key = at->second->key,
                               .score = scored.solved ? 1.0 : 0.0,
                               .verdict = scored.verdict,
                               .note = scored.note,
                               .parts = {{"checks", scored.checks}, {"code.exceptions", scored.faults}}});
    }
    if (item.samples > 0) add_item(row, item);
  }

  SuiteScores scores() {
    for (const FigureSum* sum : {&solved_, &exceptions_, &cut_off_}) out_.figures.push_back(sum->figure());
    out_.breakdowns = {std::move(by_scenario_)};
    return std::move(out_);
  }

 private:
  void add_item(const ScenarioRow& row, const ItemSum& item) {
    const std::string id(row.id);
    const auto n = static_cast<double>(item.samples);
    const int cluster = n_items_++;
    solved_.add(id, item.solved / n, cluster);
    exceptions_.add(id, item.faults / n, cluster);
    cut_off_.add(id, item.cut_off / n, cluster);
    FigureSum one("code.solved");
    one.add(id, item.solved / n, 0);
    by_scenario_.points.push_back({id, one.figure().estimate});
  }

  uint64_t seed_;
  const ScoreHooks& hooks_;
  std::map<SampleKey, const Sample*> index_;
  FigureSum solved_{"code.solved"}, exceptions_{"code.exceptions"}, cut_off_{"code.cut_off"};
  Breakdown by_scenario_{"code.solved", "scenario", {}};
  int n_items_ = 0;
  SuiteScores out_;
};

class ScenariosSuite : public Suite {
 public:
  explicit ScenariosSuite(const SuiteOptions& options) : seed_(options.seed), problems_(options.problems) {
    if (problems_ < 1) fail(ErrorCode::bad_input, "scenarios: {} problems, at least 1 is needed", problems_);
    rows_ = scenarios().first(std::min(scenarios().size(), static_cast<size_t>(problems_)));
  }

  Json key() const override {
    Checksum prompts;
    for (const ScenarioRow& row : rows_) prompts.add(fmt::format("{}\n{}\n", row.id, row.prompt()));
    return {{"kind", "scenarios"}, {"problems", problems_}, {"seed", seed_}, {"checksum", prompts.hex()}};
  }
  std::vector<Item> items() const override {
    std::vector<Item> out;
    for (const ScenarioRow& row : rows_)
      out.push_back(
          {.id = std::string(row.id), .cluster = std::string(row.id), .turns = {std::string(row.prompt())}});
    return out;
  }
  SuiteScores score(std::span<const Sample> samples, int64_t n_samples,
                    const ScoreHooks& hooks) const override {
    Scoring scoring(samples, seed_, hooks);
    uint64_t done = 0;
    for (const ScenarioRow& row : rows_) {
      if (hooks.progress) hooks.progress("scenarios", done++, rows_.size());
      scoring.add(row, n_samples);
    }
    return in_group("scenarios", scoring.scores());
  }

 private:
  uint64_t seed_;
  int64_t problems_;
  std::span<const ScenarioRow> rows_;
};

}  // namespace

std::unique_ptr<Suite> make_scenarios_suite(const SuiteOptions& options);

std::unique_ptr<Suite> make_scenarios_suite(const SuiteOptions& options) {
  return std::make_unique<ScenariosSuite>(options);
}

}  // namespace retort::eval
