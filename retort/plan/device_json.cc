#include "retort/plan/device_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"

namespace retort::plan {
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;

/// A number of a file: its key, its unit in ours, and the values that make sense.
struct FactRow {
  const char* key;
  double unit;
  Range<double> range;
};
constexpr FactRow kSold{"sold_gib", kGiB, {0.1, 1 << 20}};
constexpr FactRow kUsable{"usable_gib", kGiB, {0.1, 1 << 20}};
constexpr FactRow kRead{"read_gb_s", 1e9, {0.1, 1e5}};
constexpr FactRow kWatts{"watts", 1, {0.1, 1e5}};
constexpr FactRow kPrice{"usd_per_hour", 1, {0, 1e4}};
constexpr FactRow kLinkBytes{"gb_s", 1e9, {0.001, 1e5}};
constexpr FactRow kLinkLatency{"latency_us", 1e-6, {0, 1e6}};
constexpr FactRow kStep{"step_us", 1e-6, {0, 1e6}};
constexpr FactRow kLayer{"layer_us", 1e-6, {0, 1e6}};
constexpr FactRow kPeaks[kArithmetics] = {{"fp32_tflops", 1e12, {1e-4, 1e5}},
                                          {"fp16_tflops", 1e12, {1e-4, 1e5}},
                                          {"fp8_tflops", 1e12, {1e-4, 1e5}},
                                          {"int8_tops", 1e12, {1e-4, 1e5}}};
constexpr FormatClass kFormats[kFormatClasses] = {FormatClass::wide, FormatClass::fp8, FormatClass::int8,
                                                  FormatClass::packed};

/// "predicted: half of ..." says itself how it was obtained.
Obtained obtained_of(const std::string& source) {
  for (Obtained obtained : {Obtained::measured, Obtained::predicted})
    if (source.starts_with(std::string(name(obtained)) + ": ")) return obtained;
  return Obtained::published;
}

[[noreturn]] void refuse(const JsonFields& fields, const char* key, const char* expected) {
  fail(ErrorCode::bad_input, "{}: {} is {}, expected {}", fields.where(), key, fields.member(key)->dump(),
       expected);
}

double checked(const JsonFields& fields, const char* key, const Json& value, Range<double> range) {
  const double number = value.get<double>();
  if (!(number >= range.least && number <= range.most))  // written so that NaN fails
    fail(ErrorCode::bad_input, "{}: {} {} is outside {} to {}", fields.where(), key, number, range.least,
         range.most);
  return number;
}

std::string checked_source(const JsonFields& fields, const char* key, const Json& value,
                           const Sources& sources) {
  std::string text = sources.text(value.get<std::string>());
  if (text.empty()) fail(ErrorCode::bad_input, "{}: {} has an empty source", fields.where(), key);
  return text;
}

/// A number, or [number, source].
std::optional<Fact> read_fact(const JsonFields& fields, const FactRow& row, const Sources& sources) {
  const Json* member = fields.member(row.key);
  if (member == nullptr) return std::nullopt;
  const bool alone = member->is_number();
  const bool pair =
      member->is_array() && member->size() == 2 && (*member)[0].is_number() && (*member)[1].is_string();
  if (!alone && !pair) refuse(fields, row.key, "a number, or [number, source]");
  const double value = checked(fields, row.key, alone ? *member : (*member)[0], row.range);
  std::string source = alone ? sources.fallback() : checked_source(fields, row.key, (*member)[1], sources);
  return Fact{value * row.unit, obtained_of(source), std::move(source)};
}

/// [value, lowest, highest, source].
void read_efficiency(const JsonFields& fields, const char* key, const Sources& sources, Efficiency& into) {
  const Json* member = fields.member(key);
  if (member == nullptr) return;
  const Json& all = *member;
  if (!all.is_array() || all.size() != 4 || !all[0].is_number() || !all[1].is_number() ||
      !all[2].is_number() || !all[3].is_string())
    refuse(fields, key, "[share, lowest, highest, source]");
  const Range<double> share{0.001, 1.0};
  into = {.value = checked(fields, key, all[0], share),
          .low = checked(fields, key, all[1], share),
          .high = checked(fields, key, all[2], share),
          .source = checked_source(fields, key, all[3], sources)};
  into.obtained = obtained_of(into.source);
  if (into.low > into.value || into.value > into.high)
    fail(ErrorCode::bad_input, "{}: {}: {} is not between {} and {}", fields.where(), key, into.value,
         into.low, into.high);
}

Arithmetic arithmetic_named(const JsonFields& fields, const char* key, const std::string& word) {
  for (int i = 0; i < kArithmetics; ++i)
    if (word == name(static_cast<Arithmetic>(i))) return static_cast<Arithmetic>(i);
  fail(ErrorCode::bad_input, "{}: {} is '{}', expected fp32, fp16, fp8 or int8", fields.where(), key, word);
}

DeviceKind kind_named(const JsonFields& fields, const std::string& word) {
  for (DeviceKind kind : {DeviceKind::gpu, DeviceKind::unified, DeviceKind::cpu})
    if (word == name(kind)) return kind;
  fail(ErrorCode::bad_input, "{}: kind is '{}', expected gpu, unified or cpu", fields.where(), word);
}

const Efficiencies& class_named(const JsonFields& fields, std::span<const Efficiencies> classes,
                                const std::string& word) {
  std::string known;
  for (const Efficiencies& one : classes) {
    if (one.name == word) return one;
    known += (known.empty() ? "" : ", ") + one.name;
  }
  fail(ErrorCode::bad_input, "{}: class is '{}', expected one of {}", fields.where(), word, known);
}

void read_link(const JsonFields& fields, const Sources& sources, std::optional<Link>& into) {
  const auto link = fields.object("link");
  if (!link) return;
  Link out;
  out.name = link->required(link->string("name"), "name");
  out.bytes_per_second = link->required(read_fact(*link, kLinkBytes, sources), kLinkBytes.key);
  out.latency_seconds = link->required(read_fact(*link, kLinkLatency, sources), kLinkLatency.key);
  into = std::move(out);
}

Json json_of(const Fact& fact, const FactRow& row) {
  return {{"value", fact.value / row.unit}, {"obtained", name(fact.obtained)}, {"source", fact.source}};
}

Json json_of(const Efficiency& e) {
  return {{"value", e.value},
          {"low", e.low},
          {"high", e.high},
          {"obtained", name(e.obtained)},
          {"source", e.source}};
}

}  // namespace

