// A plan as people read it: memory by part, devices with their rules, speed and cost; and the audit.
#pragma once

#include <span>

#include "retort/plan/audit.h"
#include "retort/plan/model_plan.h"
#include "retort/plan/prediction_errors.h"
#include "retort/plan/training_memory.h"

namespace retort::cli {

void print_plan(const plan::ModelPlan& plan, const plan::PlanRequest& request);

/// The formulas behind all of them and what is known of their error, once.
void print_plan_notes(const plan::PlanRequest& request, const std::optional<plan::PredictionErrors>& errors,
                      bool several);

void print_training(const plan::ModelShape& shape, const plan::MemoryPlan& memory, const std::string& what);

void print_audit(std::span<const plan::AuditLine> lines, const plan::Load& load);

}  // namespace retort::cli
