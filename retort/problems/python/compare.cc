// Truth, equality, order, hashes, and the tables of dicts and sets.
#include <cmath>
#include <cstring>
#include <functional>

#include "retort/base/random.h"
#include "retort/problems/python/interpreter.h"

namespace retort::problems::python {
namespace {

void check_depth(Interpreter& in, int depth) {
  in.meter().step();
  if (depth > in.meter().limits().max_value_depth)
    in.raise(ExceptionType::RecursionError, "maximum recursion depth exceeded in comparison");
}

bool numbers_equal(const Value& a, const Value& b) {
  return a.is_integral() && b.is_integral() ? a.integer() == b.integer() : a.number() == b.number();
}

bool same_size_and(const std::vector<Value>& a, const std::vector<Value>& b,
                   const std::function<bool(const Value&, const Value&)>& all) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size() && i < b.size(); ++i)
    if (!all(a[i], b[i])) return false;
  return true;
}

}  // namespace

bool Interpreter::truthy(const Value& v) {
  switch (v.kind()) {
    case Kind::none:
      return false;
    case Kind::boolean:
    case Kind::integer:
      return v.integer() != 0;
    case Kind::real:
      return v.number() != 0;
    case Kind::string:
    case Kind::list:
    case Kind::tuple:
    case Kind::dict:
    case Kind::set:
    case Kind::range:
      return length(v) != 0;
    default:
      return true;
  }
}

bool Interpreter::equal(const Value& a, const Value& b, int depth) {
  check_depth(*this, depth);
  if (a.is_number() && b.is_number()) return numbers_equal(a, b);
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::string:
      meter_.step(a.text().size() / 64);
      return a.text() == b.text();
    case Kind::list:
    case Kind::tuple:
      return same_size_and(a.items(), b.items(),
                           [&](const Value& x, const Value& y) { return equal(x, y, depth + 1); });
    case Kind::dict:
    case Kind::set: {
      Table &x = a.table(), &y = b.table();
      if (x.live != y.live) return false;
      for (const Table::Entry& entry : x.entries) {
        if (!entry.live) continue;
        const Value* other = find(y, entry.key);
        if (other == nullptr || !equal(entry.value, *other, depth + 1)) return false;
      }
      return true;
    }
    case Kind::range:
      return items_of(a).size() == items_of(b).size() &&
             same_size_and(items_of(a), items_of(b),
                           [](const Value& x, const Value& y) { return numbers_equal(x, y); });
    default:
      return a.same_object(b);
  }
}

bool Interpreter::identical(const Value& a, const Value& b, int depth) {
  check_depth(*this, depth);
  if (a.kind() != b.kind()) return false;
  if (a.is_sequence())
    return same_size_and(a.items(), b.items(),
                         [&](const Value& x, const Value& y) { return identical(x, y, depth + 1); });
  if (a.is(Kind::dict)) {
    if (a.table().live != b.table().live) return false;
    for (const Table::Entry& entry : a.table().entries) {
      if (!entry.live) continue;
      const Value* other = find(b.table(), entry.key);
      if (other == nullptr || !identical(entry.value, *other, depth + 1)) return false;
    }
    return true;
  }
  return equal(a, b, depth);
}

bool Interpreter::less(const Value& a, const Value& b, int depth) {
  check_depth(*this, depth);
  if (a.is_integral() && b.is_integral()) return a.integer() < b.integer();
  if (a.is_number() && b.is_number()) return a.number() < b.number();
  if (a.is(Kind::string) && b.is(Kind::string)) {
    meter_.step(std::min(a.text().size(), b.text().size()) / 64);
    return a.text() < b.text();
  }
  if (a.is_sequence() && a.kind() == b.kind()) {
    const std::vector<Value>&x = a.items(), &y = b.items();
    for (size_t i = 0; i < x.size() && i < y.size(); ++i)
      if (!equal(x[i], y[i], depth + 1)) return less(x[i], y[i], depth + 1);
    return x.size() < y.size();
  }
  if (a.is(Kind::set) && b.is(Kind::set)) throw Stopped{"the order of sets is not supported"};
  raise(ExceptionType::TypeError, "'<' not supported between instances of '{}' and '{}'", type_name(a),
        type_name(b));
}

