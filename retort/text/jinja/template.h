// A compiled template: immutable, and rendered from any number of threads.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "retort/base/json.h"
#include "retort/text/jinja/meter.h"

namespace retort::jinja {

class Template {
 public:
  /// `name` says in errors which template it is. Throws Error "<name>: line 3, column 9: ...".
  Template(std::string_view source, std::string name, const Limits& limits = {});

  /// Renders with the members of `context` (an object) as variables. `now` is what strftime_now shows.
  std::string render(const Json& context, std::chrono::local_seconds now = {}) const;

  /// With newlines normalised.
  const std::string& source() const;

 private:
  struct Program;
  std::shared_ptr<const Program> program_;
};

}  // namespace retort::jinja
