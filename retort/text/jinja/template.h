// A compiled template: immutable, and rendered from any number of threads.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "retort/base/json.h"
#include "retort/text/jinja/meter.h"
#include "retort/text/marked_text.h"

namespace retort::jinja {

/// Of strings within a JSON value, by their address: what of them is trusted.
using TrustedStrings = std::unordered_map<const Json*, TrustedSpans>;

class Template {
 public:
  /// `name` says in errors which template it is. Throws Error "<name>: line 3, column 9: ...".
  Template(std::string_view source, std::string name, const Limits& limits = {});

  /// Renders with the members of `context` (an object) as variables. `now` is what strftime_now shows.
  std::string render(const Json& context, std::chrono::local_seconds now = {}) const;

  /// The same, with the parts of the text that are trusted: the template's own, and what `trusted` says of
  /// strings in the context. What has gone through operations that do not keep track is not trusted.
  MarkedText render_marked(const Json& context, std::chrono::local_seconds now,
                           const TrustedStrings& trusted) const;

  /// With newlines normalised.
  const std::string& source() const;

 private:
  struct Program;
  std::shared_ptr<const Program> program_;
};

}  // namespace retort::jinja
