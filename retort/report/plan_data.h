// What the report's pages of the plan are made from: devices, and of models all that memory and time follow
// from, so that the page can compute them for what its reader asks. web/report/src/plan/read.js reads it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/plan/model_plan.h"

namespace retort::report {

struct PlannedModel {
  std::string name;  // as the comparison calls it
  plan::ModelShape shape;
  std::vector<std::string> formats;  // names of plan's formats, "stored" among them
};

/// `request`: load, prompt, prices; a context past a model's is cut by the page. Devices come in the order
/// given; those without a peak for matrix products are left out.
Json plan_data(std::span<const PlannedModel> models, std::span<const plan::Device> devices,
               const plan::PlanRequest& request);

}  // namespace retort::report
