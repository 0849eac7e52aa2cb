// Devices as files have them: facts with their sources, in the units of data sheets. docs/devices.md
// describes the form. What a file says replaces what was known; the rest stays.
#pragma once

#include <map>
#include <span>
#include <string>

#include "retort/formats/json_fields.h"
#include "retort/plan/device.h"

namespace retort::plan {

/// Names of sources, and what they stand for.
class Sources {
 public:
  /// `fallback`: of facts that stand alone, as a user may write them.
  explicit Sources(std::string fallback) : fallback_(std::move(fallback)) {}
  /// These, and those of the member "sources", which come first.
  Sources with(const JsonFields& fields) const;
  /// The text of a name; a text that is no name stands for itself.
  std::string text(const std::string& name) const;
  const std::string& fallback() const { return fallback_; }

 private:
  std::string fallback_;
  std::map<std::string, std::string> texts_;
};

/// Replaces what `fields` has.
void read_efficiencies(const JsonFields& fields, const Sources& sources, Efficiencies& into);
/// `classes`: what "class" may name.
void read_device(const JsonFields& fields, const Sources& sources, std::span<const Efficiencies> classes,
                 Device& into);

/// The device in the same form, each fact with its source.
Json to_json(const Device& device);

}  // namespace retort::plan
