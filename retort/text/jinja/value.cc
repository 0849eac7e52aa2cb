#include "retort/text/jinja/value.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "retort/text/jinja/unicode.h"

namespace retort::jinja {

Value Value::literal(std::string text) {
  auto object = std::make_shared<Text>();
  object->text = std::move(text);
  add_trusted(object->trusted, {0, object->text.size()});
  return {Kind::string, std::move(object)};
}

Value Value::undefined(std::string message) {
  auto object = std::make_shared<Text>();
  object->text = std::move(message);
  return {Kind::undefined, std::move(object)};
}

std::string_view Value::text() const {
  return static_cast<const Text&>(*object_).text;
}
const TrustedSpans& Value::trusted() const {
  return static_cast<const Text&>(*object_).trusted;
}
const Sequence& Value::sequence() const {
  return static_cast<const Sequence&>(*object_);
}
const Dict& Value::dict() const {
  return static_cast<const Dict&>(*object_);
}
Namespace& Value::name_space() const {
  return static_cast<Namespace&>(*object_);
}
const Function& Value::function() const {
  return static_cast<const Function&>(*object_);
}
const Macro& Value::macro() const {
  return static_cast<const Macro&>(*object_);
}
Loop& Value::loop() const {
  return static_cast<Loop&>(*object_);
}
std::string_view Value::message() const {
  return object_ ? static_cast<const Text&>(*object_).text : std::string_view("the value is undefined");
}

const Value* Dict::find(std::string_view key) const {
  auto it = index.find(key);
  return it == index.end() ? nullptr : &entries[it->second].second;
}

const Value* Namespace::find(std::string_view name) const {
  for (const auto& [key, value] : attributes)
    if (key == name) return &value;
  return nullptr;
}

void set_depth(Meter& meter, Object& object, uint32_t deepest_inside) {
  object.depth = deepest_inside + 1;
  if (object.depth > meter.limits().max_value_depth)
    Meter::over("lists inside lists", meter.limits().max_value_depth);
}

Value make_string(Meter& meter, std::string text) {
  return make_string(meter, MarkedText{std::move(text), {}});
}

Value make_string(Meter& meter, MarkedText marked) {
  meter.check_string(marked.text.size());
  meter.step_bytes(marked.text.size());
  meter.step_spans(marked.trusted.size());
  auto object = make_object<Text>(meter, marked.text.size() + marked.trusted.size() * sizeof(TextSpan));
  object->text = std::move(marked.text);
  object->trusted = std::move(marked.trusted);
  return {Kind::string, std::move(object)};
}

namespace {

/// Where `part` lies in the whole; nowhere, so that it is not trusted, if it does not.
TextSpan place_of(const Value& whole, std::string_view part) {
  auto text = whole.text();
  std::less_equal<> before;
  bool inside =
      before(text.data(), part.data()) && before(part.data() + part.size(), text.data() + text.size());
  if (part.empty() || !inside) return {};
  auto begin = static_cast<size_t>(part.data() - text.data());
  return {begin, begin + part.size()};
}

}  // namespace

Value make_part(Meter& meter, const Value& whole, std::string_view part) {
  return make_string(meter, {std::string(part), trusted_within(whole.trusted(), place_of(whole, part))});
}

Value make_derived(Meter& meter, std::string text, const Value& source) {
  TrustedSpans trusted;
  if (all_trusted(source.trusted(), {0, source.text().size()})) add_trusted(trusted, {0, text.size()});
  return make_string(meter, {std::move(text), std::move(trusted)});
}

void append_part(Writer& out, const Value& whole, std::string_view part) {
  out.append_marked(part, whole.trusted(), place_of(whole, part));
}

void append_string(Writer& out, const Value& string) {
  append_part(out, string, string.text());
}

Value make_sequence(Meter& meter, std::vector<Value> items, SequenceStyle style, std::string shown) {
  meter.check_items(items.size());
  meter.step(1 + items.size() / 8);
  auto object = make_object<Sequence>(meter, items.size() * sizeof(Value));
  uint32_t deepest = 0;
  for (const Value& item : items) deepest = std::max(deepest, item.depth());
  set_depth(meter, *object, deepest);
  object->style = style;
  object->items = std::move(items);
  object->shown = std::move(shown);
  return {Kind::sequence, std::move(object)};
}

namespace {

bool hashable(const Value& key) {
  if (key.is(Kind::sequence)) {
    const Sequence& s = key.sequence();
    if (s.style != SequenceStyle::tuple && s.style != SequenceStyle::group) return false;
    return std::all_of(s.items.begin(), s.items.end(), hashable);
  }
  return !key.is(Kind::dict) && !key.is(Kind::undefined);
}

Value* find_entry(Meter& meter, Dict& dict, const Value& key) {
  return const_cast<Value*>(find(meter, dict, key));
}

}  // namespace

const Value* find(Meter& meter, const Dict& dict, const Value& key) {
  if (key.is(Kind::string)) return dict.find(key.text());
  for (const auto& [k, value] : dict.entries)
    if (!k.is(Kind::string) && equal(meter, k, key)) return &value;
  return nullptr;
}

Value make_dict(Meter& meter, std::vector<std::pair<Value, Value>> entries) {
  meter.check_items(entries.size());
  meter.step(1 + entries.size() / 4);
  constexpr uint64_t kIndexNode = 64;  // bytes of one node of the index, about
  auto object = make_object<Dict>(meter, entries.size() * (2 * sizeof(Value) + kIndexNode));
  object->entries.reserve(entries.size());
  uint32_t deepest = 0;
  for (auto& [key, value] : entries) {
    if (!hashable(key)) fail(ErrorCode::bad_input, "a {} cannot be a key of a dict", type_name(key));
    deepest = std::max({deepest, key.depth(), value.depth()});
    if (Value* old = find_entry(meter, *object, key)) {
      *old = std::move(value);
      continue;
    }
    object->entries.emplace_back(std::move(key), std::move(value));
    const Value& kept = object->entries.back().first;
    if (kept.is(Kind::string)) object->index.emplace(kept.text(), object->entries.size() - 1);
  }
  set_depth(meter, *object, deepest);
  return {Kind::dict, std::move(object)};
}

namespace {

Value number_from_json(const Json& json) {
  if (json.is_number_float()) return json.get<double>();
  if (json.is_number_unsigned() && json.get<uint64_t>() > std::numeric_limits<int64_t>::max())
    return json.get<double>();
  return json.get<int64_t>();
}

Value from_json_at(Meter& meter, const Json& json, const TrustedStrings& trusted, uint32_t depth) {
  if (depth > meter.limits().max_value_depth)
    Meter::over("lists inside lists", meter.limits().max_value_depth);
  if (json.is_null()) return Value::none();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number()) return number_from_json(json);
  if (json.is_string()) {
    auto found = trusted.find(&json);
    return make_string(meter,
                       {json.get<std::string>(), found == trusted.end() ? TrustedSpans() : found->second});
  }
  if (json.is_array()) {
    std::vector<Value> items;
    items.reserve(json.size());
    for (const Json& item : json) items.push_back(from_json_at(meter, item, trusted, depth + 1));
    return make_sequence(meter, std::move(items));
  }
  std::vector<std::pair<Value, Value>> entries;
  if (json.is_object())
    for (const auto& [key, value] : json.items())
      entries.emplace_back(make_string(meter, key), from_json_at(meter, value, trusted, depth + 1));
  return make_dict(meter, std::move(entries));
}

}  // namespace

