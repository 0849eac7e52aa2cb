// Lengths, and going over whatever can be gone over.
#include "retort/problems/python/interpreter.h"

namespace retort::problems::python {

int64_t Interpreter::length(const Value& v) {
  switch (v.kind()) {
    case Kind::string:
      return static_cast<int64_t>(v.text().size());
    case Kind::list:
    case Kind::tuple:
      return static_cast<int64_t>(v.items().size());
    case Kind::dict:
    case Kind::set:
      return static_cast<int64_t>(v.table().live);
    case Kind::range:
      return v.range().size();
    default:
      raise(ExceptionType::TypeError, "object of type '{}' has no len()", type_name(v));
  }
}

void Interpreter::require_iterable(const Value& v) {
  switch (v.kind()) {
    case Kind::string:
    case Kind::list:
    case Kind::tuple:
    case Kind::dict:
    case Kind::set:
    case Kind::range:
    case Kind::iterator:
      return;
    default:
      raise(ExceptionType::TypeError, "'{}' object is not iterable", type_name(v));
  }
}

std::optional<Value> Interpreter::next_item(const Value& v, size_t& at) {
  meter_.step();
  switch (v.kind()) {
    case Kind::string:
      if (at >= v.text().size()) return std::nullopt;
      return text(std::string(1, v.text()[at++]));
    case Kind::list:
    case Kind::tuple:
      if (at >= v.items().size()) return std::nullopt;
      return v.items()[at++];
    case Kind::range: {
      const Range& r = v.range();
      if (static_cast<int64_t>(at) >= r.size()) return std::nullopt;
      return Value::integer(r.at(static_cast<int64_t>(at++)));
    }
    case Kind::iterator: {
      Iterator& it = v.iterator();
      if (it.at >= it.items.size()) return std::nullopt;
      return it.items[it.at++];
    }
    default: {
      const std::vector<Table::Entry>& entries = v.table().entries;
      while (at < entries.size() && !entries[at].live) {
        meter_.step();
        ++at;
      }
      if (at >= entries.size()) return std::nullopt;
      return entries[at++].key;
    }
  }
}

std::vector<Value> Interpreter::items_of(const Value& v) {
  require_iterable(v);
  std::vector<Value> items;
  size_t at = 0;
  while (auto item = next_item(v, at)) {
    meter_.charge(sizeof(Value));
    items.push_back(*item);
  }
  return items;
}

}  // namespace retort::problems::python
