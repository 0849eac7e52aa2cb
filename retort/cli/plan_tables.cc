#include "retort/cli/plan_tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "retort/base/terminal.h"
#include "retort/cli/output.h"

namespace retort::cli {
namespace {

using namespace retort::plan;
using Rows = std::vector<std::vector<std::string>>;

/// Decimal units, as memory is sold.
std::string size_text(uint64_t bytes) {
  const auto b = static_cast<double>(bytes);
  if (b >= 1e9) return fmt::format("{:.2f} GB", b / 1e9);
  return b >= 1e6 ? fmt::format("{:.1f} MB", b / 1e6) : fmt::format("{:.1f} kB", b / 1e3);
}

std::string rate_text(double x) {
  return x >= 100 ? fmt::format("{:.0f}", x) : fmt::format("{:.3g}", x);
}

std::string usd_text(const std::optional<double>& x) {
  if (!x) return "-";
  return *x >= 100    ? fmt::format("{:.0f}", *x)
         : *x >= 0.01 ? fmt::format("{:.2f}", *x)
                      : fmt::format("{:.1g}", *x);
}

/// "0.12 rent": what is paid is part of the figure.
std::string cost_text(const std::optional<double>& usd, const std::optional<HourlyCost>& cost) {
  return usd && cost ? usd_text(usd) + " " + cost->kind : "-";
}

void print_model(const ModelPlan& plan) {
  const ModelShape& s = plan.shape;
  print_heading(printable(s.name));
  print_row("shape from", printable(s.source));
  std::string active;
  if (s.active_parameters() != s.parameters())
    active =
        fmt::format(", of which a token uses {:.2f} B", static_cast<double>(s.active_parameters()) / 1e9);
  print_row("parameters", fmt::format("{} ({:.3g} B){}", with_commas(s.parameters()),
                                      static_cast<double>(s.parameters()) / 1e9, active));
  print_row("keys and values",
            fmt::format("{} bytes a token in {}, in all {} layers", with_commas(plan.kv_bytes_per_token),
                        name(plan.load.kv), s.num_hidden_layers));
  if (!engine_runs(s)) print_row("runs here", "no: planned for, not run by this build");
  if (plan.solved)
    print_row("tokens per solved",
              fmt::format("{:.0f} (measured, run {})", plan.solved->tokens, printable(plan.solved->run)));
}

/// Rows of all parts that any precision has, in the order of the first that has it.
std::vector<std::string> part_names(const ModelPlan& plan, std::vector<MemoryPart> MemoryPlan::*list) {
  std::vector<std::string> names;
  for (const PrecisionPlan& p : plan.precisions)
    for (const MemoryPart& part : p.memory.*list)
      if (std::find(names.begin(), names.end(), part.name) == names.end()) names.push_back(part.name);
  return names;
}

void print_memory(const ModelPlan& plan) {
  Rows rows{{fmt::format("memory (predicted), {} x {} positions", plan.load.users, plan.load.context)}};
  for (const PrecisionPlan& p : plan.precisions) rows[0].push_back(p.format);
  const auto add = [&](const std::string& label,
                       const std::function<std::string(const PrecisionPlan&)>& cell) {
    rows.push_back({label});
    for (const PrecisionPlan& p : plan.precisions) rows.back().push_back(cell(p));
  };
  const auto part = [](const std::string& part_name) {
    return [part_name](const PrecisionPlan& p) { return size_text(p.memory.part_bytes(part_name)); };
  };
  for (const std::string& group : part_names(plan, &MemoryPlan::weights)) add("  " + group, part(group));
  add("weights", [](const PrecisionPlan& p) { return size_text(p.memory.weight_bytes()); });
  add("  bits per weight",
      [](const PrecisionPlan& p) { return fmt::format("{:.2f}", p.weights.bits_per_weight()); });
  for (const std::string& other : part_names(plan, &MemoryPlan::parts)) add(other, part(other));
  add("total", [](const PrecisionPlan& p) { return size_text(p.memory.total()); });
  fmt::print("\n");
  print_table(rows);
  for (const PrecisionPlan& p : plan.precisions)
    if (p.weights.fallbacks() > 0)
      fmt::print("  {}: {} tensors have rows that its blocks do not divide, and fall back to 8 or 16 bits\n",
                 p.format, p.weights.fallbacks());
}

std::string choice_text(const std::optional<DeviceChoice>& choice) {
  return choice ? fmt::format("{}: {}", choice->devices.name(), choice->rule)
                : "none of the catalogue, up to 8 of a kind";
}

void print_choices(const ModelPlan& plan) {
  fmt::print("\n");
  for (const PrecisionPlan& p : plan.precisions) {
    fmt::print("  {:<10} minimum      {}\n", p.format, choice_text(p.minimum));
    fmt::print("  {:<10} recommended  {}\n", "", choice_text(p.recommended));
  }
}

std::string decode_text(const PlacedPlan& p) {
  const std::string value = rate_text(p.decode_tokens_per_second);
  if (!p.low_decode || rate_text(*p.low_decode) == rate_text(*p.high_decode)) return value;
  return fmt::format("{} ({}-{})", value, rate_text(*p.low_decode), rate_text(*p.high_decode));
}

std::string requests_text(const PlacedPlan& p) {
  if (!p.highest_rate) return "-";
  return *p.highest_rate > 0 ? fmt::format("{:.2g}", *p.highest_rate) : "0";
}

void print_speed(const ModelPlan& plan, const PlanRequest& request) {
  Rows rows{{"predicted", "on", "memory", "prefill t/s", "decode t/s",
             fmt::format("all {} t/s", plan.load.users), "first token s",
             fmt::format("requests/s at {:g} s", request.target.first_token_seconds), "W", "USD/M tokens"}};
  if (plan.solved) rows[0].push_back("USD/solved");
  std::vector<std::string> misfits;
  for (const PrecisionPlan& precision : plan.precisions)
    for (const PlacedPlan& p : precision.placed) {
      const std::string memory = fmt::format(
          "{:.0f} %", 100 * static_cast<double>(p.memory.total()) / p.devices.device.memory_bytes.value);
      rows.push_back({precision.format, p.devices.name(), memory});
      std::vector<std::string>& row = rows.back();
      if (!p.fits) {
        row.insert(row.end(), {"-", "-", "-", "-", "-", "-", "-"});
        misfits.push_back(
            fmt::format("{} on {}: does not fit: {:.1f} GB with 5 % to spare, {:.1f} usable; "
                        "less context, fewer users, fewer bits or more devices",
                        precision.format, p.devices.name(), static_cast<double>(p.memory.total()) / 1e9,
                        p.devices.device.memory_bytes.value / 1e9));
        continue;
      }
      for (std::string cell :
           {rate_text(p.prefill_tokens_per_second), decode_text(p), rate_text(p.batched_tokens_per_second),
            fmt::format("{:.2g}", p.first_token_seconds), requests_text(p),
            p.watts ? fmt::format("{:.0f}", *p.watts) : "-", cost_text(p.usd_per_million, p.cost)})
        row.push_back(std::move(cell));
      if (plan.solved) row.push_back(cost_text(p.usd_per_solved, p.cost));
    }
  fmt::print("\n");
  print_table(rows);
  for (const std::string& misfit : misfits) fmt::print("  {}\n", misfit);
}

void print_queue(const ModelPlan& plan, const PlanRequest& request) {
  if (!request.traffic) return;
  const auto cell = [](const Percentiles& p) {
    return fmt::format("{:.3g} / {:.3g} / {:.3g}", p.p50, p.p95, p.p99);
  };
  Rows rows{{fmt::format("predicted at {:g} requests/s", request.traffic->rate), "on",
             "first token s (p50 / p95 / p99)", "per token s", "whole answer s", "tokens/s", "at once",
             "preempted"}};
  for (const PrecisionPlan& precision : plan.precisions)
    for (const PlacedPlan& p : precision.placed) {
      if (!p.queue) continue;
      const QueueResult& q = *p.queue;
      rows.push_back({precision.format, p.devices.name(), cell(q.first_token), cell(q.between_token),
                      cell(q.whole), rate_text(q.tokens_per_second), fmt::format("{:.1f}", q.mean_running),
                      fmt::format("{}", q.preemptions)});
    }
  fmt::print("\n");
  if (rows.size() > 1) print_table(rows);
}

std::string target_text(const PlanRequest& request) {
  return fmt::format("{:g} tokens/s each and a first token of {} within {:g} s",
                     request.target.decode_tokens_per_second, request.target.prompt_tokens,
                     request.target.first_token_seconds);
}

}  // namespace

void print_plan(const ModelPlan& plan, const PlanRequest& request) {
  print_model(plan);
  print_memory(plan);
  if (request.devices.empty()) print_choices(plan);
  print_speed(plan, request);
  print_queue(plan, request);
}

void print_plan_notes(const PlanRequest& request, const std::optional<PredictionErrors>& errors,
                      bool several) {
  print_heading("How these figures were obtained");
  fmt::print(
      "  predicted: memory = the tensors' elements x the bits of their format, blocks, scales and fallbacks\n"
      "  counted; keys and values as the runtime pages them. Exact for these two.\n"
      "  predicted: decode = sum over products of max(bytes / bandwidth reached, operations / peak reached) "
      "+\n"
      "  keys and values / bandwidth + overhead of layers. In brackets: the spread of the share of "
      "bandwidth\n"
      "  that was seen; `make bench-plan` prints the error against published and measured speeds.\n"
      "  minimum: fits for one request with 5 % to spare. recommended: {} user{} within 80 % of memory, {}.\n"
      "  requests/s: simulated arrivals at this engine's own scheduler, 95 % of first tokens in time.\n",
      request.load.users, request.load.users == 1 ? "" : "s", target_text(request));
  fmt::print(
      "  prices: {}, {}. {}\n", request.prices.where, request.prices.date,
      "rent: the list has the device. power: it has not; electricity alone, at the watts that it may draw.");
  if (errors)
    fmt::print(
        "  error of speeds on this machine: {:.0f} % in the median, {:.0f} % at worst, over {} points that "
        "the\n"
        "  calibration did not see (measured {}, calibration {})\n",
        100 * errors->median, 100 * errors->worst, errors->points, printable(errors->date),
        printable(errors->calibration));
  if (!request.measured)
    fmt::print(
        "  tokens per solved problem are measured or not known: give what `retort compare --json` wrote\n"
        "  with --measured.\n");
  if (several)
    fmt::print("  one model: retort plan MODEL; a device: --on A10x2; the article's claims: --audit\n");
}

void print_training(const ModelShape& shape, const MemoryPlan& memory, const std::string& what) {
  print_heading(printable(shape.name) + ": " + what);
  Rows rows{{"memory (predicted)", "bytes", "formula"}};
  for (const MemoryPart& part : memory.parts)
    rows.push_back({part.name, size_text(part.bytes), part.formula});
  rows.push_back({"total", size_text(memory.total()), ""});
  print_table(rows);
}

void print_audit(std::span<const AuditLine> lines, const Load& load) {
  print_heading("The article's hardware claims");
  fmt::print(
      "  claimed by the article; predicted for one request of {} positions in a runtime of the usual kind\n",
      load.context);
  for (const AuditLine& line : lines) {
    fmt::print("\n  {}  {}\n", line.id, line.claim);
    fmt::print("      claimed    {}\n", line.claimed);
    fmt::print("      predicted  {}\n", line.predicted);
    for (const std::string& verdict : line.verdicts) fmt::print("      wrong      {}\n", verdict);
    if (line.verdicts.empty()) fmt::print("      agrees     within 15 % of BF16\n");
  }
}

}  // namespace retort::cli