Value from_json(Meter& meter, const Json& json, const TrustedStrings& trusted) {
  return from_json_at(meter, json, trusted, 1);
}

std::string_view type_name(const Value& value) {
  static constexpr std::string_view kNames[] = {"Undefined", "NoneType", "bool",  "int",
                                                "float",     "str",      "list",  "dict",
                                                "Namespace", "function", "Macro", "LoopContext"};
  static constexpr std::string_view kStyles[] = {"list", "tuple", "tuple", "range", "dict view", "generator"};
  if (value.is(Kind::sequence)) return kStyles[static_cast<int>(value.sequence().style)];
  return kNames[static_cast<int>(value.kind())];
}

bool truthy(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
    case Kind::none:
      return false;
    case Kind::boolean:
    case Kind::integer:
      return value.integer() != 0;
    case Kind::real:
      return value.real() != 0;
    case Kind::string:
      return !value.text().empty();
    case Kind::sequence:
      return value.sequence().style == SequenceStyle::iterator || !value.sequence().items.empty();
    case Kind::dict:
      return !value.dict().entries.empty();
    default:
      return true;
  }
}

namespace {

/// Exact even where a double cannot hold the integer.
int compare_numbers(const Value& a, const Value& b) {
  if (a.is_integral() && b.is_integral()) return a.integer() < b.integer() ? -1 : a.integer() > b.integer();
  auto x = a.is_integral() ? static_cast<long double>(a.integer()) : static_cast<long double>(a.real());
  auto y = b.is_integral() ? static_cast<long double>(b.integer()) : static_cast<long double>(b.real());
  if (std::isnan(x) || std::isnan(y)) return 2;
  return x < y ? -1 : x > y;
}

bool is_tuple(const Sequence& s) {
  return s.style == SequenceStyle::tuple || s.style == SequenceStyle::group;
}

bool equal_sequences(Meter& meter, const Sequence& a, const Sequence& b) {
  if (&a == &b) return true;
  if (is_tuple(a) != is_tuple(b)) return false;
  if (!is_tuple(a) && a.style != b.style) return false;
  if (a.style == SequenceStyle::iterator || a.style == SequenceStyle::view) return false;
  if (a.items.size() != b.items.size()) return false;
  for (size_t i = 0; i < a.items.size(); ++i)
    if (!equal(meter, a.items[i], b.items[i])) return false;
  return true;
}

bool equal_dicts(Meter& meter, const Dict& a, const Dict& b) {
  if (&a == &b) return true;
  if (a.entries.size() != b.entries.size()) return false;
  for (const auto& [key, value] : a.entries) {
    const Value* other = find(meter, b, key);
    if (!other || !equal(meter, value, *other)) return false;
  }
  return true;
}

}  // namespace

