// Values of the template language: Python's None, bool, int, float, str, list, tuple, dict, and Jinja's
// undefined, namespace, loop, functions and macros. Immutable but for namespaces, as in the sandbox.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "retort/base/json.h"
#include "retort/text/jinja/meter.h"
#include "retort/text/jinja/template.h"

namespace retort::jinja {

enum class Kind : uint8_t {
  undefined,
  none,
  boolean,
  integer,
  real,
  string,
  sequence,
  dict,
  name_space,
  function,
  macro,
  loop,
};

/// What a heap value has in common. `depth` is 1 + the deepest value inside; its bound keeps printing,
/// comparing and destroying from recursing without end.
struct Object {
  virtual ~Object() = default;
  Charge charge;
  uint32_t depth = 1;
};

struct Text;
struct Sequence;
struct Dict;
struct Namespace;
struct Function;
struct Macro;
struct Loop;

class Value {
 public:
  Value() = default;
  Value(bool b) : kind_(Kind::boolean), integer_(b) {}
  Value(int64_t i) : kind_(Kind::integer), integer_(i) {}
  Value(double r) : kind_(Kind::real), real_(r) {}
  Value(const char*) = delete;
  Value(Kind kind, std::shared_ptr<Object> object) : kind_(kind), object_(std::move(object)) {}
  static Value none() { return Value(Kind::none, nullptr); }
  /// A string that no meter counts: a literal of the source, all trusted.
  static Value literal(std::string text);
  /// `message` is what using the value will say.
  static Value undefined(std::string message);

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  bool is_number() const { return kind_ == Kind::boolean || kind_ == Kind::integer || kind_ == Kind::real; }
  bool is_integral() const { return kind_ == Kind::boolean || kind_ == Kind::integer; }

  int64_t integer() const { return integer_; }  // also 0 or 1 of a boolean
  double real() const { return kind_ == Kind::real ? real_ : static_cast<double>(integer_); }
  std::string_view text() const;
  /// Of a string: which parts are the template's own.
  const TrustedSpans& trusted() const;
  const Sequence& sequence() const;
  const Dict& dict() const;
  Namespace& name_space() const;
  const Function& function() const;
  const Macro& macro() const;
  Loop& loop() const;
  /// What an undefined value says when it is used.
  std::string_view message() const;

  uint32_t depth() const { return object_ ? object_->depth : 0; }

 private:
  Kind kind_ = Kind::undefined;
  union {
    int64_t integer_ = 0;
    double real_;
  };
  std::shared_ptr<Object> object_;
};

struct Text : Object {
  std::string text;
  TrustedSpans trusted;
};

enum class SequenceStyle : uint8_t {
  list,
  tuple,
  group,     // groupby's pair: a tuple with .grouper and .list
  range,     // prints as range(...)
  view,      // dict.items() and the like: has a length, no index
  iterator,  // map(), select(), ...: visited once, no length
};

struct Sequence : Object {
  SequenceStyle style = SequenceStyle::list;
  std::vector<Value> items;
  std::string shown;              // how a range or view prints
  mutable bool consumed = false;  // an iterator that was visited
};

struct Dict : Object {
  std::vector<std::pair<Value, Value>> entries;           // in order of insertion, keys unique
  std::map<std::string_view, size_t, std::less<>> index;  // of the string keys, into `entries`

  const Value* find(std::string_view key) const;
};

struct Namespace : Object {
  std::vector<std::pair<std::string, Value>> attributes;

  const Value* find(std::string_view name) const;
};

/// A for loop's state, which is what `loop` shows.
struct Loop : Object {
  Value items;  // a sequence
  size_t index0 = 0;
};

struct NativeRow;
/// A native function, or a method together with the value it was taken from.
struct Function : Object {
  const NativeRow* row = nullptr;
  Value self;
};

struct Statement;
struct Scope;
/// `{% macro %}` with the scope it was written in, or a call block's `caller`.
struct Macro : Object {
  const Statement* definition = nullptr;
  Scope* closure = nullptr;  // owned by the interpreter, which outlives every value of its render
};

/// A string that is not trusted.
Value make_string(Meter& meter, std::string text);
Value make_string(Meter& meter, MarkedText text);
/// A part of a string; `part` views into whole.text(). Its trust goes with it.
Value make_part(Meter& meter, const Value& whole, std::string_view part);
/// A string of `text`, made from all of `source` by something that does not keep places: trusted if all of
/// the source is.
Value make_derived(Meter& meter, std::string text, const Value& source);
/// Appends such a part, or a whole string, with its trust.
void append_part(Writer& out, const Value& whole, std::string_view part);
void append_string(Writer& out, const Value& string);
Value make_sequence(Meter& meter, std::vector<Value> items, SequenceStyle style = SequenceStyle::list,
                    std::string shown = {});
/// A later entry of the same key replaces the value of the earlier one. Keys must be hashable.
Value make_dict(Meter& meter, std::vector<std::pair<Value, Value>> entries);
/// Strings are trusted as far as `trusted` says.
Value from_json(Meter& meter, const Json& json, const TrustedStrings& trusted);

/// Charges and depth-checks a new object.
template <typename T>
std::shared_ptr<T> make_object(Meter& meter, uint64_t extra_bytes = 0) {
  auto object = std::make_shared<T>();
  object->charge = Charge(meter, sizeof(T) + extra_bytes);
  return object;
}
void set_depth(Meter& meter, Object& object, uint32_t deepest_inside);

/// The value under `key`, or null.
const Value* find(Meter& meter, const Dict& dict, const Value& key);

/// Python's name of the type: 'str', 'dict', ...
std::string_view type_name(const Value& value);
/// Python's truth: empty and zero are false.
bool truthy(const Value& value);
bool equal(Meter& meter, const Value& a, const Value& b);
/// a < b by Python's order of numbers, strings and sequences. Throws where they have none.
bool less(Meter& meter, const Value& a, const Value& b);
/// `item in container`.
bool contains(Meter& meter, const Value& container, const Value& item);
/// Throws what an undefined value has to say, if it is one.
void require_defined(const Value& value);

}  // namespace retort::jinja
