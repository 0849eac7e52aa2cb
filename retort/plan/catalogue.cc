#include "retort/plan/catalogue.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/base/nearest.h"
#include "retort/formats/printable.h"
#include "retort/plan/calibration.h"
#include "retort/plan/device_json.h"
#include "retort/plan/device_nvml.h"
#include "retort/plan/embedded.h"

namespace retort::plan {
namespace {

constexpr int kMostDevices = 1024;
constexpr uint64_t kLargestFile = uint64_t{1} << 20;

/// "NVIDIA A100 80GB" and "a100-80gb" are written alike.
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+')
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool answers_to(const Device& device, std::string_view name) {
  const std::string wanted = plain(name);
  return plain(device.name) == wanted ||
         std::any_of(device.aliases.begin(), device.aliases.end(),
                     [&](const std::string& alias) { return plain(alias) == wanted; });
}

struct Counted {
  std::string_view name;
  int count = 1;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<int> count_in(std::string_view digits) {
  int count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return count;
}

bool is_times(char c) {
  return c == 'x' || c == 'X' || c == '*';
}

/// "2 x A10": split at the first sign, where only digits stand before it.
std::optional<Counted> count_before(std::string_view text) {
  const size_t sign = static_cast<size_t>(std::find_if(text.begin(), text.end(), is_times) - text.begin());
  if (sign >= text.size()) return std::nullopt;
  const auto count = count_in(trimmed(text.substr(0, sign)));
  if (!count) return std::nullopt;
  return Counted{trimmed(text.substr(sign + 1)), *count};
}

/// "A10 x 2": split at the last sign, where only digits stand behind it.
std::optional<Counted> count_behind(std::string_view text) {
  const size_t sign = text.find_last_of("xX*");
  if (sign == text.npos || sign == 0) return std::nullopt;
  const auto count = count_in(trimmed(text.substr(sign + 1)));
  if (!count) return std::nullopt;
  return Counted{trimmed(text.substr(0, sign)), *count};
}

/// The three nearest names, as people write them.
std::string nearest_names(std::string_view word, std::span<const Device> devices) {
  std::vector<std::pair<int, std::string>> ranked;
  for (const Device& device : devices) {
    std::string best = device.name;
    int distance = edit_distance(plain(word), plain(device.name));
    for (const std::string& alias : device.aliases)
      if (const int d = edit_distance(plain(word), plain(alias)); d < distance) {
        distance = d;
        best = alias;
      }
    ranked.emplace_back(distance, best);
  }
  std::sort(ranked.begin(), ranked.end());
  std::string out;
  for (size_t i = 0; i < std::min<size_t>(3, ranked.size()); ++i)
    out += (i == 0 ? "" : ", ") + ranked[i].second;
  return out;
}

void require_facts(const Device& device, const std::string& where) {
  const auto need = [&](const std::string& source, const char* key) {
    if (source.empty()) fail(ErrorCode::bad_input, "{}: {} is missing", where, key);
  };
  need(device.memory_bytes.source, "usable_gib");
  need(device.read_bytes_per_second.source, "read_gb_s");
  need(device.efficiencies.decode[0].source, "class (or decode, prefill, step_us and layer_us)");
  for (const Efficiency& one : device.efficiencies.decode) need(one.source, "decode of a format");
  for (const Efficiency& one : device.efficiencies.prefill) need(one.source, "prefill of a format");
  need(device.efficiencies.step_seconds.source, "step_us");
  need(device.efficiencies.layer_seconds.source, "layer_us");
  if (!device.peak(Arithmetic::fp32) && !device.peak(Arithmetic::fp16))
    fail(ErrorCode::bad_input, "{}: no peak is known; fp16_tflops or fp32_tflops is missing", where);
}

}  // namespace

DeviceCatalogue DeviceCatalogue::built_in() {
  DeviceCatalogue out;
  out.add(embedded_file("devices.json"), "devices.json");
  return out;
}

DeviceCatalogue DeviceCatalogue::with_users(const std::optional<std::filesystem::path>& file) {
  DeviceCatalogue out = built_in();
  const std::filesystem::path own = user_devices_path();
  std::error_code ignored;
  if (!own.empty() && std::filesystem::exists(own, ignored))
    out.add(read_file(own, kLargestFile), own.string());
  for (const Gpu& gpu : read_gpus())
    for (Device& device : out.devices_)
      if (answers_to(device, gpu.name)) apply(gpu, device);
  if (file) out.add(read_file(*file, kLargestFile), file->string());
  try {
    if (const auto calibration = read_calibration()) out.add(device_of(*calibration));
  } catch (const Error&) {
    // Whoever asks for this machine learns what is wrong with it (find); others need not.
  }
  return out;
}

void DeviceCatalogue::add(std::string_view json, std::string_view where) {
  const Json all = parse_config_json(json, where);
  const JsonFields fields(all, std::string(where));
  const Sources sources = Sources(std::string(where)).with(fields);
  if (const auto classes = fields.object("classes"))
    for (const auto& [name, value] : fields.member("classes")->items()) {
      const JsonFields one(value, classes->where() + ": " + printable(name));
      auto known =
          std::find_if(classes_.begin(), classes_.end(), [&](const auto& c) { return c.name == name; });
      if (known == classes_.end()) {
        known = classes_.emplace(known);
        known->name = name;
      }
      read_efficiencies(one, sources.with(one), *known);
    }
  const Json* devices = fields.member("devices");
  if (devices == nullptr || !devices->is_array())
    fail(ErrorCode::bad_input, "{}: devices is missing, or no list", where);
  for (size_t i = 0; i < devices->size(); ++i) {
    const JsonFields one((*devices)[i], fmt::format("{}: device {}", where, i + 1));
    const std::string name = one.required(one.string("name"), "name");
    const auto known = std::find_if(devices_.begin(), devices_.end(),
                                    [&](const Device& device) { return answers_to(device, name); });
    Device device = known == devices_.end() ? Device() : *known;
    if (known == devices_.end()) device.name = name;
    const JsonFields named((*devices)[i], fmt::format("{}: {}", where, printable(name)));
    read_device(named, sources, classes_, device);
    if (device.sold_memory_bytes.source.empty()) device.sold_memory_bytes = device.memory_bytes;
    require_facts(device, named.where());
    add(std::move(device));
  }
}

void DeviceCatalogue::add(Device device) {
  const auto known = std::find_if(devices_.begin(), devices_.end(),
                                  [&](const Device& one) { return one.name == device.name; });
  if (known == devices_.end())
    devices_.push_back(std::move(device));
  else
    *known = std::move(device);
}

DeviceSet DeviceCatalogue::find(std::string_view text) const {
  const std::string_view name = trimmed(text);
  const auto known = [&](std::string_view one) -> const Device* {
    for (const Device& device : devices_)
      if (answers_to(device, one)) return &device;
    return nullptr;
  };
  if (const Device* device = plain(name).empty() ? nullptr : known(name)) return {*device, 1};
  Counted wanted{name};
  for (const auto& counted : {count_before(name), count_behind(name)}) {
    if (!counted) continue;
    if (const Device* device = known(counted->name)) {
      if (counted->count < 1 || counted->count > kMostDevices)
        fail(ErrorCode::bad_input, "device '{}': {} of them, expected 1 to {}", printable(name),
             counted->count, kMostDevices);
      return {*device, counted->count};
    }
  }
  if (const auto counted = count_before(name)) wanted = *counted;
  if (plain(wanted.name) == "this") {
    if (const auto calibration = read_calibration()) device_of(*calibration);  // throws what is wrong with it
    fail(ErrorCode::not_found,
         "device 'this': this machine is not calibrated yet; run `retort doctor --calibrate` (about a "
         "minute)");
  }
  fail(ErrorCode::not_found,
       "device '{}': not in the catalogue of {}; the nearest are {}; `retort doctor --catalogue` lists all, "
       "and "
       "--devices FILE adds your own",
       printable(wanted.name), devices_.size(), nearest_names(wanted.name, devices_));
}

std::filesystem::path user_devices_path() {
  if (const char* config = std::getenv("XDG_CONFIG_HOME"); config != nullptr && *config == '/')
    return std::filesystem::path(config) / "retort" / "devices.json";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".config" / "retort" / "devices.json";
  return {};
}

DeviceSet find_device(std::string_view name, const std::optional<std::filesystem::path>& file) {
  return DeviceCatalogue::with_users(file).find(name);
}

}  // namespace retort::plan