Sources Sources::with(const JsonFields& fields) const {
  Sources out = *this;
  if (const auto own = fields.object("sources"))
    for (const auto& [key, value] : fields.member("sources")->items()) {
      if (!value.is_string() || value.get<std::string>().empty())
        fail(ErrorCode::bad_input, "{}: {} is {}, expected a text", own->where(), key, value.dump());
      out.texts_[key] = value.get<std::string>();
    }
  return out;
}

std::string Sources::text(const std::string& name) const {
  const auto found = texts_.find(name);
  return found == texts_.end() ? name : found->second;
}

void read_efficiencies(const JsonFields& fields, const Sources& sources, Efficiencies& into) {
  for (FormatClass format : kFormats) {
    const auto i = static_cast<size_t>(format);
    const std::string key(name(format));
    if (const auto matrix = fields.object("matrix"))
      if (const auto word = matrix->string(key.c_str()))
        into.matrix[i] = arithmetic_named(*matrix, key.c_str(), *word);
    if (const auto decode = fields.object("decode"))
      read_efficiency(*decode, key.c_str(), sources, into.decode[i]);
    if (const auto prefill = fields.object("prefill"))
      read_efficiency(*prefill, key.c_str(), sources, into.prefill[i]);
  }
  if (auto step = read_fact(fields, kStep, sources)) into.step_seconds = *std::move(step);
  if (auto layer = read_fact(fields, kLayer, sources)) into.layer_seconds = *std::move(layer);
}

void read_device(const JsonFields& fields, const Sources& outer, std::span<const Efficiencies> classes,
                 Device& into) {
  const Sources sources = outer.with(fields);
  for (std::string& alias : fields.strings("aliases")) into.aliases.push_back(std::move(alias));
  if (const auto kind = fields.string("kind")) into.kind = kind_named(fields, *kind);
  if (const auto year = fields.integer("year", {1990, 2100})) into.year = static_cast<int>(*year);
  if (const auto word = fields.string("class")) into.efficiencies = class_named(fields, classes, *word);
  read_efficiencies(fields, sources, into.efficiencies);

  if (auto fact = read_fact(fields, kUsable, sources)) into.memory_bytes = *std::move(fact);
  if (auto fact = read_fact(fields, kSold, sources)) into.sold_memory_bytes = *std::move(fact);
  if (auto fact = read_fact(fields, kRead, sources)) into.read_bytes_per_second = *std::move(fact);
  for (size_t i = 0; i < into.peaks.size(); ++i)
    if (auto fact = read_fact(fields, kPeaks[i], sources)) into.peaks[i] = std::move(fact);
  if (auto fact = read_fact(fields, kWatts, sources)) into.watts = std::move(fact);
  if (auto fact = read_fact(fields, kPrice, sources)) into.usd_per_hour = std::move(fact);
  read_link(fields, sources, into.link);
}

Json to_json(const Device& device) {
  Json out{{"name", device.name},
           {"aliases", device.aliases},
           {"kind", name(device.kind)},
           {"class", device.efficiencies.name},
           {"year", device.year}};
  out[kSold.key] = json_of(device.sold_memory_bytes, kSold);
  out[kUsable.key] = json_of(device.memory_bytes, kUsable);
  out[kRead.key] = json_of(device.read_bytes_per_second, kRead);
  for (size_t i = 0; i < device.peaks.size(); ++i)
    if (device.peaks[i]) out[kPeaks[i].key] = json_of(*device.peaks[i], kPeaks[i]);
  const Efficiencies& e = device.efficiencies;
  for (FormatClass format : kFormats) {
    const auto i = static_cast<size_t>(format);
    const std::string key(name(format));
    out["matrix"][key] = name(e.matrix[i]);
    out["decode"][key] = json_of(e.decode[i]);
    out["prefill"][key] = json_of(e.prefill[i]);
  }
  out[kStep.key] = json_of(e.step_seconds, kStep);
  out[kLayer.key] = json_of(e.layer_seconds, kLayer);
  if (device.watts) out[kWatts.key] = json_of(*device.watts, kWatts);
  if (device.usd_per_hour) out[kPrice.key] = json_of(*device.usd_per_hour, kPrice);
  if (device.link)
    out["link"] = {{"name", device.link->name},
                   {kLinkBytes.key, json_of(device.link->bytes_per_second, kLinkBytes)},
                   {kLinkLatency.key, json_of(device.link->latency_seconds, kLinkLatency)}};
  return out;
}

}  // namespace retort::plan
