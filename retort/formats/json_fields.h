// JsonFields: typed reading of a JSON object's members, with ranges, whose errors name the file, the member
// and the value. A member that is null counts as absent. Include from .cc files only.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "retort/base/json.h"

namespace retort {

template <typename T>
struct Range {
  T least, most;
};

class JsonFields {
 public:
  /// `where` is "FILE" or "FILE: member". Throws Error bad_input if it is not an object.
  JsonFields(const Json& object, std::string where);

  const std::string& where() const { return where_; }
  bool has(const char* key) const { return member(key) != nullptr; }
  /// The member, or null if it is absent or null.
  const Json* member(const char* key) const;
  std::optional<JsonFields> object(const char* key) const;

  std::optional<int64_t> integer(const char* key, Range<int64_t> range) const;
  std::optional<double> number(const char* key, Range<double> range) const;
  std::optional<bool> boolean(const char* key) const;
  std::optional<std::string> string(const char* key) const;
  /// An integer or a list of integers; empty if absent.
  std::vector<int64_t> integers(const char* key, Range<int64_t> range) const;
  std::vector<std::string> strings(const char* key) const;

  /// The value of an optional, or an Error that says `key` is missing.
  template <typename T>
  T required(std::optional<T> value, const char* key) const {
    if (!value) missing(key);
    return *std::move(value);
  }

 private:
  [[noreturn]] void missing(const char* key) const;
  [[noreturn]] void refuse(const char* key, const Json& value, std::string_view expected) const;
  int64_t checked_integer(const char* key, const Json& value, Range<int64_t> range) const;

  const Json* object_;
  std::string where_;
};

/// parse_json for the small configuration files: at most 1 MiB, 16 deep, errors of one line.
Json parse_config_json(std::string_view text, std::string_view where);

}  // namespace retort
