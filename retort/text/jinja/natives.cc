#include "retort/text/jinja/natives.h"

#include "retort/base/check.h"

namespace retort::jinja {

const NativeRow* find_row(NativeTable table, std::string_view name) {
  for (const NativeRow& row : table)
    if (row.name == name) return &row;
  return nullptr;
}

std::string_view Arguments::parameter(size_t i) const {
  std::string_view rest = row_.parameters;
  for (; i > 0 && !rest.empty(); --i) {
    auto space = rest.find(' ');
    rest = space == rest.npos ? std::string_view() : rest.substr(space + 1);
  }
  return rest.substr(0, rest.find(' '));
}

Arguments::Arguments(const NativeRow& row, const CallArguments& given) : row_(row), given_(given) {
  if (row.parameters == "*") return;
  size_t count = 0;
  while (!parameter(count).empty()) ++count;
  RETORT_CHECK(count <= kMost);
  if (given.positional.size() > count)
    fail(ErrorCode::bad_input, "'{}' takes at most {} arguments, {} are given", row.name, count,
         given.positional.size());
  for (size_t i = 0; i < given.positional.size(); ++i) bound_[i] = &given.positional[i];
  for (const auto& [name, value] : given.named) {
    size_t i = 0;
    while (i < count && parameter(i) != name) ++i;
    if (i == count) fail(ErrorCode::bad_input, "'{}' has no parameter '{}'", row.name, name);
    if (bound_[i]) fail(ErrorCode::bad_input, "'{}' is given its parameter '{}' twice", row.name, name);
    bound_[i] = &value;
  }
}

const Value& Arguments::required(size_t i) const {
  if (!bound_[i]) fail(ErrorCode::bad_input, "'{}' needs its argument '{}'", row_.name, parameter(i));
  return *bound_[i];
}

int64_t Arguments::integer(size_t i, int64_t fallback) const {
  if (!bound_[i]) return fallback;
  require_defined(*bound_[i]);
  if (!bound_[i]->is_integral())
    fail(ErrorCode::bad_input, "'{}': '{}' must be an int, not a {}", row_.name, parameter(i),
         type_name(*bound_[i]));
  return bound_[i]->integer();
}

bool Arguments::truth(size_t i, bool fallback) const {
  return bound_[i] ? truthy(*bound_[i]) : fallback;
}

std::string_view Arguments::text(size_t i, std::string_view fallback) const {
  return bound_[i] ? string(i).text() : fallback;
}

const Value& Arguments::string(size_t i) const {
  const Value& value = required(i);
  require_defined(value);
  if (!value.is(Kind::string))
    fail(ErrorCode::bad_input, "'{}': '{}' must be a string, not a {}", row_.name, parameter(i),
         type_name(value));
  return value;
}

}  // namespace retort::jinja
