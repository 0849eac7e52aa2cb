#include "retort/formats/json_fields.h"

#include <cmath>

#include "retort/base/error.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

constexpr size_t kMaxConfig = size_t{1} << 20;
constexpr size_t kShown = 60;

/// The value as it would stand in the file, shortened.
std::string shown(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "a list";
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace), kShown);
}

}  // namespace

JsonFields::JsonFields(const Json& object, std::string where) : object_(&object), where_(std::move(where)) {
  if (!object.is_object()) fail(ErrorCode::bad_input, "{}: is {}, expected an object", where_, shown(object));
}

const Json* JsonFields::member(const char* key) const {
  auto at = object_->find(key);
  return at == object_->end() || at->is_null() ? nullptr : &*at;
}

std::optional<JsonFields> JsonFields::object(const char* key) const {
  const Json* value = member(key);
  if (value == nullptr) return std::nullopt;
  return JsonFields(*value, where_ + ": " + key);
}

void JsonFields::missing(const char* key) const {
  fail(ErrorCode::bad_input, "{}: {} is missing", where_, key);
}

void JsonFields::refuse(const char* key, const Json& value, std::string_view expected) const {
  fail(ErrorCode::bad_input, "{}: {} is {}, expected {}", where_, key, shown(value), expected);
}

int64_t JsonFields::checked_integer(const char* key, const Json& value, Range<int64_t> range) const {
  int64_t number = 0;
  bool fits = true;
  if (value.is_number_unsigned()) {
    const auto big = value.get<uint64_t>();
    fits = std::in_range<int64_t>(big);
    number = fits ? static_cast<int64_t>(big) : 0;
  } else if (value.is_number_integer()) {
    number = value.get<int64_t>();
  } else if (const double real = value.is_number_float() ? value.get<double>() : 0.5;
             std::abs(real) < 0x1p53 && real == std::floor(real)) {
    number = static_cast<int64_t>(real);  // 131072.0
  } else {
    refuse(key, value, "an integer");
  }
  if (!fits || number < range.least || number > range.most)
    fail(ErrorCode::bad_input, "{}: {} {} is outside {} to {}", where_, key, shown(value), range.least,
         range.most);
  return number;
}

std::optional<int64_t> JsonFields::integer(const char* key, Range<int64_t> range) const {
  const Json* value = member(key);
  if (value == nullptr) return std::nullopt;
  return checked_integer(key, *value, range);
}

std::optional<double> JsonFields::number(const char* key, Range<double> range) const {
  const Json* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) refuse(key, *value, "a number");
  const auto real = value->get<double>();
  // Written so that NaN fails.
  if (!(real >= range.least && real <= range.most))
    fail(ErrorCode::bad_input, "{}: {} {} is outside {} to {}", where_, key, shown(*value), range.least,
         range.most);
  return real;
}

std::optional<bool> JsonFields::boolean(const char* key) const {
  const Json* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) refuse(key, *value, "true or false");
  return value->get<bool>();
}

std::optional<std::string> JsonFields::string(const char* key) const {
  const Json* value = member(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) refuse(key, *value, "a string");
  return value->get<std::string>();
}

std::vector<int64_t> JsonFields::integers(const char* key, Range<int64_t> range) const {
  const Json* value = member(key);
  if (value == nullptr) return {};
  if (!value->is_array()) return {checked_integer(key, *value, range)};
  std::vector<int64_t> all;
  for (const Json& one : *value) all.push_back(checked_integer(key, one, range));
  return all;
}

std::vector<std::string> JsonFields::strings(const char* key) const {
  const Json* value = member(key);
  if (value == nullptr) return {};
  if (!value->is_array()) refuse(key, *value, "a list of strings");
  std::vector<std::string> all;
  for (const Json& one : *value) {
    if (!one.is_string()) refuse(key, one, "a list of strings");
    all.push_back(one.get<std::string>());
  }
  return all;
}

Json parse_config_json(std::string_view text, std::string_view where) {
  if (text.size() > kMaxConfig)
    fail(ErrorCode::bad_input, "{}: {} bytes, more than the {} that a configuration may have", where,
         text.size(), kMaxConfig);
  try {
    return parse_json(text, "", {.max_depth = 16});
  } catch (const Error& error) {
    // Without the place, which is trusted, so that only the file's part is escaped and cut.
    std::string_view message = error.message();
    if (message.starts_with(": ")) message.remove_prefix(2);
    throw Error(error.code(), fmt::format("{}: {}", where, printable(message, 300)));
  }
}

}  // namespace retort
