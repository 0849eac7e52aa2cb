#include "retort/formats/gguf_metadata.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "retort/base/error.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

struct TypeRow {
  std::string_view name;
  size_t bytes;
};

// By the number of the type in the file.
constexpr TypeRow kTypes[] = {{"u8", 1},  {"i8", 1},  {"u16", 2},     {"i16", 2},    {"u32", 4},
                              {"i32", 4}, {"f32", 4}, {"boolean", 1}, {"string", 0}, {"array", 0},
                              {"u64", 8}, {"i64", 8}, {"f64", 8}};

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

/// Calls `use` with the value in its own C++ type.
template <typename Use>
auto visit_number(GgufType type, const std::byte* at, Use use) {
  switch (type) {
    case GgufType::i8:
      return use(load<int8_t>(at));
    case GgufType::u16:
      return use(load<uint16_t>(at));
    case GgufType::i16:
      return use(load<int16_t>(at));
    case GgufType::u32:
      return use(load<uint32_t>(at));
    case GgufType::i32:
      return use(load<int32_t>(at));
    case GgufType::f32:
      return use(load<float>(at));
    case GgufType::u64:
      return use(load<uint64_t>(at));
    case GgufType::i64:
      return use(load<int64_t>(at));
    case GgufType::f64:
      return use(load<double>(at));
    default:
      return use(load<uint8_t>(at));  // u8 and boolean
  }
}

bool is_integer(GgufType type) {
  return fixed_bytes(type) > 0 && type != GgufType::f32 && type != GgufType::f64 && type != GgufType::boolean;
}

/// The value as T, if T holds it exactly.
template <typename T>
std::optional<T> integer_as(const GgufEntry& entry) {
  if (!is_integer(entry.type)) return std::nullopt;
  return visit_number(entry.type, entry.bytes.data(), [](auto value) -> std::optional<T> {
    if constexpr (std::is_integral_v<decltype(value)>) {
      if (std::in_range<T>(value)) return static_cast<T>(value);
    }
    return std::nullopt;
  });
}

// One rule per C++ type: the value if the entry holds one, and what to call it in errors.
std::optional<uint64_t> convert(const GgufEntry& entry, uint64_t*) {
  return integer_as<uint64_t>(entry);
}
std::optional<int64_t> convert(const GgufEntry& entry, int64_t*) {
  return integer_as<int64_t>(entry);
}
std::optional<double> convert(const GgufEntry& entry, double*) {
  if (fixed_bytes(entry.type) == 0 || entry.type == GgufType::boolean) return std::nullopt;
  return visit_number(entry.type, entry.bytes.data(), [](auto value) { return static_cast<double>(value); });
}
std::optional<bool> convert(const GgufEntry& entry, bool*) {
  if (entry.type != GgufType::boolean) return std::nullopt;
  return entry.bytes[0] != std::byte{0};
}
std::optional<std::string_view> convert(const GgufEntry& entry, std::string_view*) {
  if (entry.type != GgufType::string) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(entry.bytes.data()), entry.bytes.size());
}
std::optional<GgufArray> convert(const GgufEntry& entry, GgufArray*) {
  if (entry.type != GgufType::array) return std::nullopt;
  return GgufArray{entry.element, entry.size, entry.bytes};
}

const char* expected(uint64_t*) {
  return "an unsigned integer";
}
const char* expected(int64_t*) {
  return "an integer";
}
const char* expected(double*) {
  return "a number";
}
const char* expected(bool*) {
  return "a boolean";
}
const char* expected(std::string_view*) {
  return "a string";
}
const char* expected(GgufArray*) {
  return "an array";
}

std::string number_text(GgufType type, const std::byte* at) {
  if (type == GgufType::boolean) return *at == std::byte{0} ? "false" : "true";
  return visit_number(type, at, [](auto value) { return fmt::format("{}", value); });
}

}  // namespace

std::string_view name(GgufType type) {
  return kTypes[static_cast<uint32_t>(type)].name;
}

size_t fixed_bytes(GgufType type) {
  return kTypes[static_cast<uint32_t>(type)].bytes;
}

