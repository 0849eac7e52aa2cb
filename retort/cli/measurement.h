// What goes with every measured figure: a run's id and when, where and by which build it was made.
#pragma once

#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/base/topology.h"
#include "retort/kernels/isa.h"

namespace retort::cli {

/// "3fa91c02-20261124": random hex and the day (UTC).
std::string new_run_id();

/// Median and half the distance between the quartiles, of at least one value.
struct Spread {
  double median = 0;
  double half_range = 0;
};
Spread spread(std::vector<double> values);

/// {"run": id, "obtained": "measured", "machine": ..., "isa": ..., "compiler": ...}
Json provenance(const std::string& run_id, const Topology& topology, kernels::Isa isa, int threads);

/// "AMD EPYC, 2 cores"
std::string machine_name(const Topology& topology);

}  // namespace retort::cli
