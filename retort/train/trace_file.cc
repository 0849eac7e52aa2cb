#include "retort/train/trace_file.h"

#include <charconv>
#include <cstring>
#include <span>

#include "retort/base/check.h"
#include "retort/base/checksum.h"
#include "retort/base/error.h"
#include "retort/base/file.h"
#include "retort/formats/safetensors.h"
#include "retort/formats/safetensors_writer.h"

namespace retort::train {
namespace {

namespace fs = std::filesystem;

/// The lists of all traces, one behind the other.
struct Columns {
  std::vector<int32_t> places, lengths, tokens, top_ids;
  std::vector<float> top_log_probs;
};

template <typename T>
std::span<const std::byte> bytes_of(const std::vector<T>& list) {
  return std::as_bytes(std::span(list));
}

struct Column {
  const char* name;
  DType dtype;
  std::span<const std::byte> bytes;
};
std::vector<Column> columns_of(const Columns& c) {
  std::vector<Column> columns{{"places", DType::i32, bytes_of(c.places)},
                              {"lengths", DType::i32, bytes_of(c.lengths)},
                              {"tokens", DType::i32, bytes_of(c.tokens)}};
  if (c.top_ids.empty()) return columns;  // a tensor has at least one element
  columns.push_back({"top_ids", DType::i32, bytes_of(c.top_ids)});
  columns.push_back({"top_log_probs", DType::f32, bytes_of(c.top_log_probs)});
  return columns;
}

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields fields_of(const TraceSet& set) {
  return {{"format", "retort traces 1"},
          {"accepted", std::to_string(set.accepted.successes)},
          {"answers", std::to_string(set.accepted.trials)},
          {"sampled_tokens", std::to_string(set.sampled_tokens)}};
}

std::string checksum_of(const Fields& fields, const std::vector<Column>& columns) {
  Checksum sum;
  for (const auto& [key, value] : fields) sum.add(key + "=" + value + ";");
  for (const Column& column : columns) {
    sum.add(fmt::format("{}:{};", column.name, column.bytes.size()));
    sum.add(column.bytes);
  }
  return sum.hex();
}

class TraceReader {
 public:
  TraceReader(const fs::path& path, int k) : path_(path), k_(static_cast<size_t>(k)), file_(path) {}

  TraceSet read() {
    SafetensorsFile parsed = parse_safetensors(file_.bytes(), path_.string());
    for (const StoredTensor& t : parsed.tensors) take(t);
    TraceSet set;
    std::string checksum;
    for (const auto& [key, value] : parsed.metadata) {
      if (key == "accepted") set.accepted.successes = number(value);
      if (key == "answers") set.accepted.trials = number(value);
      if (key == "sampled_tokens") set.sampled_tokens = number(value);
      if (key == "checksum") checksum = value;
    }
    require(checksum == checksum_of(fields_of(set), columns_of(columns_)), "its checksum does not fit");
    fill(set);
    return set;
  }

 private:
  void require(bool holds, const char* what) const {
    if (!holds) fail(ErrorCode::bad_input, "{}: damaged: {}; remove it to sample anew", path_.string(), what);
  }
  int64_t number(const std::string& text) const {
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    require(error == std::errc() && end == text.data() + text.size(), "a count is no number");
    return value;
  }
  template <typename T>
  void take(const StoredTensor& t, DType dtype, std::vector<T>& list) const {
    require(t.dtype == dtype, "a tensor has another type");
    list.resize(t.bytes.size() / sizeof(T));
    std::memcpy(list.data(), t.bytes.data(), list.size() * sizeof(T));
  }
  void take(const StoredTensor& t) {
    if (t.name == "places") take(t, DType::i32, columns_.places);
    if (t.name == "lengths") take(t, DType::i32, columns_.lengths);
    if (t.name == "tokens") take(t, DType::i32, columns_.tokens);
    if (t.name == "top_ids") take(t, DType::i32, columns_.top_ids);
    if (t.name == "top_log_probs") take(t, DType::f32, columns_.top_log_probs);
  }
  void fill(TraceSet& set) const {
    require(columns_.places.size() == columns_.lengths.size(), "its lists have unequal lengths");
    size_t total = 0;
    for (int32_t n : columns_.lengths) {
      require(n >= 0, "a length is below 0");
      total += static_cast<size_t>(n);
    }
    require(total == columns_.tokens.size() && total * k_ == columns_.top_ids.size() &&
                total * k_ == columns_.top_log_probs.size(),
            "its lists have unequal lengths");
    size_t at = 0;
    for (size_t i = 0; i < columns_.places.size(); ++i) {
      auto n = static_cast<size_t>(columns_.lengths[i]);
      auto part = [](const auto& list, size_t begin, size_t size) {
        auto first = list.begin() + static_cast<ptrdiff_t>(begin);
        return std::vector(first, first + static_cast<ptrdiff_t>(size));
      };
      set.traces.push_back({.place = static_cast<uint64_t>(columns_.places[i]),
                            .completion = part(columns_.tokens, at, n),
                            .top_ids = part(columns_.top_ids, at * k_, n * k_),
                            .top_log_probs = part(columns_.top_log_probs, at * k_, n * k_)});
      at += n;
    }
  }

  fs::path path_;
  size_t k_;
  MappedFile file_;
  Columns columns_;
};

}  // namespace

void write_traces(const fs::path& path, const TraceSet& set, int k) {
  RETORT_CHECK(!set.traces.empty());
  Columns c;
  for (const Trace& t : set.traces) {
    RETORT_CHECK(t.top_ids.size() == t.completion.size() * static_cast<size_t>(k));
    c.places.push_back(static_cast<int32_t>(t.place));
    c.lengths.push_back(static_cast<int32_t>(t.completion.size()));
    c.tokens.insert(c.tokens.end(), t.completion.begin(), t.completion.end());
    c.top_ids.insert(c.top_ids.end(), t.top_ids.begin(), t.top_ids.end());
    c.top_log_probs.insert(c.top_log_probs.end(), t.top_log_probs.begin(), t.top_log_probs.end());
  }
  std::vector<Column> columns = columns_of(c);
  std::vector<TensorSpec> specs;
  for (const Column& column : columns)
    specs.push_back({column.name, column.dtype, Shape{static_cast<int64_t>(column.bytes.size() / 4)}});
  Fields fields = fields_of(set);
  fields.emplace_back("checksum", checksum_of(fields, columns));
  SafetensorsWriter writer(path, specs, fields);
  for (const Column& column : columns) writer.write(column.name, column.bytes);
  writer.finish();
}

TraceSet read_traces(const fs::path& path, int k) {
  return TraceReader(path, k).read();
}

}  // namespace retort::train
