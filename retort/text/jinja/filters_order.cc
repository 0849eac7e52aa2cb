// Filters that compare items: sort, unique, groupby, min, max, and sum.
#include <algorithm>

#include "retort/text/jinja/filters.h"
#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/merge_sort.h"
#include "retort/text/jinja/unicode.h"

namespace retort::jinja::filters {
namespace {

/// An item and what it is compared by.
struct Keyed {
  Value key;
  Value item;
};

Value folded(Interpreter& in, const Value& value, bool case_sensitive) {
  if (case_sensitive || !value.is(Kind::string)) return value;
  return in.text(to_lower(value.text()));
}

const Value* given(const Value* value) {
  return value && !value->is(Kind::none) ? value : nullptr;
}

/// "a,b" sorts by a, then by b.
Value key_of(Interpreter& in, const Value& item, const Value* path, bool case_sensitive, bool several) {
  if (!path) return folded(in, item, case_sensitive);
  bool list = several && path->is(Kind::string) && path->text().find(',') != std::string_view::npos;
  if (!list) return folded(in, attribute_path(in, item, *path), case_sensitive);
  std::vector<Value> keys;
  std::string_view rest = path->text();
  for (bool more = true; more;) {
    size_t comma = rest.find(',');
    keys.push_back(
        folded(in, attribute_path(in, item, in.text(std::string(rest.substr(0, comma)))), case_sensitive));
    more = comma != rest.npos;
    if (more) rest.remove_prefix(comma + 1);
  }
  return make_sequence(in.meter(), std::move(keys));
}

std::vector<Keyed> keyed(Interpreter& in, const Value& value, const Value* path, bool case_sensitive,
                         bool several = false) {
  Value all = in.iterate(value);
  std::vector<Keyed> items;
  items.reserve(all.sequence().items.size());
  for (const Value& item : all.sequence().items)
    items.push_back({key_of(in, item, path, case_sensitive, several), item});
  return items;
}

void sort_by_key(Meter& meter, std::vector<Keyed>& items, bool descending) {
  merge_sort(items, [&](const Keyed& a, const Keyed& b) {
    return descending ? less(meter, b.key, a.key) : less(meter, a.key, b.key);
  });
}

std::vector<Value> items_of(std::vector<Keyed> all) {
  std::vector<Value> items;
  for (Keyed& k : all) items.push_back(std::move(k.item));
  return items;
}

}  // namespace

Value sort(Interpreter& in, const Value& value, const Arguments& a) {
  auto all = keyed(in, value, given(a.find(2)), a.truth(1, false), true);
  sort_by_key(in.meter(), all, a.truth(0, false));
  return make_sequence(in.meter(), items_of(std::move(all)));
}

Value dictsort(Interpreter& in, const Value& value, const Arguments& a) {
  require_defined(value);
  if (!value.is(Kind::dict)) fail(ErrorCode::bad_input, "dictsort needs a dict, not a {}", type_name(value));
  std::string_view by = a.text(1, "key");
  if (by != "key" && by != "value") fail(ErrorCode::bad_input, "dictsort: by must be 'key' or 'value'");
  std::vector<Keyed> all;
  for (const auto& [key, entry] : value.dict().entries)
    all.push_back({folded(in, by == "key" ? key : entry, a.truth(0, false)),
                   make_sequence(in.meter(), {key, entry}, SequenceStyle::tuple)});
  sort_by_key(in.meter(), all, a.truth(2, false));
  return make_sequence(in.meter(), items_of(std::move(all)));
}

Value unique(Interpreter& in, const Value& value, const Arguments& a) {
  std::vector<Keyed> kept;
  for (Keyed& k : keyed(in, value, given(a.find(1)), a.truth(0, false))) {
    bool seen = std::any_of(kept.begin(), kept.end(),
                            [&](const Keyed& old) { return equal(in.meter(), old.key, k.key); });
    if (!seen) kept.push_back(std::move(k));
  }
  return make_sequence(in.meter(), items_of(std::move(kept)), SequenceStyle::iterator);
}

Value groupby(Interpreter& in, const Value& value, const Arguments& a) {
  const Value& path = a.required(0);
  Value source = in.iterate(value);
  std::vector<Keyed> all;
  for (const Value& item : source.sequence().items)
    all.push_back({folded(in, attribute_path(in, item, path, a.find(1)), a.truth(2, false)), item});
  sort_by_key(in.meter(), all, false);
  std::vector<Value> groups;
  for (size_t i = 0; i < all.size();) {
    // The group is named as its first item writes it.
    Value name = attribute_path(in, all[i].item, path, a.find(1));
    Value key = all[i].key;
    std::vector<Value> members;
    for (; i < all.size() && equal(in.meter(), all[i].key, key); ++i) members.push_back(all[i].item);
    groups.push_back(make_sequence(in.meter(), {name, make_sequence(in.meter(), std::move(members))},
                                   SequenceStyle::group));
  }
  return make_sequence(in.meter(), std::move(groups));
}

namespace {

Value extreme(Interpreter& in, const Value& value, const Arguments& a, bool largest) {
  auto all = keyed(in, value, given(a.find(1)), a.truth(0, false));
  if (all.empty()) return Value::undefined("there is no smallest or largest item, the sequence is empty");
  size_t best = 0;
  for (size_t i = 1; i < all.size(); ++i)
    if (largest ? less(in.meter(), all[best].key, all[i].key) : less(in.meter(), all[i].key, all[best].key))
      best = i;
  return all[best].item;
}

}  // namespace

Value smallest(Interpreter& in, const Value& value, const Arguments& a) {
  return extreme(in, value, a, false);
}
Value largest(Interpreter& in, const Value& value, const Arguments& a) {
  return extreme(in, value, a, true);
}

Value sum(Interpreter& in, const Value& value, const Arguments& a) {
  const Value* path = given(a.find(0));
  Value total = a.find(1) ? *a.find(1) : Value(int64_t{0});
  Value all = in.iterate(value);
  for (const Value& item : all.sequence().items)
    total = in.binary(Operator::add, total, path ? attribute_path(in, item, *path) : item);
  return total;
}

}  // namespace retort::jinja::filters
