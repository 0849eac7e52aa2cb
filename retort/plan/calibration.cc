#include "retort/plan/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/json_fields.h"

namespace retort::plan {
namespace {

constexpr Range<double> kPositive{1e-12, 1e18};
constexpr Range<double> kSeconds{0, 1e6};
constexpr double kUsable = 0.95;  // of memory: the rest is the system's
constexpr FormatClass kFormats[kFormatClasses] = {FormatClass::wide, FormatClass::fp8, FormatClass::int8,
                                                  FormatClass::packed};

std::string measured(const Calibration& c, const std::string& what) {
  return fmt::format("measured: {}, run {}, {}, build {}", what, c.run, c.date, c.build);
}

FormatClass format_named(const std::string& word, const std::string& where) {
  for (FormatClass format : kFormats)
    if (word == name(format)) return format;
  fail(ErrorCode::bad_input, "{}: format is '{}', expected wide, fp8, int8 or packed", where, word);
}

const PeakPoint& peak_of_engine(const Calibration& c) {
  const auto at = std::find_if(c.peaks.begin(), c.peaks.end(),
                               [&](const PeakPoint& p) { return p.threads == c.threads; });
  if (at == c.peaks.end())
    fail(ErrorCode::bad_input,
         "calibration {}: no peaks of {} threads; run `retort doctor --calibrate` again", c.run, c.threads);
  return *at;
}

Efficiency share(double value, double of_slow, double of_fast, std::string source) {
  const auto bounded = [](double x) { return std::clamp(x, 0.001, 1.0); };
  Efficiency out{.value = bounded(value), .obtained = Obtained::measured, .source = std::move(source)};
  out.low = std::min(out.value, bounded(of_slow));
  out.high = std::max(out.value, bounded(of_fast));
  return out;
}

/// What of a step is neither reading nor computing, at most half of it: a run is about the other half.
double beside(const Calibration& c, const EngineRun& run, double seconds) {
  return std::min(0.5 * seconds, c.step_seconds + run.layers * c.layer_seconds);
}

Efficiency decode_share(const Calibration& c, const EngineRun& run, double read_bytes) {
  const auto of = [&](double seconds) {
    return run.step_bytes / (seconds - beside(c, run, seconds)) / read_bytes;
  };
  return share(of(run.decode_seconds), of(run.decode_high), of(run.decode_low),
               measured(c, "decode of " + run.about));
}

Efficiency prefill_share(const Calibration& c, const EngineRun& run, double peak) {
  const auto of = [&](double seconds) {
    return run.prefill_operations / (seconds - beside(c, run, seconds)) / peak;
  };
  return share(of(run.prefill_seconds), of(run.prefill_high), of(run.prefill_low),
               measured(c, "prefill of " + run.about));
}

/// What this engine's products run in: FP8 weights become BF16, quantised ones meet 8-bit activations.
constexpr Arithmetic kMatrix[kFormatClasses] = {Arithmetic::fp16, Arithmetic::fp16, Arithmetic::int8,
                                                Arithmetic::int8};

/// Classes in the order in which one stands in for another.
constexpr FormatClass kStandIns[kFormatClasses][3] = {
    {FormatClass::fp8, FormatClass::int8, FormatClass::packed},
    {FormatClass::wide, FormatClass::int8, FormatClass::packed},
    {FormatClass::packed, FormatClass::wide, FormatClass::fp8},
    {FormatClass::int8, FormatClass::wide, FormatClass::fp8}};

Efficiency stand_in(Efficiency of, FormatClass format) {
  of.obtained = Obtained::predicted;
  of.source = fmt::format("predicted: as of {} formats ({})", name(format), of.source);
  return of;
}

void add_shares(const Calibration& c, Device& device) {
  Efficiencies& e = device.efficiencies;
  bool known[kFormatClasses] = {};
  for (const EngineRun& run : c.runs) {
    const auto i = static_cast<size_t>(run.format);
    known[i] = true;
    e.decode[i] = decode_share(c, run, device.read_bytes_per_second.value);
    e.prefill[i] = prefill_share(c, run, device.matrix_peak(run.format).value);
  }
  for (FormatClass format : kFormats) {
    const auto i = static_cast<size_t>(format);
    if (known[i]) continue;
    const auto* other = std::find_if(std::begin(kStandIns[i]), std::end(kStandIns[i]),
                                     [&](FormatClass f) { return known[static_cast<size_t>(f)]; });
    if (other == std::end(kStandIns[i]))
      fail(ErrorCode::bad_input,
           "calibration {}: no run of the engine is in it; run `retort doctor --calibrate` again", c.run);
    e.decode[i] = stand_in(e.decode[static_cast<size_t>(*other)], *other);
    e.prefill[i] = stand_in(e.prefill[static_cast<size_t>(*other)], *other);
  }
}

Json or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

PeakPoint peak_from(const JsonFields& f) {
  return {.threads = static_cast<int>(f.required(f.integer("threads", {1, 4096}), "threads")),
          .fp32_flops = f.required(f.number("fp32_flops", kPositive), "fp32_flops"),
          .bf16_flops = f.number("bf16_flops", kPositive),
          .int8_ops = f.number("int8_ops", kPositive),
          .read_bytes = f.required(f.number("read_bytes", kPositive), "read_bytes")};
}

EngineRun run_from(const JsonFields& f) {
  const auto number = [&](const char* key) { return f.required(f.number(key, kPositive), key); };
  EngineRun out;
  out.format = format_named(f.required(f.string("format"), "format"), f.where());
  out.about = f.required(f.string("about"), "about");
  out.layers = number("layers");
  out.step_bytes = number("step_bytes");
  out.decode_seconds = number("decode_seconds");
  out.decode_low = number("decode_low");
  out.decode_high = number("decode_high");
  out.prefill_operations = number("prefill_operations");
  out.prefill_seconds = number("prefill_seconds");
  out.prefill_low = number("prefill_low");
  out.prefill_high = number("prefill_high");
  return out;
}

template <typename One>
void each_of(const JsonFields& fields, const char* key, One one) {
  const Json* list = fields.member(key);
  if (list == nullptr || !list->is_array() || list->size() > 4096)
    fail(ErrorCode::bad_input, "{}: {} is missing, or no list", fields.where(), key);
  for (size_t i = 0; i < list->size(); ++i)
    one(JsonFields((*list)[i], fmt::format("{}: {} {}", fields.where(), key, i + 1)));
}

}  // namespace

Json to_json(const Calibration& c) {
  Json out{{"run", c.run},
           {"obtained", "measured"},
           {"date", c.date},
           {"machine", c.machine},
           {"build", c.build},
           {"isa", c.isa},
           {"threads", c.threads},
           {"memory_bytes", c.memory_bytes},
           {"synchronisation_seconds", c.synchronisation_seconds},
           {"step_seconds", c.step_seconds},
           {"layer_seconds", c.layer_seconds},
           {"peaks", Json::array()},
           {"runs", Json::array()}};
  for (const PeakPoint& p : c.peaks)
    out["peaks"].push_back({{"threads", p.threads},
                            {"fp32_flops", p.fp32_flops},
                            {"bf16_flops", or_null(p.bf16_flops)},
                            {"int8_ops", or_null(p.int8_ops)},
                            {"read_bytes", p.read_bytes}});
  for (const EngineRun& r : c.runs)
    out["runs"].push_back({{"format", name(r.format)},
                           {"about", r.about},
                           {"layers", r.layers},
                           {"step_bytes", r.step_bytes},
                           {"decode_seconds", r.decode_seconds},
                           {"decode_low", r.decode_low},
                           {"decode_high", r.decode_high},
                           {"prefill_operations", r.prefill_operations},
                           {"prefill_seconds", r.prefill_seconds},
                           {"prefill_low", r.prefill_low},
                           {"prefill_high", r.prefill_high}});
  return out;
}

Calibration calibration_from_json(const Json& json, const std::string& where) {
  const JsonFields f(json, where);
  const auto text = [&](const char* key) { return f.required(f.string(key), key); };
  Calibration out;
  out.run = text("run");
  out.date = text("date");
  out.machine = text("machine");
  out.build = text("build");
  out.isa = text("isa");
  out.threads = static_cast<int>(f.required(f.integer("threads", {1, 4096}), "threads"));
  out.memory_bytes = f.required(f.number("memory_bytes", kPositive), "memory_bytes");
  out.synchronisation_seconds =
      f.required(f.number("synchronisation_seconds", kSeconds), "synchronisation_seconds");
  out.step_seconds = f.required(f.number("step_seconds", kSeconds), "step_seconds");
  out.layer_seconds = f.required(f.number("layer_seconds", kSeconds), "layer_seconds");
  each_of(f, "peaks", [&](const JsonFields& one) { out.peaks.push_back(peak_from(one)); });
  each_of(f, "runs", [&](const JsonFields& one) { out.runs.push_back(run_from(one)); });
  return out;
}

Device device_of(const Calibration& c) {
  const PeakPoint& peak = peak_of_engine(c);
  const std::string peaks =
      measured(c, fmt::format("the best of some slices of time, {} threads", c.threads));
  Device out;
  out.name = "this";
  out.aliases = {c.machine};
  out.kind = DeviceKind::cpu;
  out.year = std::atoi(c.date.substr(0, 4).c_str());
  out.sold_memory_bytes = {c.memory_bytes, Obtained::measured, measured(c, "as the system says")};
  out.memory_bytes = {
      kUsable * c.memory_bytes, Obtained::predicted,
      fmt::format("predicted: {:.0f} % of the memory, the rest for the system", 100 * kUsable)};
  out.read_bytes_per_second = {peak.read_bytes, Obtained::measured, peaks};
  const auto set = [&](Arithmetic arithmetic, const std::optional<double>& value) {
    if (value) out.peaks[static_cast<size_t>(arithmetic)] = Fact{*value, Obtained::measured, peaks};
  };
  set(Arithmetic::fp32, peak.fp32_flops);
  set(Arithmetic::fp16, peak.bf16_flops);
  set(Arithmetic::int8, peak.int8_ops);
  out.efficiencies.name = "this";
  std::copy(std::begin(kMatrix), std::end(kMatrix), out.efficiencies.matrix.begin());
  out.efficiencies.step_seconds = {c.step_seconds, Obtained::measured,
                                   measured(c, "steps of models that read next to nothing")};
  out.efficiencies.layer_seconds = {c.layer_seconds, Obtained::measured,
                                    measured(c, "steps of models that read next to nothing")};
  add_shares(c, out);
  return out;
}

std::filesystem::path calibration_path() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::filesystem::path(cache) / "retort/calibration.json";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".cache/retort/calibration.json";
  return {};
}

std::optional<Calibration> read_calibration(const std::filesystem::path& path) {
  std::error_code ignored;
  if (path.empty() || !std::filesystem::exists(path, ignored)) return std::nullopt;
  return calibration_from_json(parse_config_json(read_file(path, uint64_t{1} << 20), path.string()),
                               path.string());
}

void write_calibration(const Calibration& calibration, const std::filesystem::path& path) {
  if (path.empty())
    fail(ErrorCode::bad_input, "neither XDG_CACHE_HOME nor HOME says where the calibration is kept; set one");
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) fail(ErrorCode::resource, "{}: {}", path.parent_path().string(), error.message());
  write_file_atomic(path, to_json(calibration).dump(2) + "\n");
}

}  // namespace retort::plan
