// The report's page computes the plan anew from plan_data: with its formulas, written here once more, the
// numbers must be those of retort/plan.
#include "retort/report/plan_data.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/plan/catalogue.h"

namespace retort::report {
namespace {

using namespace retort::plan;

PlanRequest request_of(int64_t context, int64_t users) {
  PlanRequest request;
  request.load.context = context;
  request.load.users = users;
  request.prices = read_prices();
  return request;
}

/// web/report/src/plan/formulas.js, step_of: of `users` sequences behind `context` positions.
double decode_seconds(const Json& model, const Json& precision, const Json& device, double users,
                      double context) {
  const auto number = [](const Json& of, const char* key) { return of[key].get<double>(); };
  const double experts = number(model, "experts");
  const double used = experts > 0 ? number(model, "experts_per_token") / experts : 0;
  const double touched = experts > 0 ? 1 - std::pow(1 - used, users) : 0;
  double seconds = 0;
  const auto add = [&](double bytes, double operations, const std::string& format) {
    seconds += std::max(
        bytes / (number(device, "bytes_per_second") * number(device["decode"][format], "value")),
        operations / (number(device["peaks"], format.c_str()) * number(device["prefill"][format], "value")));
  };
  for (const Json& p : precision["products"])
    add(number(p, "shared_bytes") + touched * number(p, "expert_bytes") + number(p, "head_bytes"),
        2 * users *
            (number(p, "shared_parameters") + used * number(p, "expert_parameters") +
             number(p, "head_parameters")),
        p["class"]);
  add(users * context * number(model, "kv_bytes_per_token"),
      users * context * number(model, "attention_operations"), "wide");
  return seconds + number(device, "step_seconds") + number(model, "layers") * number(device, "layer_seconds");
}

/// memory_of.
double memory_bytes(const Json& model, const Json& precision, const char* runtime, double users,
                    double context) {
  const Json& r = precision[runtime];
  const auto round = r["kv_round"].get<double>();
  double sum = users * std::ceil(context / round) * round * model["kv_bytes_per_token"].get<double>();
  if (r.contains("step_tokens"))
    sum += std::min(r["step_tokens"].get<double>(), context) * r["activation_bytes_per_token"].get<double>();
  for (const auto& part : precision["weights"]) sum += part["bytes"].get<double>();
  for (const auto& part : r["fixed"]) sum += part["bytes"].get<double>();
  return sum;
}

TEST(PlanData, WhatThePageWorksOutFromItIsThePlan) {
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  const std::vector<Device> devices = {catalogue.find("A10").device, catalogue.find("H100").device,
                                       catalogue.find("AMD EPYC 9654").device};
  const PlanRequest request = request_of(3000, 6);
  for (const char* name :
       {"DeepSeek-R1-Distill-Qwen-7B", "DeepSeek-R1-Distill-Llama-8B", "DeepSeek-V2-Lite"}) {
    const ModelShape shape = *published_shape(name);
    const std::vector<PlannedModel> models = {{name, shape, {"bf16", "q4_k_m"}}};
    const Json data = plan_data(models, devices, request);
    ASSERT_EQ(data["devices"].size(), devices.size());
    for (size_t f = 0; f < 2; ++f) {
      const Json& precision = data["models"][0]["precisions"][f];
      const Weights weights = weights_of(shape, models[0].formats[f]);
      for (size_t d = 0; d < devices.size(); ++d) {
        const double wanted =
            TimeModel(shape, weights, KvType::bf16, {devices[d], 1}).decode(6, 3000).seconds();
        EXPECT_NEAR(decode_seconds(data["models"][0], precision, data["devices"][d], 6, 3000) / wanted, 1,
                    1e-9)
            << name << " on " << devices[d].name;
      }
      const auto bytes = [&](Runtime runtime) {
        return static_cast<double>(plan_memory(shape, weights, request.load, runtime).total());
      };
      EXPECT_NEAR(memory_bytes(data["models"][0], precision, "device", 6, 3000) / bytes(Runtime::device), 1,
                  1e-9)
          << name;
      EXPECT_NEAR(memory_bytes(data["models"][0], precision, "engine", 6, 3000) / bytes(Runtime::retort), 1,
                  1e-9)
          << name;
    }
  }
}

TEST(PlanData, EveryDeviceOfTheCatalogueCanStandInIt) {
  const DeviceCatalogue catalogue = DeviceCatalogue::built_in();
  const std::vector<PlannedModel> none;
  const Json data = plan_data(none, catalogue.devices(), request_of(4096, 1));
  EXPECT_EQ(data["devices"].size(), catalogue.devices().size());
  for (const Json& device : data["devices"]) {
    EXPECT_GT(device["memory_bytes"].get<double>(), 0) << device["name"];
    for (const char* shares : {"decode", "prefill"})
      for (const auto& [format, share] : device[shares].items())
        EXPECT_GT(share["value"].get<double>(), 0) << device["name"];
  }
}

TEST(PlanData, AContextPastAModelsIsPlannedForItsOwn) {
  ModelShape shape = *published_shape("DeepSeek-R1-Distill-Qwen-1.5B");
  shape.max_position_embeddings = 100;
  const std::vector<PlannedModel> models = {{"short", shape, {"bf16"}}};
  const std::vector<Device> devices = {DeviceCatalogue::built_in().find("A10").device};
  const Json data = plan_data(models, devices, request_of(4096, 1));
  EXPECT_EQ(data["models"][0]["max_context"], 100);
}

}  // namespace
}  // namespace retort::report
