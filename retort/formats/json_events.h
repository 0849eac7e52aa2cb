// JsonEvents: the base of readers that take a JSON text as events, without building a tree: for texts whose
// objects have more members than a tree could hold cheaply. Include from .cc files only.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "retort/base/error.h"
#include "retort/base/json.h"
#include "retort/formats/printable.h"

namespace retort {

class JsonEvents : public nlohmann::json_sax<Json> {
 public:
  /// `part` is the part of the file that is JSON: "header: ", or nothing for all of it.
  explicit JsonEvents(std::string_view where, std::string_view part = "") : where_(where), part_(part) {}

  bool binary(Json::binary_t&) override { return null(); }  // does not occur in JSON texts
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    std::string_view what = error.what();
    if (const auto colon = what.find(": "); colon != std::string_view::npos) what.remove_prefix(colon + 2);
    fail(ErrorCode::bad_input, "{}: {}byte {}: not JSON: {}", where_, part_, position, printable(what, 200));
  }

 protected:
  std::string where_, part_;
};

}  // namespace retort
