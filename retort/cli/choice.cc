#include "retort/cli/choice.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"
#include "retort/base/topology.h"
#include "retort/cli/evaluation.h"
#include "retort/cli/measurement.h"
#include "retort/formats/model_names.h"
#include "retort/plan/calibration.h"
#include "retort/plan/catalogue.h"

namespace retort::cli {
namespace {

using namespace retort::plan;

constexpr int64_t kContext = 4096;  // positions of a request where nobody says: `retort plan` has the same
constexpr const char* kPrecisions[] = {"bf16", "fp8", "q8_0", "q4_k_m"};

/// Where a model may run; what is not calibrated has memory alone.
struct Place {
  DeviceSet devices;
  bool has_speed = true;
};

/// This machine as the system shows it.
Place uncalibrated() {
  Device device;
  device.name = "this";
  device.aliases = {machine_name(read_topology())};
  device.kind = DeviceKind::cpu;
  device.memory_bytes = {static_cast<double>(read_memory_status().total), Obtained::measured,
                         "measured: as the system says"};
  return {{std::move(device), 1}, false};
}

std::vector<Place> places_of(const ChoiceRequest& request) {
  const auto catalogue = DeviceCatalogue::with_users(
      request.device_file ? std::optional<std::filesystem::path>(*request.device_file) : std::nullopt);
  std::vector<Place> out;
  for (const std::string& name : request.devices) out.push_back({catalogue.find(name)});
  if (!out.empty()) return out;
  if (read_calibration()) return {{catalogue.find("this")}};
  return {uncalibrated()};
}

Load load_of(const ChoiceRequest& request, const ModelShape& shape, const Place& place) {
  Load load;
  const int64_t known = shape.max_position_embeddings > 0 ? shape.max_position_embeddings : kContext;
  load.context = request.context.value_or(std::min(kContext, known));
  load.users = request.users;
  if (runtime_of(place.devices.device) == Runtime::retort) load.threads = default_threads(read_topology());
  check(shape, load);
  return load;
}

/// In one piece for a shell.
std::string quoted(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789-_./+,:@%=") == text.npos;
  if (plain) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

class Gathering {
 public:
  Gathering(const ChoiceRequest& request, ChoiceReport& report)
      : request_(request),
        report_(report),
        places_(places_of(request)),
        prices_(read_prices(request.prices ? std::optional<std::filesystem::path>(*request.prices)
                                           : std::nullopt)) {
    for (const Place& place : places_) report_.devices.push_back(place.devices.name());
  }

  void add_measured(const MeasuredModel& model) {
    const std::string path = path_of(model);
    if (path.empty()) return;
    try {
      const ModelShape shape = find_shape(path);
      if (const std::string now = weights_checksum(Checkpoint::open(path)); now != model.weights)
        return leave_out(model.name,
                         fmt::format("{} has other weights than run {} measured", path, model.run));
      Candidate c{.model = model.name};
      c.quality = model.quality();
      c.tokens_per_solved = model.tokens_per_solved;
      const Weights weights = weights_of(shape, kAsStored);
      c.precision = type_of(weights);
      const bool of_family = is_member(model.name) && path == family_path(model.name);
      add_on_places(std::move(c), shape, weights, "retort run " + quoted(of_family ? model.name : path));
    } catch (const Error& error) {
      leave_out(model.name, error.message());
    }
  }

  void add_published(const eval::PublishedFigure& figure) {
    const auto shape = published_shape(figure.model);
    if (!shape) return leave_out(figure.model, "has no published weights");
    const std::vector<std::string> formats =
        request_.precisions.empty() ? std::vector<std::string>(std::begin(kPrecisions), std::end(kPrecisions))
                                    : request_.precisions;
    for (const std::string& format : formats) {
      Candidate c{.model = figure.model, .precision = format};
      c.quality = published_quality(figure);
      c.quality->of_this_precision = format == shape->native_format;
      add_on_places(
          std::move(c), *shape, weights_of(*shape, format),
          fmt::format("retort run ./{}-{}{}", figure.model, format, format[0] == 'q' ? ".gguf" : ""));
    }
  }

 private:
  void leave_out(std::string model, std::string why) {
    report_.left_out.push_back({std::move(model), std::move(why)});
  }

  static bool is_member(const std::string& name) {
    const std::vector<std::string> family = model_names();
    return std::find(family.begin(), family.end(), name) != family.end();
  }
  static std::string family_path(const std::string& name) {
    return std::filesystem::absolute(find_model(name)).lexically_normal().string();
  }

  /// Where the journal says that it was, or where the family is.
  std::string path_of(const MeasuredModel& model) {
    std::error_code ignored;
    if (!model.path.empty() && std::filesystem::exists(model.path, ignored)) return model.path;
    if (is_member(model.name)) return family_path(model.name);
    leave_out(model.name, model.path.empty()
                              ? fmt::format("run {} does not say where its file was", model.run)
                              : fmt::format("{} is not there any more", model.path));
    return "";
  }

  /// The type of most weights.
  static std::string type_of(const Weights& weights) {
    std::map<std::string, uint64_t> bytes;
    for (const WeightTensor& tensor : weights.tensors) bytes[tensor.type] += tensor.bytes;
    const auto most = std::max_element(bytes.begin(), bytes.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    return most == bytes.end() ? "" : most->first;
  }

  void add_on_places(Candidate c, const ModelShape& shape, const Weights& weights,
                     const std::string& command) {
    c.bits_per_weight = weights.bits_per_weight();
    for (const Place& place : places_) {
      try {
        add_on(place, c, shape, weights, command);
      } catch (const Error& error) {
        leave_out(fmt::format("{} in {} on {}", c.model, c.precision, place.devices.name()), error.message());
      }
    }
  }

  void add_on(const Place& place, Candidate c, const ModelShape& shape, const Weights& weights,
              const std::string& command) {
    const Load load = load_of(request_, shape, place);
    c.device = place.devices.name();
    c.device_memory_bytes = place.devices.device.memory_bytes.value;
    if (place.has_speed)
      plan_on(place.devices, c, shape, weights, load);
    else
      c.memory_bytes = static_cast<double>(plan_memory(shape, weights, load, Runtime::retort).total());
    report_.candidates.push_back(std::move(c));
    report_.commands.push_back(command);
  }

  void plan_on(const DeviceSet& devices, Candidate& c, const ModelShape& shape, const Weights& weights,
               const Load& load) const {
    const DevicePlan plan = plan_device(shape, weights, load, Target(), devices, Split::tensor, prices_);
    c.memory_bytes = static_cast<double>(plan.memory.total());
    c.tokens_per_second = Estimated{plan.batched_tokens_per_second / static_cast<double>(load.users),
                                    Obtained::predicted, "roofline of " + devices.name()};
    if (plan.usd_per_million)
      c.usd_per_million = Estimated{*plan.usd_per_million, Obtained::predicted, plan.cost->how};
  }

  const ChoiceRequest& request_;
  ChoiceReport& report_;
  std::vector<Place> places_;
  PriceList prices_;
};

/// Of the journal; empty where there is none.
std::vector<MeasuredModel> measured_in_journal(const ChoiceRequest& request, const Scenario& scenario) {
  const std::filesystem::path path =
      request.journal ? std::filesystem::path(*request.journal) : eval::default_journal_path();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    if (request.journal) fail(ErrorCode::not_found, "{}: there is no such journal", path.string());
    return {};  // looking makes none
  }
  Interrupts interrupts;
  ProgressBar bar(stderr, ProgressUnit::count);
  return measured_models(eval::Journal::open(path), scenario,
                         {.check = [&] { interrupts.throw_if_any(); }, .progress = bar.function()});
}

Prefer preference(const ChoiceRequest& request, const Scenario& scenario) {
  if (!request.prefer) return scenario.prefer;
  for (const Prefer one : {Prefer::memory, Prefer::speed, Prefer::price})
    if (*request.prefer == name(one)) return one;
  return scenario.prefer;
}

void check(const ChoiceRequest& request) {
  const Situation& s = request.situation;
  if (!request.precisions.empty() && s.evidence != Obtained::published)
    fail(ErrorCode::bad_input,
         "choose: --precision is for --published: what was measured here is in the precision of its file");
  for (const std::string& format : request.precisions) find_format(format);
}

}  // namespace

ChoiceReport make_choice(const ChoiceRequest& request) {
  check(request);
  ChoiceReport report;
  report.scenario = &find_scenario(request.scenario);
  report.situation = request.situation;
  report.situation.margin = request.margin_points ? *request.margin_points / 100 : report.scenario->lost;
  report.situation.prefer = preference(request, *report.scenario);
  Gathering gathering(request, report);
  if (report.situation.evidence == Obtained::published) {
    if (report.scenario->published.empty())
      fail(ErrorCode::not_found, "choose: no published benchmark is about {}; measure with `retort compare`",
           report.scenario->name);
    report.situation.useful =
        0;  // benchmarks are harder or easier than a job: none of them says what is enough
    for (const auto& figure : published_models(*report.scenario)) gathering.add_published(figure);
    report.choice = choose(report.situation, report.candidates);
    return report;
  }
  const std::vector<MeasuredModel> models = measured_in_journal(request, *report.scenario);
  if (models.empty())
    fail(ErrorCode::not_found,
         "choose: nothing was measured for {}: run `retort compare` first, or take --published figures",
         report.scenario->name);
  for (const MeasuredModel& model : models) gathering.add_measured(model);
  report.choice = choose(report.situation, report.candidates, not_worse_on_items(models));
  return report;
}

}  // namespace retort::cli
