#include "retort/formats/gguf.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "retort/base/arithmetic.h"
#include "retort/base/cursor.h"
#include "retort/base/error.h"
#include "retort/formats/ggml_types.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

constexpr uint64_t kMaxKey = 65535;       // GGUF specification
constexpr uint64_t kMaxTensorName = 256;  // the specification says 64; some writers use longer ones
constexpr uint64_t kMaxMetadata = 65536;  // entries; files in the wild have under a hundred
constexpr uint64_t kSmallestEntry = 13;   // key length 8, type 4, one byte of value
constexpr uint64_t kSmallestTensor = 8 + 4 + 8 + 4 + 8;  // name length, rank, one extent, type, offset
constexpr uint32_t kLastType = static_cast<uint32_t>(GgufType::f64);

/// The tensor entry as it stands in the file.
struct RawTensor {
  std::string_view name;
  GgmlType type;
  Shape shape;
  uint64_t offset = 0, bytes = 0;
};

class Reader {
 public:
  Reader(std::span<const std::byte> file, std::string_view where)
      : file_(file), cursor_(file, std::string(where)) {}
  GgufFile read();

 private:
  const std::string& where() const { return cursor_.where(); }
  uint32_t read_version();
  uint64_t read_count(std::string_view what, uint64_t limit, uint64_t smallest);
  std::string_view read_string(std::string_view what, uint64_t limit);
  GgufType read_type(std::string_view what);
  GgufEntry read_entry();
  void check_booleans(std::span<const std::byte> bytes) const;
  /// Moves over the elements of an array.
  void skip_elements(GgufType type, uint64_t size, int depth);
  RawTensor read_tensor();
  uint64_t read_alignment(const GgufMetadata& metadata) const;
  void place_tensors(std::vector<RawTensor> raw, GgufFile& file) const;
  void check_overlap(std::vector<const StoredTensor*> by_offset) const;

  std::span<const std::byte> file_;
  ByteCursor cursor_;
};

uint32_t Reader::read_version() {
  auto magic = cursor_.take(4, "the magic number");
  std::string_view text(reinterpret_cast<const char*>(magic.data()), magic.size());
  for (std::string_view old : {"tjgg", "fmgg", "lmgg", "algg"})
    if (text == old)
      fail(ErrorCode::unsupported, "{}: a GGML file from before GGUF; convert it to GGUF version 3", where());
  if (text != "GGUF")
    fail(ErrorCode::bad_input, "{}: not a GGUF file: it starts with '{}', expected 'GGUF'", where(),
         printable(text));
  const auto version = cursor_.read<uint32_t>("the version");
  if (version == 1)
    fail(ErrorCode::unsupported, "{}: GGUF version 1 is not supported; supported: 2, 3", where());
  if (const uint32_t swapped = __builtin_bswap32(version); swapped >= 1 && swapped <= 3)
    fail(ErrorCode::unsupported,
         "{}: a big-endian GGUF file (version {}); only little-endian ones are supported", where(), swapped);
  if (version != 2 && version != 3)
    fail(ErrorCode::unsupported, "{}: GGUF version {} is not supported; supported: 2, 3", where(), version);
  return version;
}

uint64_t Reader::read_count(std::string_view what, uint64_t limit, uint64_t smallest) {
  const auto count = cursor_.read<uint64_t>(what);
  const uint64_t most = std::min(limit, file_.size() / smallest);
  if (count > most)
    fail(ErrorCode::bad_input, "{}: {} is {}, more than the {} that a file of {} bytes may have", where(),
         what, count, most, file_.size());
  return count;
}

