// Choose: which model, at which precision, on which device, of those that can be had, for what is asked. A
// pure decision: everything that it weighs stands in its arguments, and every candidate that it passes over
// gets a reason.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "retort/plan/device.h"

namespace retort::plan {

/// How well a model does the job, as a share of items solved.
struct Quality {
  double value = 0, low = 0, high = 0;  // with its 95 % interval; low = high = value where none is known
  Obtained obtained = Obtained::measured;
  std::string source;  // "run 3fa91c021fab", or who published it
  /// Measured, or published, of these very weights; false: of the same model in another precision.
  bool of_this_precision = true;
};

/// A rate or a price with how it was obtained.
struct Estimated {
  double value = 0;
  Obtained obtained = Obtained::predicted;
  std::string source;  // the formula, or the run
};

/// One model at one precision on one device.
struct Candidate {
  std::string model, precision, device;
  double bits_per_weight = 16;
  double memory_bytes = 0;         // needed, for the asked context and users
  double device_memory_bytes = 0;  // that the device has for it
  std::optional<Quality> quality;
  std::optional<Estimated> tokens_per_second;  // of one request
  std::optional<double> tokens_per_solved;     // measured alone
  std::optional<Estimated> usd_per_million;    // tokens written
};

enum class Prefer { memory, speed, price };
std::string_view name(Prefer prefer);

/// What is asked. An absent limit is none.
struct Situation {
  std::optional<double> memory_bytes;
  std::optional<double> tokens_per_second;  // at least, for one request
  std::optional<double> usd_per_million;    // at most
  double margin = 0.02;                     // a loss of quality smaller than this is no loss
  double useful = 0.5;                      // what lies wholly below does not do the job
  double headroom = 0.05;                   // share of the memory that stays free
  /// What counts: measured or published quality. Never both: they are shares of different problems.
  Obtained evidence = Obtained::measured;
  Prefer prefer = Prefer::memory;  // of models as good as each other: needs least, runs faster, costs less
};

/// Why a candidate was not taken, in the order in which the reasons are looked for.
enum class Obstacle {
  none,
  no_quality,
  other_evidence,
  not_useful,
  no_speed,
  too_slow,
  no_price,
  too_dear,
  too_large
};

struct Assessment {
  Obstacle obstacle = Obstacle::none;
  std::string reason;  // with the numbers; empty: none
};

struct Choice {
  std::optional<size_t> chosen, runner_up;  // indexes of the candidates
  std::string reason;                       // why this one; or why none
  std::string why_not;                      // what speaks against the runner-up
  std::vector<Assessment> assessments;      // one a candidate
  std::vector<std::string> ways_out;  // where nothing is chosen: what would have to give, one limit a line
};

/// Is a shown not to be worse than b by more than the margin? Where both were asked the same items, whoever
/// has them can say it better than the two intervals can.
using NotWorse = std::function<bool(const Candidate& a, const Candidate& b, double margin)>;
/// From the intervals alone: the lower end of the difference (Newcombe 1998, method 10) is above -margin.
bool not_worse_by_intervals(const Candidate& a, const Candidate& b, double margin);

/// The rule. (1) What breaks a limit, has no figure that a limit needs, or lies wholly below `useful`, is
/// out. (2) From the smallest in memory to the largest, a model takes the place of the one before it only if
/// it is better and the one before is not shown to be as good within the margin, or if it is no worse and
/// `prefer` favours it. (3) Where one quality stands for several precisions of a model, the most bits that
/// fit are taken. So more memory never chooses a model of lower quality.
Choice choose(const Situation& situation, std::span<const Candidate> candidates,
              const NotWorse& not_worse = not_worse_by_intervals);

}  // namespace retort::plan
