#include "retort/plan/audit.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "retort/base/check.h"
#include "retort/plan/catalogue.h"
#include "retort/plan/embedded.h"

namespace retort::plan {
namespace {

constexpr double kAgrees = 0.15;  // a figure of memory this near is not called wrong
constexpr const char* kFormats[] = {"bf16", "fp8", "q4_k_m"};

double total_gb(const ModelShape& shape, std::string_view format, const Load& load) {
  return static_cast<double>(plan_memory(shape, weights_of(shape, format), load, Runtime::device).total()) /
         1e9;
}

std::string sizes_text(const ModelShape& shape, const Load& load) {
  std::string text;
  for (const char* format : kFormats)
    text += fmt::format("{}{} {:.1f} GB", text.empty() ? "" : ", ", format, total_gb(shape, format, load));
  return fmt::format("{} ({:.2f} B): {}", shape.name, static_cast<double>(shape.parameters()) / 1e9, text);
}

DeviceSet find(std::span<const Device> catalogue, const std::string& name) {
  const size_t x = name.find(" x ");
  const int n = x == std::string::npos ? 1 : std::stoi(name.substr(0, x));
  const std::string device = x == std::string::npos ? name : name.substr(x + 3);
  for (const Device& row : catalogue)
    if (row.name == device) return {row, n};
  RETORT_CHECK(!"a device of the claims is in the catalogue");
}

/// Claimed bytes of a parameter, line by line: "5.3, 2.3".
std::string bytes_of_each(const Json& claims) {
  std::string text;
  for (const Json& claim : claims)
    if (!claim.contains("format"))
      text += fmt::format("{}{:.1f}", text.empty() ? "" : ", ",
                          claim.at("memory_gb").get<double>() / claim.at("size_billions").get<double>());
  return text;
}

/// Whether the claimed memory is what any precision needs, and whether it agrees with the size that it is
/// claimed of.
void judge_memory(const Json& claim, const ModelShape& shape, const Load& load, const std::string& bytes_each,
                  std::vector<std::string>& verdicts) {
  const double claimed = claim.at("memory_gb");
  const double bf16 = total_gb(shape, "bf16", load), fp8 = total_gb(shape, "fp8", load);
  const double ratio = claimed / bf16, size = claim.at("size_billions");
  if (std::abs(ratio - 1) > kAgrees)
    verdicts.push_back(
        fmt::format("{:.0f} GB is {:.1f} x what BF16 needs ({:.1f}) and {:.1f} x what FP8 needs ({:.1f})",
                    claimed, ratio, bf16, claimed / fp8, fp8));
  if (!claim.at("exists").get<bool>())
    verdicts.push_back(
        fmt::format("{:.0f} GB for {:.3g} B parameters are {:.1f} bytes each, where BF16 has 2 and FP8 1; "
                    "from line to line the "
                    "article has {}: doubled, not worked out",
                    claimed, size, claimed / size, bytes_each));
}

/// The minimum that the rule gives, beside the device that is named.
void judge_minimum(const Json& claim, const ModelShape& shape, const Load& load,
                   std::span<const Device> catalogue, std::vector<std::string>& verdicts) {
  const DeviceSet named = find(catalogue, claim.at("minimum"));
  const double named_gb = named.memory_bytes() / 1e9, claimed = claim.at("memory_gb");
  for (const char* format : {"bf16", "q4_k_m"}) {
    const auto choice = minimum_device(shape, weights_of(shape, format), load, catalogue, Split::tensor);
    if (!choice || choice->devices.memory_bytes() >= 0.9 * named.memory_bytes()) continue;
    verdicts.push_back(fmt::format("not the minimum: in {} {} is enough ({})", format, choice->devices.name(),
                                   choice->rule));
  }
  const MemoryPlan bf16 = plan_memory(shape, weights_of(shape, "bf16"), load, Runtime::device);
  if (named.count == 1 && !fits(bf16, named, 0.05))
    verdicts.push_back(fmt::format("too small: BF16 needs {:.1f} GB with 5 % to spare, {} has {:.1f}",
                                   static_cast<double>(bf16.total()) / 1e9, named.name(), named_gb));
  if (named_gb > 1.9 * claimed)
    verdicts.push_back(
        fmt::format("contradicts itself: {:.0f} GB are said to be needed, and the minimum has {:.0f}",
                    claimed, named_gb));
}

void judge_recommended(const Json& claim, const ModelShape& shape, const Load& load,
                       std::span<const Device> catalogue, std::vector<std::string>& verdicts) {
  const DeviceSet named = find(catalogue, claim.at("recommended"));
  const auto choice =
      recommended_device(shape, weights_of(shape, "bf16"), load, Target{}, catalogue, Split::tensor);
  if (choice && choice->devices.memory_bytes() < 0.9 * named.memory_bytes())
    verdicts.push_back(fmt::format("more than is needed: in BF16 {} is comfortable ({})",
                                   choice->devices.name(), choice->rule));
}

void judge_format(const Json& claim, const ModelShape& shape, const Load& load,
                  std::vector<std::string>& verdicts) {
  const double from = claim.at("from_gb"), to = claim.at("memory_gb");
  const double bf16 = total_gb(shape, "bf16", load),
               fp8 = total_gb(shape, claim.at("format").get<std::string>(), load);
  verdicts.push_back(fmt::format(
      "halving is arithmetic, not a finding, and holds for the weights of the layers alone: {:.1f} GB become "
      "{:.1f} ({:.0f} % of it, not {:.0f} %), since keys and values, activations, embedding table and head "
      "stay",
      bf16, fp8, 100 * fp8 / bf16, 100 * to / from));
  verdicts.emplace_back(
      "accuracy kept is no property of a format: no data set, sample or method is given; `retort compare` "
      "measures it on the very file");
}

AuditLine line_of(const Json& claim, const std::string& bytes_each, std::span<const Device> catalogue,
                  const Load& load) {
  const auto shape = published_shape(claim.at("models").at(0).get<std::string>());
  RETORT_CHECK(shape.has_value());
  AuditLine line;
  line.id = claim.at("id");
  line.claim = claim.at("claim");
  line.predicted = sizes_text(*shape, load);
  if (!claim.at("exists").get<bool>())
    line.verdicts.push_back(fmt::format(
        "no such model: of the six distills (1.5, 7, 8, 14, 32, 70 B) {} stands nearest", shape->name));
  if (claim.contains("format")) {
    line.claimed = fmt::format("{:.0f} GB become {:.0f}", claim.at("from_gb").get<double>(),
                               claim.at("memory_gb").get<double>());
    judge_format(claim, *shape, load, line.verdicts);
    return line;
  }
  line.claimed =
      fmt::format("{:.0f} GB; minimum {}, recommended {}", claim.at("memory_gb").get<double>(),
                  claim.at("minimum").get<std::string>(), claim.at("recommended").get<std::string>());
  judge_memory(claim, *shape, load, bytes_each, line.verdicts);
  judge_minimum(claim, *shape, load, catalogue, line.verdicts);
  judge_recommended(claim, *shape, load, catalogue, line.verdicts);
  return line;
}

}  // namespace

std::vector<AuditLine> audit(std::span<const Device> catalogue, const Load& load) {
  const Json json = parse_json(embedded_file("hardware_claims.json"), "hardware_claims.json");
  std::vector<AuditLine> lines;
  const std::string bytes_each = bytes_of_each(json.at("claims"));
  for (const Json& claim : json.at("claims")) lines.push_back(line_of(claim, bytes_each, catalogue, load));
  return lines;
}

Json to_json(const AuditLine& line) {
  return {{"id", line.id},
          {"claim", line.claim},
          {"claimed", line.claimed},
          {"predicted", line.predicted},
          {"wrong", line.verdicts}};
}

}  // namespace retort::plan