std::string_view Reader::read_string(std::string_view what, uint64_t limit) {
  const uint64_t at = cursor_.offset();
  const auto length = cursor_.read<uint64_t>(what);
  if (length > limit)
    fail(ErrorCode::bad_input, "{}: offset {}: {} has {} bytes, the limit is {}", where(), at, what, length,
         limit);
  auto bytes = cursor_.take(length, what);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

GgufType Reader::read_type(std::string_view what) {
  const uint64_t at = cursor_.offset();
  const auto type = cursor_.read<uint32_t>(what);
  if (type > kLastType)
    fail(ErrorCode::bad_input, "{}: offset {}: {} is {}, the types are 0 to {}", where(), at, what, type,
         kLastType);
  return static_cast<GgufType>(type);
}

void Reader::check_booleans(std::span<const std::byte> bytes) const {
  for (std::byte b : bytes)
    if (b > std::byte{1})
      fail(ErrorCode::bad_input, "{}: offset {}: a boolean is {}, expected 0 or 1", where(), cursor_.offset(),
           static_cast<int>(b));
}

void Reader::skip_elements(GgufType type, uint64_t size, int depth) {
  const uint64_t at = cursor_.offset();
  const uint64_t width = fixed_bytes(type);
  // Strings take at least their length, arrays their type and length.
  const uint64_t smallest = width > 0 ? width : type == GgufType::string ? 8 : 12;
  if (size > cursor_.remaining() / smallest)
    fail(ErrorCode::bad_input,
         "{}: offset {}: an array of {} elements of type {} does not fit in the {} bytes left", where(), at,
         size, name(type), cursor_.remaining());
  if (width > 0) {
    auto bytes = cursor_.take(size * width, "an array");
    if (type == GgufType::boolean) check_booleans(bytes);
    return;
  }
  if (type == GgufType::array && depth >= kGgufMaxArrayDepth)
    fail(ErrorCode::bad_input, "{}: offset {}: arrays nested more than {} deep", where(), at,
         kGgufMaxArrayDepth);
  for (uint64_t i = 0; i < size; ++i) {
    if (type == GgufType::string) {
      read_string("a string of an array", file_.size());
    } else {
      const GgufType element = read_type("the type of an array");
      const auto inner = cursor_.read<uint64_t>("the length of an array");
      skip_elements(element, inner, depth + 1);
    }
  }
}

GgufEntry Reader::read_entry() {
  GgufEntry entry;
  entry.key = read_string("a metadata key", kMaxKey);
  if (entry.key.empty())
    fail(ErrorCode::bad_input, "{}: offset {}: an empty metadata key", where(), cursor_.offset());
  try {
    entry.type = read_type("the type of a value");
    if (const size_t width = fixed_bytes(entry.type); width > 0) {
      entry.bytes = cursor_.take(width, "a value");
      if (entry.type == GgufType::boolean) check_booleans(entry.bytes);
    } else if (entry.type == GgufType::string) {
      std::string_view text = read_string("a string", file_.size());
      entry.bytes = std::as_bytes(std::span(text));
    } else {
      entry.element = read_type("the type of an array");
      entry.size = cursor_.read<uint64_t>("the length of an array");
      const uint64_t begin = cursor_.offset();
      skip_elements(entry.element, entry.size, 1);
      entry.bytes = file_.subspan(begin, cursor_.offset() - begin);
    }
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{} (metadata key '{}')", error.message(), printable(entry.key)));
  }
  return entry;
}

RawTensor Reader::read_tensor() {
  RawTensor tensor;
  tensor.name = read_string("a tensor's name", kMaxTensorName);
  if (tensor.name.empty())
    fail(ErrorCode::bad_input, "{}: offset {}: a tensor without a name", where(), cursor_.offset());
  const std::string shown = printable(tensor.name);
  const auto rank = cursor_.read<uint32_t>("a tensor's number of dimensions");
  if (rank < 1 || rank > Shape::kMaxRank)
    fail(ErrorCode::bad_input, "{}: tensor '{}': {} dimensions, expected 1 to {}", where(), shown, rank,
         Shape::kMaxRank);
  uint64_t extents[Shape::kMaxRank];
  for (uint32_t i = 0; i < rank; ++i) extents[rank - 1 - i] = cursor_.read<uint64_t>("a tensor's dimensions");
  tensor.shape = checked_shape(std::span(extents).first(rank), tensor.name, where());
  const auto id = cursor_.read<uint32_t>("a tensor's type");
  tensor.offset = cursor_.read<uint64_t>("a tensor's offset");
  const auto type = ggml_type(id);
  if (!type) fail(ErrorCode::unsupported, "{}: tensor '{}': unknown type {}", where(), shown, id);
  if (type->block_bytes == 0)
    fail(ErrorCode::unsupported, "{}: tensor '{}' is of type {} ({}), which is not supported", where(), shown,
         type->name, id);
  const auto columns = static_cast<uint64_t>(tensor.shape.columns());
  if (columns % type->block_size != 0)
    fail(ErrorCode::bad_input, "{}: tensor '{}': rows of {} elements are not whole blocks of {} ({})",
         where(), shown, columns, type->block_size, type->name);
  tensor.type = *type;
  // At most 2^48 elements of at most 8 bytes each: no overflow.
  tensor.bytes = static_cast<uint64_t>(tensor.shape.elements()) / type->block_size * type->block_bytes;
  return tensor;
}

uint64_t Reader::read_alignment(const GgufMetadata& metadata) const {
  const uint64_t alignment = metadata.find<uint64_t>("general.alignment").value_or(kGgufDefaultAlignment);
  if (alignment < 8 || alignment > kGgufMaxAlignment || !std::has_single_bit(alignment))
    fail(ErrorCode::bad_input, "{}: general.alignment is {}, expected a power of two from 8 to {}", where(),
         alignment, kGgufMaxAlignment);
  return alignment;
}

void Reader::place_tensors(std::vector<RawTensor> raw, GgufFile& file) const {
  if (raw.empty()) return;
  if (file.data_offset > file_.size())
    fail(ErrorCode::bad_input,
         "{}: the tensors' bytes should start at {}, past the file's end at {}: truncated", where(),
         file.data_offset, file_.size());
  const auto data = file_.subspan(file.data_offset);
  file.tensors.reserve(raw.size());
  for (const RawTensor& r : raw) {
    if (r.offset % file.alignment != 0)
      fail(ErrorCode::bad_input, "{}: tensor '{}': offset {} is not a multiple of the alignment {}", where(),
           printable(r.name), r.offset, file.alignment);
    if (r.offset > data.size() || r.bytes > data.size() - r.offset)
      fail(ErrorCode::bad_input,
           "{}: tensor '{}': offset {} and {} bytes run past the end of the data at {}: truncated", where(),
           printable(r.name), r.offset, r.bytes, data.size());
    file.tensors.push_back({.name = std::string(r.name),
                            .type = r.type.name,
                            .dtype = r.type.dtype,
                            .shape = r.shape,
                            .bytes = data.subspan(r.offset, r.bytes),
                            .offset = file.data_offset + r.offset});
  }
}

void Reader::check_overlap(std::vector<const StoredTensor*> tensors) const {
  std::sort(tensors.begin(), tensors.end(), [](auto* a, auto* b) { return a->name < b->name; });
  for (size_t i = 1; i < tensors.size(); ++i)
    if (tensors[i - 1]->name == tensors[i]->name)
      fail(ErrorCode::bad_input, "{}: tensor '{}' stands twice", where(), printable(tensors[i]->name));
  std::sort(tensors.begin(), tensors.end(), [](auto* a, auto* b) { return a->offset < b->offset; });
  for (size_t i = 1; i < tensors.size(); ++i)
    if (const uint64_t end = tensors[i - 1]->offset + tensors[i - 1]->bytes.size(); tensors[i]->offset < end)
      fail(ErrorCode::bad_input, "{}: tensor '{}' starts at byte {}, inside tensor '{}', which ends at {}",
           where(), printable(tensors[i]->name), tensors[i]->offset, printable(tensors[i - 1]->name), end);
}

GgufFile Reader::read() {
  GgufFile file;
  file.version = read_version();
  const uint64_t n_tensors = read_count("the number of tensors", kMaxTensorsPerFile, kSmallestTensor);
  const uint64_t n_entries = read_count("the number of metadata entries", kMaxMetadata, kSmallestEntry);
  std::vector<GgufEntry> entries;
  entries.reserve(n_entries);
  for (uint64_t i = 0; i < n_entries; ++i) entries.push_back(read_entry());
  file.metadata = GgufMetadata(std::move(entries), where());
  file.alignment = read_alignment(file.metadata);
  std::vector<RawTensor> raw;
  raw.reserve(n_tensors);
  for (uint64_t i = 0; i < n_tensors; ++i) raw.push_back(read_tensor());
  file.data_offset = round_up(cursor_.offset(), file.alignment);
  place_tensors(std::move(raw), file);
  std::vector<const StoredTensor*> pointers;
  for (const auto& tensor : file.tensors) pointers.push_back(&tensor);
  check_overlap(std::move(pointers));
  return file;
}

}  // namespace

GgufFile parse_gguf(std::span<const std::byte> file, std::string_view where) {
  return Reader(file, where).read();
}

}  // namespace retort
