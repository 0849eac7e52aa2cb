// The suite `proofs`: generated propositional and equational problems; every line of a proof is checked.
#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/eval/suite.h"
#include "retort/eval/tasks/item_figures.h"
#include "retort/eval/tasks/proofs/check.h"

namespace retort::eval {
namespace {

using proofs::Checked;
using proofs::Claim;
using proofs::ProofProblem;

// So many draws without a new problem: there are no more.
constexpr uint64_t kExhausted = 2'000;

std::vector<ProofProblem> draw(const SuiteOptions& options) {
  std::vector<ProofProblem> out;
  for (const int64_t level : options.levels) {
    if (level < 1 || level > 6)
      fail(ErrorCode::bad_input, "suite proofs: there is no level {}; there are 1 to 6", level);
    std::set<std::string> seen;
    uint64_t since_new = 0;
    for (uint64_t i = 0; static_cast<int64_t>(seen.size()) < options.problems && since_new < kExhausted;
         ++i) {
      ProofProblem p = proofs::generate_proof(static_cast<int>(level), options.seed, i);
      since_new = seen.insert(p.canonical()).second ? 0 : since_new + 1;
      if (since_new == 0) out.push_back(std::move(p));
    }
  }
  return out;
}

std::string verdict_of(const ProofProblem& p, const Checked& c, const Sample& sample) {
  if (sample.status != SampleStatus::ok) return std::string(text(sample.status));
  if (c.right(p)) return "right";
  switch (c.claim) {
    case Claim::proved:
      return p.follows ? (c.closed ? "stray lines" : "not closed") : "false proof";
    case Claim::refuted:
      return p.follows ? "false countermodel" : "wrong countermodel";
    default:
      return "malformed";
  }
}

class ProofScoring {
 public:
  void add_sample(const ProofProblem& p, const Sample& sample) {
    const Checked c = sample.status == SampleStatus::ok ? proofs::check_proof(p, sample.content) : Checked{};
    const bool right = c.right(p);
    const bool closed = p.follows ? c.claim == Claim::proved && c.closed : right;
    figures_.add("correct", right ? 1 : 0);
    figures_.add("proofs.closed", closed ? 1 : 0);
    if (!c.lines.empty()) figures_.add("proofs.lines", sound_share(c));
    figures_.add(
        "malformed",
        sample.status == SampleStatus::ok && (c.claim == Claim::none || c.claim == Claim::both) ? 1 : 0);
    figures_.add("cut_off", is_cut_off(sample.status) ? 1 : 0);
    (p.follows ? followed_ : unfollowed_) += 1;
    false_proofs_ += !p.follows && c.claim == Claim::proved ? 1 : 0;
    false_countermodels_ += p.follows && c.claim == Claim::refuted ? 1 : 0;

    SampleVerdict v{
        .key = sample.key,
        .score = right ? 1.0 : 0.0,
        .verdict = verdict_of(p, c, sample),
        .note = c.note,
        .parts = {{"level", static_cast<double>(p.level)}, {"proofs.closed", closed ? 1.0 : 0.0}}};
    if (!c.lines.empty()) v.parts["proofs.lines"] = sound_share(c);
    out_.verdicts.push_back(std::move(v));
  }

  void end_item(const ProofProblem& p) {
    const std::string kind = kind_of(p);
    // Kinds are chosen, not drawn: they are no clusters.
    const int cluster = 0;
    figures_.end_item(p.id, cluster);
    levels_.try_emplace(std::to_string(p.level), "correct")
        .first->second.add(p.id, figures_.last("correct"), cluster);
    kinds_.try_emplace(kind, "correct").first->second.add(p.id, figures_.last("correct"), cluster);
  }

  void missing() { ++out_.missing; }

  SuiteScores scores() {
    out_.figures = figures_.figures();
    add_breakdown("level", levels_);
    add_breakdown("kind", kinds_);
    if (false_proofs_ > 0)
      out_.notes.push_back(fmt::format("a proof was claimed of {} of {} goals that do not follow",
                                       false_proofs_, unfollowed_));
    if (false_countermodels_ > 0)
      out_.notes.push_back(fmt::format("a countermodel was claimed of {} of {} goals that follow",
                                       false_countermodels_, followed_));
    return std::move(out_);
  }

  static std::string kind_of(const ProofProblem& p) {
    return p.follows ? std::string(proofs::name(p.kind)) : "countermodels";
  }

 private:
  static double sound_share(const Checked& c) {
    return static_cast<double>(c.sound()) / static_cast<double>(c.lines.size());
  }
  void add_breakdown(const char* by, const std::map<std::string, FigureSum>& points) {
    Breakdown b{.figure = "proofs/correct", .by = by, .points = {}};
    for (const auto& [at, sum] : points) b.points.push_back({at, sum.figure().estimate});
    out_.breakdowns.push_back(std::move(b));
  }

  ItemFigures figures_{"proofs", {"correct", "proofs.closed", "proofs.lines", "malformed", "cut_off"}};
  std::map<std::string, FigureSum> levels_, kinds_;
  SuiteScores out_;
  int64_t followed_ = 0, unfollowed_ = 0, false_proofs_ = 0, false_countermodels_ = 0;
};

class ProofsSuite : public Suite {
 public:
  explicit ProofsSuite(const SuiteOptions& options) : options_(options), problems_(draw(options)) {}

  Json key() const override {
    Checksum sum;
    for (const ProofProblem& p : problems_) sum.add(p.id + "\n" + p.user + "\n");
    return {{"kind", "proofs"},
            {"levels", options_.levels},
            {"problems", options_.problems},
            {"seed", options_.seed},
            {"checksum", sum.hex()}};
  }

  std::vector<Item> items() const override {
    std::vector<Item> out;
    for (const ProofProblem& p : problems_) out.push_back({.id = p.id, .cluster = "", .turns = {p.user}});
    return out;
  }

  SuiteScores score(std::span<const Sample> samples, int64_t n_samples,
                    const ScoreHooks& hooks) const override {
    const SampleFinder finder(samples);
    ProofScoring scoring;
    for (const ProofProblem& p : problems_) {
      hooks.check();
      bool any = false;
      for (int64_t n = 0; n < n_samples; ++n) {
        const Sample* sample = finder.find(p.id, n);
        if (sample == nullptr) {
          scoring.missing();
          continue;
        }
        scoring.add_sample(p, *sample);
        any = true;
      }
      if (any) scoring.end_item(p);
    }
    return scoring.scores();
  }

 private:
  SuiteOptions options_;
  std::vector<ProofProblem> problems_;
};

}  // namespace

std::unique_ptr<Suite> make_proofs_suite(const SuiteOptions& options);

std::unique_ptr<Suite> make_proofs_suite(const SuiteOptions& options) {
  return std::make_unique<ProofsSuite>(options);
}

}  // namespace retort::eval