template <typename T>
T GgufArray::number(uint64_t i) const {
  const size_t width = fixed_bytes(element);
  RETORT_CHECK(width > 0 && i < size);
  return visit_number(element, bytes.data() + i * width, [](auto value) { return static_cast<T>(value); });
}
template uint8_t GgufArray::number<uint8_t>(uint64_t) const;
template int32_t GgufArray::number<int32_t>(uint64_t) const;
template int64_t GgufArray::number<int64_t>(uint64_t) const;
template uint64_t GgufArray::number<uint64_t>(uint64_t) const;
template float GgufArray::number<float>(uint64_t) const;
template double GgufArray::number<double>(uint64_t) const;

GgufMetadata::GgufMetadata(std::vector<GgufEntry> entries, std::string where)
    : entries_(std::move(entries)), by_key_(entries_.size()), where_(std::move(where)) {
  std::iota(by_key_.begin(), by_key_.end(), 0u);
  std::sort(by_key_.begin(), by_key_.end(),
            [&](uint32_t a, uint32_t b) { return entries_[a].key < entries_[b].key; });
  for (size_t i = 1; i < by_key_.size(); ++i)
    if (entries_[by_key_[i - 1]].key == entries_[by_key_[i]].key)
      fail(ErrorCode::bad_input, "{}: key '{}' stands twice in the metadata", where_,
           printable(entries_[by_key_[i]].key));
}

const GgufEntry* GgufMetadata::find_entry(std::string_view key) const {
  auto at = std::lower_bound(by_key_.begin(), by_key_.end(), key,
                             [&](uint32_t i, std::string_view k) { return entries_[i].key < k; });
  return at != by_key_.end() && entries_[*at].key == key ? &entries_[*at] : nullptr;
}

template <typename T>
std::optional<T> GgufMetadata::find(std::string_view key) const {
  const GgufEntry* entry = find_entry(key);
  if (entry == nullptr) return std::nullopt;
  constexpr T* kTag = nullptr;
  auto value = convert(*entry, kTag);
  if (!value)
    fail(ErrorCode::bad_input, "{}: key '{}' is of type {} with value {}, expected {}", where_,
         printable(key), name(entry->type), to_text(*entry, 40), expected(kTag));
  return value;
}
template std::optional<uint64_t> GgufMetadata::find<uint64_t>(std::string_view) const;
template std::optional<int64_t> GgufMetadata::find<int64_t>(std::string_view) const;
template std::optional<double> GgufMetadata::find<double>(std::string_view) const;
template std::optional<bool> GgufMetadata::find<bool>(std::string_view) const;
template std::optional<std::string_view> GgufMetadata::find<std::string_view>(std::string_view) const;
template std::optional<GgufArray> GgufMetadata::find<GgufArray>(std::string_view) const;

std::optional<GgufStrings> GgufMetadata::find_strings(std::string_view key) const {
  auto array = find<GgufArray>(key);
  if (!array) return std::nullopt;
  if (!array->is_strings())
    fail(ErrorCode::bad_input, "{}: key '{}' is an array of type {}, expected an array of strings", where_,
         printable(key), name(array->element));
  return array->strings();
}

void GgufMetadata::missing(std::string_view key) const {
  fail(ErrorCode::bad_input, "{}: key '{}' is missing", where_, printable(key));
}

std::string to_text(const GgufEntry& entry, size_t max_length) {
  if (entry.type == GgufType::string) {
    auto text = convert(entry, static_cast<std::string_view*>(nullptr));
    return "'" + printable(*text, max_length) + "'";
  }
  if (entry.type != GgufType::array) return number_text(entry.type, entry.bytes.data());
  if (entry.element == GgufType::array) return fmt::format("[{} arrays]", entry.size);
  constexpr uint64_t kShown = 3;
  std::string text = "[";
  if (entry.element == GgufType::string) {
    uint64_t i = 0;
    for (std::string_view s : GgufStrings(entry.bytes, entry.size)) {
      if (i == kShown) break;
      text += (i++ ? ", '" : "'") + printable(s, max_length / kShown) + "'";
    }
  } else {
    for (uint64_t i = 0; i < std::min(entry.size, kShown); ++i)
      text +=
          (i ? ", " : "") + number_text(entry.element, entry.bytes.data() + i * fixed_bytes(entry.element));
  }
  if (entry.size > kShown) text += fmt::format(", ... {} values", entry.size);
  return text + "]";
}

}  // namespace retort
