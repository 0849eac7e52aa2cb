#include "retort/formats/safetensors.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "retort/base/arithmetic.h"
#include "retort/base/error.h"
#include "retort/formats/json_events.h"
#include "retort/formats/printable.h"
#include "retort/formats/safetensors_types.h"

namespace retort {
namespace {

constexpr size_t kMaxName = 1024;
constexpr size_t kMaxListedRank = 8;

/// One entry of the header as it was written.
struct RawTensor {
  std::string name;
  std::optional<SafetensorsType> type;
  std::array<uint64_t, kMaxListedRank> shape{};
  size_t rank = 0;
  std::array<uint64_t, 2> offsets{};
  size_t n_offsets = 0;
  bool has_shape = false, has_offsets = false;
};

/// Takes the header's events: {"name": {"dtype": .., "shape": [..], "data_offsets": [..]}, ...}.
class HeaderReader final : public JsonEvents {
 public:
  using JsonEvents::JsonEvents;

  std::vector<RawTensor> tensors;
  std::vector<std::pair<std::string, std::string>> metadata;

  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("a boolean"); }
  bool number_float(double, const std::string& text) override {
    unexpected(printable(text, 40) + ", not an integer below 2^64");
  }
  bool number_integer(int64_t value) override {
    if (value < 0) unexpected("the negative number " + std::to_string(value));
    return number_unsigned(static_cast<uint64_t>(value));
  }
  bool number_unsigned(uint64_t value) override;
  bool string(std::string& value) override;
  bool start_object(std::size_t) override;
  bool key(std::string& value) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;

 private:
  enum class Place { outside, top, metadata, tensor, shape, offsets };

  RawTensor& tensor() { return tensors.back(); }
  /// "header", "header: tensor 'x'", "header: tensor 'x': shape"
  std::string place() const {
    std::string text = "header";
    if (place_ == Place::metadata) return text + ": __metadata__: '" + printable(key_) + "'";
    if (place_ != Place::outside && place_ != Place::top)
      text += ": tensor '" + printable(tensors.back().name) + "'";
    if (place_ == Place::tensor || place_ == Place::shape || place_ == Place::offsets)
      text += ": '" + printable(key_) + "'";
    if (place_ == Place::top) text += ": '" + printable(key_) + "'";
    return text;
  }
  [[noreturn]] void unexpected(std::string_view what) const {
    fail(ErrorCode::bad_input, "{}: {}: unexpected {}", where_, place(), what);
  }
  void finish_tensor();

