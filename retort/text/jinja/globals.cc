// The functions a template finds without importing anything: Jinja's own and the two of Hugging Face.
#include <algorithm>

#include "retort/text/jinja/interpreter.h"
#include "retort/text/jinja/strftime.h"

namespace retort::jinja {
namespace {

/// Items of Python's range(start, stop, step), counted without overflow.
uint64_t range_size(int64_t start, int64_t stop, int64_t step) {
  if (step > 0 ? start >= stop : start <= stop) return 0;
  auto span = step > 0 ? static_cast<uint64_t>(stop) - static_cast<uint64_t>(start)
                       : static_cast<uint64_t>(start) - static_cast<uint64_t>(stop);
  auto stride = step > 0 ? static_cast<uint64_t>(step) : ~static_cast<uint64_t>(step) + 1;
  return (span - 1) / stride + 1;
}

Value range(Interpreter& in, const Value&, const Arguments& a) {
  a.required(0);
  int64_t start = a.find(1) ? a.integer(0, 0) : 0;
  int64_t stop = a.find(1) ? a.integer(1, 0) : a.integer(0, 0);
  int64_t step = a.integer(2, 1);
  if (step == 0) fail(ErrorCode::bad_input, "range: the step must not be 0");
  uint64_t n = range_size(start, stop, step);
  if (n > in.meter().limits().max_range) Meter::over("items of a range()", in.meter().limits().max_range);
  std::vector<Value> items;
  items.reserve(n);
  for (uint64_t i = 0; i < n; ++i) items.emplace_back(start + static_cast<int64_t>(i) * step);
  auto shown = a.find(2) ? fmt::format("range({}, {}, {})", start, stop, step)
                         : fmt::format("range({}, {})", start, stop);
  return make_sequence(in.meter(), std::move(items), SequenceStyle::range, std::move(shown));
}

/// The entries of a dict, or of an iterable of pairs.
void add_entries(Interpreter& in, const Value& from, std::vector<std::pair<Value, Value>>& entries) {
  require_defined(from);
  if (from.is(Kind::dict)) {
    const auto& all = from.dict().entries;
    entries.insert(entries.end(), all.begin(), all.end());
    return;
  }
  Value pairs = in.iterate(from);
  for (const Value& pair : pairs.sequence().items) {
    Value both = in.iterate(pair);
    const auto& items = both.sequence().items;
    if (items.size() != 2) fail(ErrorCode::bad_input, "dict: a pair has 2 items, not {}", items.size());
    entries.emplace_back(items[0], items[1]);
  }
}

Value dict(Interpreter& in, const Value&, const Arguments& a) {
  std::vector<std::pair<Value, Value>> entries;
  if (a.raw().positional.size() > 1) fail(ErrorCode::bad_input, "dict takes one positional argument at most");
  for (const Value& from : a.raw().positional) add_entries(in, from, entries);
  for (const auto& [name, value] : a.raw().named) entries.emplace_back(in.text(name), value);
  return make_dict(in.meter(), std::move(entries));
}

Value name_space(Interpreter& in, const Value& self, const Arguments& a) {
  Value entries = dict(in, self, a);
  std::vector<std::pair<std::string, Value>> attributes;
  for (const auto& [key, value] : entries.dict().entries) attributes.emplace_back(in.str(key), value);
  return in.make_namespace(std::move(attributes));
}

Value raise_exception(Interpreter& in, const Value&, const Arguments& a) {
  fail(ErrorCode::bad_input, "the template refuses: {}", in.str(a.required(0)));
}

Value strftime_now(Interpreter& in, const Value&, const Arguments& a) {
  a.required(0);
  std::string_view format = a.text(0, "");
  constexpr size_t kMostFormat = 1024;
  if (format.size() > kMostFormat) Meter::over("bytes of a time format", kMostFormat);
  return in.text(strftime(in.now(), format));
}

constexpr NativeRow kGlobals[] = {
    {"range", range, "start stop step"},      {"dict", dict, "*"},
    {"namespace", name_space, "*"},           {"raise_exception", raise_exception, "message"},
    {"strftime_now", strftime_now, "format"},
};

}  // namespace

NativeTable global_functions() {
  return kGlobals;
}

}  // namespace retort::jinja
