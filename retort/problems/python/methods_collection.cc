// The methods of list, tuple, dict and set.
#include <algorithm>

#include "retort/problems/python/interpreter.h"

namespace retort::problems::python {
namespace {

using Values = std::vector<Value>;

Value append(Interpreter& in, const Value& self, const Values& a) {
  in.meter().charge(sizeof(Value));
  self.items().push_back(a[0]);
  return {};
}

Value extend(Interpreter& in, const Value& self, const Values& a) {
  Values more = in.items_of(a[0]);
  in.meter().charge(more.size(), sizeof(Value));
  self.items().insert(self.items().end(), more.begin(), more.end());
  return {};
}

int64_t integer_argument(Interpreter& in, const Value& v) {
  if (!v.is_integral())
    in.raise(ExceptionType::TypeError, "'{}' object cannot be interpreted as an integer", type_name(v));
  return v.integer();
}

Value insert(Interpreter& in, const Value& self, const Values& a) {
  Values& items = self.items();
  auto n = static_cast<int64_t>(items.size());
  int64_t at = integer_argument(in, a[0]);
  if (at < 0) at = at < -n ? 0 : at + n;
  in.meter().charge(sizeof(Value));
  in.meter().step(items.size() / 8);
  items.insert(items.begin() + std::min(at, n), a[1]);
  return {};
}

Value list_pop(Interpreter& in, const Value& self, const Values& a) {
  Values& items = self.items();
  auto n = static_cast<int64_t>(items.size());
  if (items.empty()) in.raise(ExceptionType::IndexError, "pop from empty list");
  int64_t at = a.empty() ? n - 1 : integer_argument(in, a[0]);
  if (at < 0 && at >= -n) at += n;
  if (at < 0 || at >= n) in.raise(ExceptionType::IndexError, "pop index out of range");
  in.meter().step(items.size() / 8);
  Value value = items[static_cast<size_t>(at)];
  items.erase(items.begin() + at);
  return value;
}

/// The place of the first equal item, or -1.
int64_t place_of(Interpreter& in, const Value& self, const Value& wanted) {
  for (size_t i = 0; i < self.items().size(); ++i)
    if (in.equal(self.items()[i], wanted)) return static_cast<int64_t>(i);
  return -1;
}

Value list_remove(Interpreter& in, const Value& self, const Values& a) {
  int64_t at = place_of(in, self, a[0]);
  if (at < 0) in.raise(ExceptionType::ValueError, "list.remove(x): x not in list");
  in.meter().step(self.items().size() / 8);
  self.items().erase(self.items().begin() + at);
  return {};
}

Value index(Interpreter& in, const Value& self, const Values& a) {
  int64_t at = place_of(in, self, a[0]);
  if (at < 0) in.raise(ExceptionType::ValueError, "{} is not in list", in.repr(a[0]));
  return Value::integer(at);
}

Value count(Interpreter& in, const Value& self, const Values& a) {
  int64_t n = 0;
  for (size_t i = 0; i < self.items().size(); ++i)
    if (in.equal(self.items()[i], a[0])) ++n;
  return Value::integer(n);
}

Value sort(Interpreter& in, const Value& self, const Values& a) {
  const Value* key = a.empty() ? nullptr : &a[0];
  bool reverse = !a.empty() && in.truthy(a[1]);
  Values items = sorted_values(in, self.items(), key, reverse);
  self.items() = std::move(items);
  return {};
}

Value reverse(Interpreter& in, const Value& self, const Values&) {
  in.meter().step(self.items().size() / 8);
  std::reverse(self.items().begin(), self.items().end());
  return {};
}

Value list_clear(Interpreter&, const Value& self, const Values&) {
  self.items().clear();
  return {};
}

Value list_copy(Interpreter& in, const Value& self, const Values&) {
  return in.heap().list(self.items());
}

Value get(Interpreter& in, const Value& self, const Values& a) {
  if (const Value* value = in.find(self.table(), a[0])) return *value;
  return a.size() == 2 ? a[1] : Value();
}

Value setdefault(Interpreter& in, const Value& self, const Values& a) {
  if (const Value* value = in.find(self.table(), a[0])) return *value;
  Value value = a.size() == 2 ? a[1] : Value();
  in.put(self.table(), a[0], value);
  return value;
}

// Views are lists here: they do not follow later changes of the dict.
Value keys(Interpreter& in, const Value& self, const Values&) {
  return in.heap().list(in.items_of(self));
}
Value values(Interpreter& in, const Value& self, const Values&) {
  Values all;
  for (const Value& key : in.items_of(self)) all.push_back(in.item(self, key));
  return in.heap().list(std::move(all));
}
Value items(Interpreter& in, const Value& self, const Values&) {
  Values all;
  for (const Value& key : in.items_of(self)) all.push_back(in.heap().tuple({key, in.item(self, key)}));
  return in.heap().list(std::move(all));
}

Value dict_pop(Interpreter& in, const Value& self, const Values& a) {
  const Value* found = in.find(self.table(), a[0]);
  if (found == nullptr && a.size() == 2) return a[1];
  Value value = found != nullptr ? *found : in.item(self, a[0]);  // raises KeyError
  in.erase(self.table(), a[0]);
  return value;
}

Value update(Interpreter& in, const Value& self, const Values& a) {
  if (!a[0].is(Kind::dict)) throw Stopped{"update() with something other than a dict is not supported"};
  for (const Value& key : in.items_of(a[0])) in.put(self.table(), key, in.item(a[0], key));
  return {};
}

Value table_clear(Interpreter&, const Value& self, const Values&) {
  Table& table = self.table();
  table.entries.clear();
  table.index.clear();
  table.live = 0;
  return {};
}

Value table_copy(Interpreter& in, const Value& self, const Values&) {
  Table* table = in.heap().make<Table>();
  for (const Value& key : in.items_of(self))
    in.put(*table, key, self.is(Kind::dict) ? in.item(self, key) : Value());
  return Value(self.kind(), table);
}

Value add(Interpreter& in, const Value& self, const Values& a) {
  in.put(self.table(), a[0], Value());
  return {};
}
Value discard(Interpreter& in, const Value& self, const Values& a) {
  in.erase(self.table(), a[0]);
  return {};
}
Value set_remove(Interpreter& in, const Value& self, const Values& a) {
  if (!in.erase(self.table(), a[0])) in.raise(ExceptionType::KeyError, "{}", in.repr(a[0]));
  return {};
}

Value set_pop(Interpreter& in, const Value& self, const Values&) {
  Values items = in.items_of(self);
  if (items.empty()) in.raise(ExceptionType::KeyError, "pop from an empty set");
  if (items.size() > 1) throw Stopped{"pop() of a set with several items is not supported"};
  in.erase(self.table(), items[0]);
  return items[0];
}

/// The operator of two sets, where the other may be any iterable.
Value combined(Interpreter& in, Operator op, const Value& self, const Value& other) {
  Table* table = in.heap().make<Table>();
  for (const Value& key : in.items_of(other)) in.put(*table, key, Value());
  return in.binary(op, self, Value(Kind::set, table));
}
Value set_union(Interpreter& in, const Value& self, const Values& a) {
  return combined(in, Operator::bit_or, self, a[0]);
}
Value set_intersection(Interpreter& in, const Value& self, const Values& a) {
  return combined(in, Operator::bit_and, self, a[0]);
}
Value set_difference(Interpreter& in, const Value& self, const Values& a) {
  return combined(in, Operator::subtract, self, a[0]);
}

constexpr MethodRow kRows[] = {
    {Kind::list, "append", 1, 1, append},
    {Kind::list, "extend", 1, 1, extend},
    {Kind::list, "insert", 2, 2, insert},
    {Kind::list, "pop", 0, 1, list_pop},
    {Kind::list, "remove", 1, 1, list_remove},
    {Kind::list, "index", 1, 1, index},
    {Kind::list, "count", 1, 1, count},
    {Kind::list, "sort", 0, 0, sort, "key reverse "},
    {Kind::list, "reverse", 0, 0, reverse},
    {Kind::list, "clear", 0, 0, list_clear},
    {Kind::list, "copy", 0, 0, list_copy},
    {Kind::tuple, "index", 1, 1, index},
    {Kind::tuple, "count", 1, 1, count},
    {Kind::dict, "get", 1, 2, get},
    {Kind::dict, "setdefault", 1, 2, setdefault},
    {Kind::dict, "keys", 0, 0, keys},
    {Kind::dict, "values", 0, 0, values},
    {Kind::dict, "items", 0, 0, items},
    {Kind::dict, "pop", 1, 2, dict_pop},
    {Kind::dict, "update", 1, 1, update},
    {Kind::dict, "clear", 0, 0, table_clear},
    {Kind::dict, "copy", 0, 0, table_copy},
    {Kind::set, "add", 1, 1, add},
    {Kind::set, "discard", 1, 1, discard},
    {Kind::set, "remove", 1, 1, set_remove},
    {Kind::set, "pop", 0, 0, set_pop},
    {Kind::set, "union", 1, 1, set_union},
    {Kind::set, "intersection", 1, 1, set_intersection},
    {Kind::set, "difference", 1, 1, set_difference},
    {Kind::set, "clear", 0, 0, table_clear},
    {Kind::set, "copy", 0, 0, table_copy},
};

}  // namespace

std::span<const MethodRow> collection_methods() {
  return kRows;
}

const MethodRow* find_method(Kind kind, std::string_view name) {
  for (auto rows : {string_methods(), collection_methods()})
    for (const MethodRow& row : rows)
      if (row.kind == kind && row.name == name) return &row;
  return nullptr;
}

}  // namespace retort::problems::python
