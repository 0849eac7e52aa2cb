// Values of the Python subset. Objects belong to the heap of one run and are freed together at its end, so
// cycles do no harm.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "retort/problems/python/limits.h"
#include "retort/problems/python/syntax.h"

namespace retort::problems::python {

enum class Kind : uint8_t {
  none,
  boolean,
  integer,
  real,
  string,
  list,
  tuple,
  dict,
  set,
  range,
  iterator,
  function,         // def or lambda
  builtin,          // len, and the types: int, list, ...
  method,           // xs.append
  exception,        // ValueError("...")
  exception_class,  // ValueError
};

enum class ExceptionType : uint8_t {
#define X(name, parent) name,
#include "retort/problems/python/exceptions.inc"
#undef X
};

struct Object {
  virtual ~Object() = default;
};
struct Text;
struct Sequence;
struct Table;
struct Range;
struct Iterator;
struct Function;
struct Method;
struct ExceptionObject;
struct BuiltinRow;
struct MethodRow;

class Value {
 public:
  Value() = default;
  static Value boolean(bool b) { return Value(Kind::boolean, b ? 1 : 0); }
  static Value integer(int64_t i) { return Value(Kind::integer, i); }
  static Value real(double r);
  static Value builtin(const BuiltinRow& row);
  static Value exception_class(ExceptionType type) {
    return Value(Kind::exception_class, static_cast<int64_t>(type));
  }
  Value(Kind kind, Object* object) : kind_(kind), object_(object) {}

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_integral() const { return kind_ == Kind::integer || kind_ == Kind::boolean; }
  bool is_number() const { return is_integral() || kind_ == Kind::real; }
  bool is_sequence() const { return kind_ == Kind::list || kind_ == Kind::tuple; }

  int64_t integer() const { return integer_; }
  double number() const { return kind_ == Kind::real ? real_ : static_cast<double>(integer_); }
  ExceptionType exception_type() const { return static_cast<ExceptionType>(integer_); }
  const BuiltinRow& row() const { return *builtin_; }
  std::string& text() const;
  std::vector<Value>& items() const;  // of a list or tuple
  Table& table() const;               // of a dict or set
  Range& range() const;
  Iterator& iterator() const;
  Function& function() const;
  Method& method() const;
  ExceptionObject& exception() const;
  /// `is`.
  bool same_object(const Value& other) const;

 private:
  Value(Kind kind, int64_t integer) : kind_(kind), integer_(integer) {}

  Kind kind_ = Kind::none;
  union {
    int64_t integer_ = 0;
    double real_;
    Object* object_;
    const BuiltinRow* builtin_;
  };
};

struct Text : Object {
  std::string text;
};
struct Sequence : Object {
  std::vector<Value> items;
};
/// Entries in order of insertion; erased ones stay as holes.
struct Table : Object {
  struct Entry {
    Value key, value;
    uint64_t hash;
    bool live;
  };
  std::vector<Entry> entries;
  std::unordered_multimap<uint64_t, size_t> index;
  size_t live = 0;
};
struct Range : Object {
  int64_t start = 0, stop = 0, step = 1;
  int64_t size() const;
  /// 0 <= i < size().
  int64_t at(int64_t i) const;
};
/// What zip, map, reversed, ... give: worked out at once, visited once.
struct Iterator : Object {
  std::vector<Value> items;
  size_t at = 0;
};
struct Scope : Object {
  Scope* parent = nullptr;
  const Definition* definition = nullptr;                 // null at the top level and in comprehensions
  std::vector<std::pair<std::string_view, Value>> names;  // the names live in the syntax

  Value* find(std::string_view name);
};
struct Function : Object {
  const Definition* definition = nullptr;
  Scope* closure = nullptr;
  std::vector<Value> defaults;
};
struct Method : Object {
  const MethodRow* row = nullptr;
  Value self;
};
struct ExceptionObject : Object {
  ExceptionType type{};
  std::vector<Value> arguments;
};

/// A Python exception on its way to a handler.
struct Raised {
  Value exception;
};

std::string_view name(ExceptionType type);
bool is_subclass(ExceptionType type, ExceptionType of);
/// "int", "NoneType", "ValueError", ...
std::string_view type_name(const Value& value);

/// Owns the objects of a run, and counts them.
class Heap {
 public:
  explicit Heap(Meter& meter) : meter_(meter) {}
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  template <typename T>
  T* make(uint64_t extra_bytes = 0) {
    meter_.charge(sizeof(T) + extra_bytes + sizeof(void*));
    auto object = std::make_unique<T>();
    T* raw = object.get();
    objects_.push_back(std::move(object));
    return raw;
  }
  Value string(std::string text);
  Value list(std::vector<Value> items) { return sequence(Kind::list, std::move(items)); }
  Value tuple(std::vector<Value> items) { return sequence(Kind::tuple, std::move(items)); }
  Value iterator(std::vector<Value> items);
  Value exception(ExceptionType type, std::string message);

 private:
  Value sequence(Kind kind, std::vector<Value> items);

  Meter& meter_;
  std::vector<std::unique_ptr<Object>> objects_;
};

}  // namespace retort::problems::python
