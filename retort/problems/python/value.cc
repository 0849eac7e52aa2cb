#include "retort/problems/python/value.h"

#include <array>

#include "retort/base/check.h"
#include "retort/problems/python/builtins.h"

namespace retort::problems::python {
namespace {

struct ExceptionRow {
  std::string_view name;
  ExceptionType parent;
};
constexpr ExceptionRow kExceptions[] = {
#define X(name, parent) {#name, ExceptionType::parent},
#include "retort/problems/python/exceptions.inc"
#undef X
};

// In the order of Kind.
constexpr std::array<std::string_view, 16> kTypeNames = {
    "NoneType", "bool",  "int",      "float",    "str",  "list",   "tuple", "dict",
    "set",      "range", "iterator", "function", "type", "method", "",      "type"};

template <typename T>
T& as(Kind kind, Kind wanted, Object* object) {
  RETORT_CHECK(kind == wanted);
  return static_cast<T&>(*object);
}

}  // namespace

Value Value::real(double r) {
  Value v(Kind::real, int64_t{0});
  v.real_ = r;
  return v;
}
Value Value::builtin(const BuiltinRow& row) {
  Value v(Kind::builtin, int64_t{0});
  v.builtin_ = &row;
  return v;
}

std::string& Value::text() const {
  return as<Text>(kind_, Kind::string, object_).text;
}
std::vector<Value>& Value::items() const {
  return as<Sequence>(kind_, kind_ == Kind::tuple ? Kind::tuple : Kind::list, object_).items;
}
Table& Value::table() const {
  return as<Table>(kind_, kind_ == Kind::set ? Kind::set : Kind::dict, object_);
}
Range& Value::range() const {
  return as<Range>(kind_, Kind::range, object_);
}
Iterator& Value::iterator() const {
  return as<Iterator>(kind_, Kind::iterator, object_);
}
Function& Value::function() const {
  return as<Function>(kind_, Kind::function, object_);
}
Method& Value::method() const {
  return as<Method>(kind_, Kind::method, object_);
}
ExceptionObject& Value::exception() const {
  return as<ExceptionObject>(kind_, Kind::exception, object_);
}

bool Value::same_object(const Value& other) const {
  if (kind_ != other.kind_) return false;
  switch (kind_) {
    case Kind::none:
      return true;
    case Kind::boolean:
    case Kind::integer:
    case Kind::exception_class:
      return integer_ == other.integer_;
    case Kind::real:
      return real_ == other.real_;
    case Kind::builtin:
      return builtin_ == other.builtin_;
    case Kind::string:
      return text() == other.text();
    default:
      return object_ == other.object_;
  }
}

int64_t Range::size() const {
  if (step > 0 ? start >= stop : start <= stop) return 0;
  __extension__ using Wide = __int128;
  Wide span = step > 0 ? Wide{stop} - start : Wide{start} - stop;
  Wide stride = step > 0 ? Wide{step} : -Wide{step};
  Wide n = (span + stride - 1) / stride;
  return n > INT64_MAX ? INT64_MAX : static_cast<int64_t>(n);
}

int64_t Range::at(int64_t i) const {
  __extension__ using Wide = __int128;
  return static_cast<int64_t>(Wide{start} + Wide{step} * i);
}

Value* Scope::find(std::string_view name) {
  for (auto& [known, value] : names)
    if (known == name) return &value;
  return nullptr;
}

std::string_view name(ExceptionType type) {
  return kExceptions[static_cast<size_t>(type)].name;
}

bool is_subclass(ExceptionType type, ExceptionType of) {
  while (type != of) {
    ExceptionType parent = kExceptions[static_cast<size_t>(type)].parent;
    if (parent == type) return false;
    type = parent;
  }
  return true;
}

std::string_view type_name(const Value& value) {
  if (value.is(Kind::exception)) return name(value.exception().type);
  if (value.is(Kind::builtin) && !value.row().makes) return "builtin_function_or_method";
  return kTypeNames[static_cast<size_t>(value.kind())];
}

Value Heap::string(std::string text) {
  Text* object = make<Text>(text.size());
  object->text = std::move(text);
  return Value(Kind::string, object);
}

Value Heap::sequence(Kind kind, std::vector<Value> items) {
  Sequence* object = make<Sequence>(items.size() * sizeof(Value));
  object->items = std::move(items);
  return Value(kind, object);
}

Value Heap::iterator(std::vector<Value> items) {
  Iterator* object = make<Iterator>(items.size() * sizeof(Value));
  object->items = std::move(items);
  return Value(Kind::iterator, object);
}

Value Heap::exception(ExceptionType type, std::string message) {
  ExceptionObject* object = make<ExceptionObject>();
  object->type = type;
  object->arguments.push_back(string(std::move(message)));
  return Value(Kind::exception, object);
}

}  // namespace retort::problems::python