bool equal(Meter& meter, const Value& a, const Value& b) {
  meter.step();
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::undefined:
    case Kind::none:
      return true;
    case Kind::string:
      meter.step_bytes(std::min(a.text().size(), b.text().size()));
      return a.text() == b.text();
    case Kind::sequence:
      return equal_sequences(meter, a.sequence(), b.sequence());
    case Kind::dict:
      return equal_dicts(meter, a.dict(), b.dict());
    case Kind::name_space:
      return &a.name_space() == &b.name_space();
    case Kind::function:
      return a.function().row == b.function().row && equal(meter, a.function().self, b.function().self);
    case Kind::macro:
      return &a.macro() == &b.macro();
    default:
      return a.is(Kind::loop) && &a.loop() == &b.loop();
  }
}

bool less(Meter& meter, const Value& a, const Value& b) {
  meter.step();
  require_defined(a);
  require_defined(b);
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == -1;
  if (a.is(Kind::string) && b.is(Kind::string)) {
    meter.step_bytes(std::min(a.text().size(), b.text().size()));
    return a.text() < b.text();  // UTF-8 orders as code points do
  }
  bool sequences =
      a.is(Kind::sequence) && b.is(Kind::sequence) && is_tuple(a.sequence()) == is_tuple(b.sequence());
  if (!sequences)
    fail(ErrorCode::bad_input, "'{}' and '{}' have no order, so <, > and sort cannot be used on them",
         type_name(a), type_name(b));
  const auto& x = a.sequence().items;
  const auto& y = b.sequence().items;
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i)
    if (!equal(meter, x[i], y[i])) return less(meter, x[i], y[i]);
  return x.size() < y.size();
}

bool contains(Meter& meter, const Value& container, const Value& item) {
  switch (container.kind()) {
    case Kind::undefined:
      return false;
    case Kind::string:
      if (!item.is(Kind::string))
        fail(ErrorCode::bad_input, "'in' on a string needs a string on its left, not a {}", type_name(item));
      meter.step_bytes(container.text().size());
      return find_text(container.text(), item.text()) != std::string_view::npos;
    case Kind::sequence: {
      const Sequence& s = container.sequence();
      if (s.style == SequenceStyle::iterator && std::exchange(s.consumed, true)) return false;
      for (const Value& each : s.items)
        if (equal(meter, each, item)) return true;
      return false;
    }
    case Kind::dict:
      if (!hashable(item)) fail(ErrorCode::bad_input, "a {} cannot be a key of a dict", type_name(item));
      return find(meter, container.dict(), item) != nullptr;
    default:
      fail(ErrorCode::bad_input, "'in' needs a list, dict or string on its right, not a {}",
           type_name(container));
  }
}

void require_defined(const Value& value) {
  if (value.is(Kind::undefined)) fail(ErrorCode::bad_input, "{}", value.message());
}

}  // namespace retort::jinja
