// The plan inside the HTML report: which devices stand in it, and the whole report of a plan alone.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "retort/base/json.h"
#include "retort/plan/catalogue.h"
#include "retort/report/plan_data.h"

namespace retort::cli {

/// This machine as it was calibrated; absent: it was not.
std::optional<plan::Device> calibrated_machine(const plan::DeviceCatalogue& catalogue);

/// This machine if it was calibrated, then accelerators and processors that many have, by their memory.
std::vector<plan::Device> report_devices(const plan::DeviceCatalogue& catalogue);

/// `plan_data` with what names and dates the report.
std::string plan_report(std::span<const report::PlannedModel> models, std::span<const plan::Device> devices,
                        const plan::PlanRequest& request);

}  // namespace retort::cli