  Place place_ = Place::outside;
  bool has_metadata_ = false;
  std::string key_;
};

bool HeaderReader::number_unsigned(uint64_t value) {
  if (place_ == Place::shape) {
    if (tensor().rank == kMaxListedRank)
      unexpected(fmt::format("dimension beyond the {} allowed", kMaxListedRank));
    tensor().shape[tensor().rank++] = value;
    return true;
  }
  if (place_ == Place::offsets) {
    if (tensor().n_offsets == 2) unexpected("third offset");
    tensor().offsets[tensor().n_offsets++] = value;
    return true;
  }
  unexpected("the number " + std::to_string(value));
}

bool HeaderReader::string(std::string& value) {
  if (place_ == Place::metadata) {
    metadata.emplace_back(key_, std::move(value));
    return true;
  }
  if (place_ != Place::tensor || key_ != "dtype") unexpected("the string '" + printable(value, 40) + "'");
  for (const auto& type : kSafetensorsTypes)
    if (type.name == value) {
      if (tensor().type) unexpected("second dtype");
      tensor().type = type;
      return true;
    }
  fail(ErrorCode::unsupported, "{}: tensor '{}': unknown dtype '{}'", where_, printable(tensor().name),
       printable(value, 40));
}

bool HeaderReader::start_object(std::size_t) {
  if (place_ == Place::outside) {
    place_ = Place::top;
  } else if (place_ == Place::top && key_ == "__metadata__") {
    if (has_metadata_) unexpected("second object");
    has_metadata_ = true;
    place_ = Place::metadata;
  } else if (place_ == Place::top) {
    if (tensors.size() == kMaxTensorsPerFile)
      fail(ErrorCode::bad_input, "{}: header: more than {} tensors", where_, kMaxTensorsPerFile);
    place_ = Place::tensor;
    tensors.emplace_back();
    tensor().name = key_;
  } else {
    unexpected("object");
  }
  return true;
}

bool HeaderReader::key(std::string& value) {
  if (value.size() > kMaxName)
    fail(ErrorCode::bad_input, "{}: header: the name '{}' has {} bytes, the limit is {}", where_,
         printable(value, 40), value.size(), kMaxName);
  key_ = value;
  return true;
}

bool HeaderReader::end_object() {
  if (place_ == Place::tensor) finish_tensor();
  place_ = place_ == Place::top ? Place::outside : Place::top;
  return true;
}

bool HeaderReader::start_array(std::size_t) {
  if (place_ != Place::tensor) unexpected("array");
  bool& seen = key_ == "shape" ? tensor().has_shape : tensor().has_offsets;
  if ((key_ != "shape" && key_ != "data_offsets") || seen) unexpected(seen ? "second array" : "array");
  seen = true;
  place_ = key_ == "shape" ? Place::shape : Place::offsets;
  return true;
}

bool HeaderReader::end_array() {
  if (place_ == Place::offsets && tensor().n_offsets != 2) unexpected("single offset");
  place_ = Place::tensor;
  return true;
}

void HeaderReader::finish_tensor() {
  const char* missing = !tensor().type          ? "dtype"
                        : !tensor().has_shape   ? "shape"
                        : !tensor().has_offsets ? "data_offsets"
                                                : nullptr;
  if (missing != nullptr)
    fail(ErrorCode::bad_input, "{}: header: tensor '{}' has no {}", where_, printable(tensor().name),
         missing);
}

/// The header's text: between the length and the tensors' bytes.
std::string_view header_text(std::span<const std::byte> file, std::string_view where) {
  uint64_t length = 0;
  if (file.size() < sizeof(length))
    fail(ErrorCode::bad_input, "{}: {} bytes, shorter than a safetensors file's first 8", where, file.size());
  std::memcpy(&length, file.data(), sizeof(length));
  if (length > kSafetensorsMaxHeader)
    fail(ErrorCode::bad_input, "{}: the header's length is {}, the limit is {}: not a safetensors file?",
         where, length, kSafetensorsMaxHeader);
  if (length > file.size() - sizeof(length))
    fail(ErrorCode::bad_input,
         "{}: the header's length is {}, but only {} bytes follow: the file is truncated", where, length,
         file.size() - sizeof(length));
  std::string_view text(reinterpret_cast<const char*>(file.data()) + sizeof(length), length);
  if (text.empty() || text.front() != '{')
    fail(ErrorCode::bad_input, "{}: the header starts with '{}', expected '{{'", where,
         printable(text.substr(0, 1)));
  const auto last = text.find_last_not_of(' ');
  if (text[last] != '}')
    fail(ErrorCode::bad_input, "{}: the header ends in '{}', expected '}}' and spaces", where,
         printable(text.substr(last, 1)));
  return text;
}

/// Checks one entry against the size of the data and makes it a StoredTensor.
StoredTensor checked(RawTensor& raw, std::span<const std::byte> data, uint64_t data_offset,
                     std::string_view where) {
  const auto [begin, end] = raw.offsets;
  if (begin > end || end > data.size())
    fail(ErrorCode::bad_input,
         "{}: tensor '{}': data_offsets [{}, {}] do not lie in the file's {} data bytes", where,
         printable(raw.name), begin, end, data.size());
  StoredTensor tensor;
  tensor.shape = checked_shape(std::span(raw.shape).first(raw.rank), raw.name, where);
  const uint64_t bits = static_cast<uint64_t>(tensor.shape.elements()) * raw.type->bits;
  if (bits % 8 != 0 || bits / 8 != end - begin)
    fail(ErrorCode::bad_input,
         "{}: tensor '{}': {} of shape {} takes {} bytes, its data_offsets [{}, {}] hold {}", where,
         printable(raw.name), raw.type->name, tensor.shape.to_string(), div_up<uint64_t>(bits, 8), begin, end,
         end - begin);
  tensor.name = std::move(raw.name);
  tensor.type = raw.type->name;
  tensor.dtype = dtype_from_safetensors(raw.type->name);
  tensor.bytes = data.subspan(begin, end - begin);
  tensor.offset = data_offset + begin;
  return tensor;
}

/// Tensors in the order of their bytes must follow each other from the first byte to the last.
void check_cover(std::span<const StoredTensor> tensors, uint64_t data_offset, uint64_t file_size,
                 std::string_view where) {
  uint64_t at = data_offset;
  for (const auto& tensor : tensors) {
    if (tensor.offset != at)
      fail(ErrorCode::bad_input,
           "{}: tensor '{}' starts at data byte {}, {} the one before it, which ends at {}", where,
           printable(tensor.name), tensor.offset - data_offset,
           tensor.offset < at ? "overlapping" : "leaving a gap after", at - data_offset);
    at += tensor.bytes.size();
  }
  if (at != file_size)
    fail(ErrorCode::bad_input, "{}: {} bytes after the last tensor's end at data byte {}", where,
         file_size - at, at - data_offset);
}

template <typename Items, typename Name>
void check_unique(const Items& items, Name name, std::string_view what, std::string_view where) {
  std::vector<std::string_view> names;
  names.reserve(items.size());
  for (const auto& item : items) names.push_back(name(item));
  std::sort(names.begin(), names.end());
  auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    fail(ErrorCode::bad_input, "{}: header: {} '{}' stands twice", where, what, printable(*twice));
}

}  // namespace

SafetensorsFile parse_safetensors(std::span<const std::byte> bytes, std::string_view where) {
  const std::string_view text = header_text(bytes, where);
  HeaderReader reader(where, "header: ");
  Json::sax_parse(text, &reader);

  SafetensorsFile file;
  file.data_offset = sizeof(uint64_t) + text.size();
  file.metadata = std::move(reader.metadata);
  check_unique(
      file.metadata, [](const auto& pair) -> std::string_view { return pair.first; }, "__metadata__ key",
      where);
  check_unique(
      reader.tensors, [](const RawTensor& raw) -> std::string_view { return raw.name; }, "tensor", where);
  file.tensors.reserve(reader.tensors.size());
  for (auto& raw : reader.tensors)
    file.tensors.push_back(checked(raw, bytes.subspan(file.data_offset), file.data_offset, where));
  std::sort(file.tensors.begin(), file.tensors.end(),
            [](const auto& a, const auto& b) { return a.offset < b.offset; });
  check_cover(file.tensors, file.data_offset, bytes.size(), where);
  return file;
}

}  // namespace retort