bool Interpreter::contains(const Value& container, const Value& item) {
  if (container.is(Kind::string)) {
    if (!item.is(Kind::string))
      raise(ExceptionType::TypeError, "'in <string>' requires string as left operand, not {}",
            type_name(item));
    meter_.step(container.text().size() * std::max<size_t>(1, item.text().size()) / 64);
    return container.text().find(item.text()) != std::string::npos;
  }
  if (container.is(Kind::set) && item.is(Kind::set)) throw Stopped{"a set in a set is not supported"};
  if (container.is(Kind::dict) || container.is(Kind::set)) return find(container.table(), item) != nullptr;
  if (container.is(Kind::range) && item.is_integral()) {
    const Range& r = container.range();
    int64_t i = item.integer();
    bool inside = r.step > 0 ? i >= r.start && i < r.stop : i <= r.start && i > r.stop;
    __extension__ using Wide = __int128;
    return inside && (Wide{i} - r.start) % r.step == 0;
  }
  require_iterable(container);
  size_t at = 0;
  while (auto value = next_item(container, at))
    if (equal(*value, item)) return true;
  return false;
}

uint64_t Interpreter::hash(const Value& v, int depth) {
  check_depth(*this, depth);
  switch (v.kind()) {
    case Kind::real: {
      double r = v.number();
      // A whole number has the hash of the integer that it equals.
      if (r >= -9e18 && r <= 9e18 && r == std::floor(r))
        return splitmix64(static_cast<uint64_t>(static_cast<int64_t>(r)));
      uint64_t bits = 0;
      std::memcpy(&bits, &r, sizeof(bits));
      return splitmix64(bits);
    }
    case Kind::none:
    case Kind::boolean:
    case Kind::integer:
    case Kind::exception_class:
      return splitmix64(static_cast<uint64_t>(v.is(Kind::none) ? -1 : v.integer()));
    case Kind::string: {
      meter_.step(v.text().size() / 64);
      uint64_t h = 0xcbf29ce484222325u;
      for (char c : v.text()) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
      return splitmix64(h);
    }
    case Kind::tuple: {
      uint64_t h = 1;
      for (const Value& item : v.items()) h = splitmix64(h ^ hash(item, depth + 1));
      return h;
    }
    case Kind::builtin:
      return splitmix64(v.row().name.size());
    case Kind::list:
    case Kind::dict:
    case Kind::set:
      raise(ExceptionType::TypeError, "unhashable type: '{}'", type_name(v));
    default:
      throw Stopped{"a key of this type is not supported"};
  }
}

Value* Interpreter::find(Table& table, const Value& key) {
  uint64_t h = hash(key);
  auto [first, last] = table.index.equal_range(h);
  for (; first != last; ++first) {
    Table::Entry& entry = table.entries[first->second];
    if (entry.live && equal(entry.key, key)) return &entry.value;
  }
  return nullptr;
}

void Interpreter::put(Table& table, const Value& key, const Value& value) {
  if (Value* known = find(table, key)) {
    *known = value;
    return;
  }
  // The entry, its place in the index and the index's node.
  meter_.charge(sizeof(Table::Entry) + 48);
  uint64_t h = hash(key);
  table.index.emplace(h, table.entries.size());
  table.entries.push_back({key, value, h, true});
  ++table.live;
}

bool Interpreter::erase(Table& table, const Value& key) {
  uint64_t h = hash(key);
  auto [first, last] = table.index.equal_range(h);
  for (; first != last; ++first) {
    Table::Entry& entry = table.entries[first->second];
    if (!entry.live || !equal(entry.key, key)) continue;
    entry.live = false;
    --table.live;
    table.index.erase(first);
    return true;
  }
  return false;
}

}  // namespace retort::problems::python
