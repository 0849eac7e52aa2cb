#include "retort/formats/safetensors_index.h"

#include <algorithm>
#include <map>

#include "retort/base/error.h"
#include "retort/formats/checkpoint_parts.h"
#include "retort/formats/json_events.h"
#include "retort/formats/printable.h"

namespace retort {
namespace {

constexpr int kMaxDepth = 16;
constexpr size_t kMaxEntries = size_t{1} << 20;

/// A plain file name in the checkpoint's own folder.
bool is_shard_name(std::string_view name) {
  return name.ends_with(".safetensors") && name.size() <= 255 && name.front() != '.' &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

class IndexReader final : public JsonEvents {
 public:
  using JsonEvents::JsonEvents;

  bool null() override { return scalar("null"); }
  bool boolean(bool) override { return scalar("a boolean"); }
  bool number_integer(int64_t) override { return scalar("a number"); }
  bool number_unsigned(uint64_t) override { return scalar("a number"); }
  bool number_float(double, const std::string&) override { return scalar("a number"); }
  bool string(std::string& value) override;
  bool key(std::string& value) override;
  bool start_object(std::size_t) override;
  bool end_object() override {
    if (--depth_ == 1) in_map_ = false;
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ == 0 || in_map_ || key_is_map_) refuse("an array");
    return enter();
  }
  bool end_array() override {
    --depth_;
    return true;
  }

  SafetensorsIndex finish() &&;

 private:
  bool enter() {
    if (++depth_ > kMaxDepth) fail(ErrorCode::bad_input, "{}: nested more than {} deep", where_, kMaxDepth);
    return true;
  }
  bool scalar(std::string_view what) {
    if (depth_ == 0 || in_map_ || key_is_map_) refuse(what);
    return true;
  }
  [[noreturn]] void refuse(std::string_view what) const {
    if (in_map_)
      fail(ErrorCode::bad_input, "{}: weight_map: '{}' is {}, expected the name of a file", where_,
           printable(name_), what);
    fail(ErrorCode::bad_input, "{}: {} is {}, expected an object", where_,
         depth_ == 0 ? "the text" : "weight_map", what);
  }

  int depth_ = 0;
  bool in_map_ = false;      // inside the object weight_map
  bool key_is_map_ = false;  // the last key of the outer object was weight_map
  bool seen_map_ = false;
  std::string name_;
  std::map<std::string, uint32_t> shards_;
  std::vector<std::pair<std::string, uint32_t>> entries_;
};

bool IndexReader::string(std::string& value) {
  if (!in_map_) return scalar("a string");
  if (!is_shard_name(value))
    fail(ErrorCode::bad_input,
         "{}: weight_map: '{}' is in '{}', which is not the plain name of a .safetensors file in this folder",
         where_, printable(name_), printable(value));
  if (entries_.size() == kMaxEntries)
    fail(ErrorCode::bad_input, "{}: weight_map has more than {} tensors", where_, kMaxEntries);
  auto [at, added] = shards_.try_emplace(value, static_cast<uint32_t>(shards_.size()));
  if (shards_.size() > kMaxShards) fail(ErrorCode::bad_input, "{}: more than {} files", where_, kMaxShards);
  entries_.emplace_back(std::move(name_), at->second);
  return true;
}

bool IndexReader::key(std::string& value) {
  if (depth_ == 1) key_is_map_ = value == "weight_map";
  if (in_map_) name_ = value;
  return true;
}

bool IndexReader::start_object(std::size_t) {
  if (in_map_) refuse("an object");
  if (depth_ == 1 && key_is_map_) {
    if (seen_map_) fail(ErrorCode::bad_input, "{}: weight_map stands twice", where_);
    seen_map_ = in_map_ = true;
    key_is_map_ = false;
  }
  return enter();
}

SafetensorsIndex IndexReader::finish() && {
  if (entries_.empty()) fail(ErrorCode::bad_input, "{}: no tensors in weight_map", where_);
  SafetensorsIndex index;
  std::vector<uint32_t> renumbered(shards_.size());
  for (const auto& [name, number] : shards_) {
    renumbered[number] = static_cast<uint32_t>(index.shards.size());
    index.shards.push_back(name);
  }
  for (auto& entry : entries_) entry.second = renumbered[entry.second];
  index.weight_map = std::move(entries_);
  std::sort(index.weight_map.begin(), index.weight_map.end());
  auto twice = std::adjacent_find(index.weight_map.begin(), index.weight_map.end(),
                                  [](const auto& a, const auto& b) { return a.first == b.first; });
  if (twice != index.weight_map.end())
    fail(ErrorCode::bad_input, "{}: weight_map: tensor '{}' stands twice", where_, printable(twice->first));
  return index;
}

}  // namespace

SafetensorsIndex parse_safetensors_index(std::string_view text, std::string_view where) {
  IndexReader reader{where};
  Json::sax_parse(text, &reader);
  return std::move(reader).finish();
}

}  // namespace retort
