// The catalogue of devices: those that come with the program, and a user's own, which add to them or replace
// facts of theirs. docs/devices.md describes the file.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "retort/plan/device.h"

namespace retort::plan {

class DeviceCatalogue {
 public:
  /// embedded/devices.json alone.
  static DeviceCatalogue built_in();
  /// With the user's devices.json where there is one, what this machine's GPUs say of themselves, `file`,
  /// which must exist, and "this" where it was calibrated.
  static DeviceCatalogue with_users(const std::optional<std::filesystem::path>& file = std::nullopt);

  /// Adds devices, or replaces the facts that the file has of known ones. Throws Error bad_input that names
  /// the file, the device and the member.
  void add(std::string_view json, std::string_view where);
  void add(Device device);

  std::span<const Device> devices() const { return devices_; }

  /// By name or alias, whatever the case: "A10", "2xA10", "A10 x 2", "this" (calibrated here). Throws Error
  /// not_found with the nearest names.
  DeviceSet find(std::string_view name) const;

 private:
  std::vector<Efficiencies> classes_;
  std::vector<Device> devices_;
};

/// $XDG_CONFIG_HOME/retort/devices.json, or ~/.config/retort/devices.json; empty where there is no home.
std::filesystem::path user_devices_path();

/// DeviceCatalogue::with_users(file).find(name).
DeviceSet find_device(std::string_view name, const std::optional<std::filesystem::path>& file = std::nullopt);

}  // namespace retort::plan
