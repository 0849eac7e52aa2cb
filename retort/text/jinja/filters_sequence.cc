// Filters that visit, choose or rearrange items.
#include <algorithm>
#include <charconv>

#include "retort/text/jinja/filters.h"
#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/show.h"
#include "retort/text/jinja/unicode.h"

namespace retort::jinja::filters {
namespace {

Value iterator(Interpreter& in, std::vector<Value> items) {
  return make_sequence(in.meter(), std::move(items), SequenceStyle::iterator);
}

}  // namespace

Value fallback(Interpreter& in, const Value& value, const Arguments& a) {
  bool use = value.is(Kind::undefined) || (a.truth(1, false) && !truthy(value));
  if (!use) return value;
  return a.find(0) ? *a.find(0) : in.text(std::string());
}

Value count(Interpreter& in, const Value& value, const Arguments&) {
  size_t n = 0;
  if (value.is(Kind::string)) {
    in.meter().step_bytes(value.text().size());
    n = length(value.text());
  } else if (value.is(Kind::dict)) {
    n = value.dict().entries.size();
  } else if (value.is(Kind::sequence) && value.sequence().style != SequenceStyle::iterator) {
    n = value.sequence().items.size();
  } else if (value.is(Kind::loop)) {
    n = value.loop().items.sequence().items.size();
  } else if (!value.is(Kind::undefined)) {
    fail(ErrorCode::bad_input, "a {} has no length", type_name(value));
  }
  return static_cast<int64_t>(n);
}

Value attribute_path(Interpreter& in, const Value& item, const Value& path, const Value* missing) {
  if (!path.is(Kind::string)) return in.item(item, path);
  Value value = item;
  std::string_view rest = path.text();
  for (bool more = true; more;) {
    size_t dot = rest.find('.');
    std::string_view part = rest.substr(0, dot);
    more = dot != rest.npos;
    if (more) rest.remove_prefix(dot + 1);
    int64_t index = 0;
    auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    bool number = error == std::errc() && end == part.data() + part.size() && part[0] != '-';
    value = in.item(value, number ? Value(index) : in.text(std::string(part)));
    if (missing && value.is(Kind::undefined)) value = *missing;
  }
  return value;
}

Value join(Interpreter& in, const Value& value, const Arguments& a) {
  Value separator = a.find(0) ? in.as_string(*a.find(0)) : in.text(std::string());
  const Value* path = a.find(1);
  Value all = in.iterate(value);
  Writer out(in.meter());
  bool first = true;
  for (const Value& item : all.sequence().items) {
    if (!std::exchange(first, false)) append_string(out, separator);
    write_str(out, path && !path->is(Kind::none) ? attribute_path(in, item, *path) : item);
  }
  return in.text(out.take_marked());
}

Value as_list(Interpreter& in, const Value& value, const Arguments&) {
  Value all = in.iterate(value);
  if (all.sequence().style == SequenceStyle::list) return all;
  return make_sequence(in.meter(), all.sequence().items);
}

Value first(Interpreter& in, const Value& value, const Arguments&) {
  Value all = in.iterate(value);
  const auto& items = all.sequence().items;
  return items.empty() ? Value::undefined("there is no first item, the sequence is empty") : items.front();
}

Value last(Interpreter& in, const Value& value, const Arguments&) {
  Value all = in.iterate(value);
  const auto& items = all.sequence().items;
  return items.empty() ? Value::undefined("there is no last item, the sequence is empty") : items.back();
}

Value reverse(Interpreter& in, const Value& value, const Arguments&) {
  Value all = in.iterate(value);
  std::vector<Value> items(all.sequence().items.rbegin(), all.sequence().items.rend());
  if (!value.is(Kind::string)) return iterator(in, std::move(items));
  Writer out(in.meter());
  for (const Value& item : items) append_string(out, item);
  return in.text(out.take_marked());
}

Value items(Interpreter& in, const Value& value, const Arguments&) {
  if (value.is(Kind::undefined)) return iterator(in, {});
  if (!value.is(Kind::dict)) fail(ErrorCode::bad_input, "items needs a dict, not a {}", type_name(value));
  std::vector<Value> pairs;
  for (const auto& [key, entry] : value.dict().entries)
    pairs.push_back(make_sequence(in.meter(), {key, entry}, SequenceStyle::tuple));
  return iterator(in, std::move(pairs));
}

/// Lists of `linecount` items each.
Value batch(Interpreter& in, const Value& value, const Arguments& a) {
  a.required(0);
  int64_t size = a.integer(0, 1);
  if (size < 1) fail(ErrorCode::bad_input, "batch: {} items make no batch", size);
  in.meter().check_items(static_cast<uint64_t>(size));
  const Value* fill = a.find(1) && !a.find(1)->is(Kind::none) ? a.find(1) : nullptr;
  Value all = in.iterate(value);
  std::vector<Value> batches;
  std::vector<Value> current;
  for (const Value& item : all.sequence().items) {
    current.push_back(item);
    if (current.size() == static_cast<size_t>(size))
      batches.push_back(make_sequence(in.meter(), std::exchange(current, {})));
  }
  if (!current.empty()) {
    if (fill) current.resize(static_cast<size_t>(size), *fill);
    batches.push_back(make_sequence(in.meter(), std::move(current)));
  }
  return iterator(in, std::move(batches));
}

/// `slices` lists of nearly the same length.
Value columns(Interpreter& in, const Value& value, const Arguments& a) {
  a.required(0);
  int64_t slices = a.integer(0, 1);
  if (slices < 1) fail(ErrorCode::bad_input, "slice: {} slices are none", slices);
  in.meter().check_items(static_cast<uint64_t>(slices));
  const Value* fill = a.find(1) && !a.find(1)->is(Kind::none) ? a.find(1) : nullptr;
  Value all = in.iterate(value);
  const auto& list = all.sequence().items;
  auto n = static_cast<size_t>(slices);
  size_t each = list.size() / n;
  size_t longer = list.size() % n;
  std::vector<Value> parts;
  auto from = list.begin();
  for (size_t i = 0; i < n; ++i) {
    auto to = from + static_cast<ptrdiff_t>(each + (i < longer));
    std::vector<Value> part(from, to);
    if (fill && i >= longer) part.push_back(*fill);
    parts.push_back(make_sequence(in.meter(), std::move(part)));
    from = to;
  }
  return iterator(in, std::move(parts));
}

namespace {

std::string_view name_of(const Value& value, std::string_view what) {
  if (!value.is(Kind::string))
    fail(ErrorCode::bad_input, "{} needs a name in quotes, not a {}", what, type_name(value));
  return value.text();
}

/// What follows the first `n` positional arguments.
CallArguments after(const CallArguments& given, size_t n) {
  CallArguments rest;
  auto skip = std::min(n, given.positional.size());
  rest.positional.assign(given.positional.begin() + static_cast<ptrdiff_t>(skip), given.positional.end());
  rest.named = given.named;
  return rest;
}

const Value* named(const CallArguments& given, std::string_view name) {
  for (const auto& [key, value] : given.named)
    if (key == name) return &value;
  return nullptr;
}

}  // namespace

/// map('upper') applies a filter, map(attribute='a.b', default=x) looks up.
Value map(Interpreter& in, const Value& value, const Arguments& a) {
  const CallArguments& given = a.raw();
  const Value* path = named(given, "attribute");
  std::vector<Value> mapped;
  Value all = in.iterate(value);
  if (given.positional.empty() && path) {
    const Value* missing = named(given, "default");
    for (const Value& item : all.sequence().items) mapped.push_back(attribute_path(in, item, *path, missing));
    return iterator(in, std::move(mapped));
  }
  if (given.positional.empty()) fail(ErrorCode::bad_input, "map needs a filter's name or attribute=");
  std::string_view name = name_of(given.positional[0], "map");
  const NativeRow* row = find_row(filter_rows(), name);
  if (!row) fail(ErrorCode::bad_input, "map: there is no filter '{}'", name);
  CallArguments rest = after(given, 1);
  for (const Value& item : all.sequence().items) mapped.push_back(in.apply(*row, item, rest));
  return iterator(in, std::move(mapped));
}

namespace {

/// The four that keep or drop items by a test, on the item or on an attribute of it.
Value choose(Interpreter& in, const Value& value, const Arguments& a, bool keep, bool by_attribute) {
  const CallArguments& given = a.raw();
  size_t at = by_attribute ? 1 : 0;
  if (given.positional.size() < at)
    fail(ErrorCode::bad_input, "selectattr and rejectattr need an attribute's name");
  const NativeRow* row = nullptr;
  if (given.positional.size() > at) {
    std::string_view name = name_of(given.positional[at], "select");
    row = find_row(test_rows(), name);
    if (!row) fail(ErrorCode::bad_input, "select: there is no test '{}'", name);
  }
  CallArguments rest = after(given, at + 1);
  std::vector<Value> kept;
  Value all = in.iterate(value);
  for (const Value& item : all.sequence().items) {
    in.meter().step();
    Value subject = by_attribute ? attribute_path(in, item, given.positional[0]) : item;
    bool passes = truthy(row ? in.apply(*row, subject, rest) : subject);
    if (passes == keep) kept.push_back(item);
  }
  return iterator(in, std::move(kept));
}

}  // namespace

Value select(Interpreter& in, const Value& v, const Arguments& a) {
  return choose(in, v, a, true, false);
}
Value reject(Interpreter& in, const Value& v, const Arguments& a) {
  return choose(in, v, a, false, false);
}
Value selectattr(Interpreter& in, const Value& v, const Arguments& a) {
  return choose(in, v, a, true, true);
}
Value rejectattr(Interpreter& in, const Value& v, const Arguments& a) {
  return choose(in, v, a, false, true);
}

}  // namespace retort::jinja::filters
