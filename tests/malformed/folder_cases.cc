// Folders of safetensors shards whose index or files do not fit together.
#include "tests/malformed/bytes.h"
#include "tests/malformed/malformed_files.h"

namespace retort::malformed {
namespace {

namespace fs = std::filesystem;
constexpr ErrorCode kBad = ErrorCode::bad_input;

struct Row {
  std::string name;
  std::string index;
  std::vector<std::string> parts;
  ErrorCode code = kBad;
};

std::string one_tensor(std::string_view name) {
  std::string header = R"({")" + std::string(name) + R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  return safetensors(header, 4);
}

std::string nested(size_t depth) {
  std::string open, close;
  for (size_t i = 0; i < depth; ++i) open += "[", close += "]";
  return open + close;
}

/// Beside each index lie one.safetensors with tensor 'a', two.safetensors with 'b', and twin.safetensors with
/// 'a'.
std::vector<Row> rows() {
  return {
      {"parent_folder",
       R"({"weight_map":{"a":"../one.safetensors"}})",
       {"'a' is in '../one.safetensors'", "plain name"}},
      {"absolute_path", R"({"weight_map":{"a":"/etc/x.safetensors"}})", {"'/etc/x.safetensors'"}},
      {"sub_folder", R"({"weight_map":{"a":"x/one.safetensors"}})", {"'x/one.safetensors'"}},
      {"backslash", R"({"weight_map":{"a":"..\\one.safetensors"}})", {"plain name"}},
      {"nul_in_name", R"({"weight_map":{"a":"one\u0000.safetensors"}})", {"\\x00", "plain name"}},
      {"not_safetensors", R"({"weight_map":{"a":"config.json"}})", {"'config.json'"}},
      {"empty_name", R"({"weight_map":{"a":""}})", {"plain name"}},
      {"missing_shard",
       R"({"weight_map":{"a":"one.safetensors","b":"gone.safetensors"}})",
       {"'gone.safetensors'", "missing"},
       ErrorCode::not_found},
      {"missing_tensor",
       R"({"weight_map":{"a":"one.safetensors","z":"one.safetensors"}})",
       {"tensor 'z' is not in 'one.safetensors'"}},
      {"tensor_in_other_shard",
       R"({"weight_map":{"a":"two.safetensors","b":"one.safetensors"}})",
       {"tensor 'a' is in 'one.safetensors', not in 'two.safetensors'"}},
      {"tensor_in_two_shards",
       R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors","c":"twin.safetensors"}})",
       {"tensor 'a' is in two files"}},
      {"tensor_twice",
       R"({"weight_map":{"a":"one.safetensors","a":"one.safetensors"}})",
       {"tensor 'a' stands twice"}},
      {"map_twice",
       R"({"weight_map":{"a":"one.safetensors"},"weight_map":{"b":"two.safetensors"}})",
       {"weight_map stands twice"}},
      {"no_map", R"({"metadata":{"total_size":8}})", {"no tensors in weight_map"}},
      {"empty_map", R"({"weight_map":{}})", {"no tensors in weight_map"}},
      {"map_is_list", R"({"weight_map":["one.safetensors"]})", {"weight_map is an array"}},
      {"map_is_string", R"({"weight_map":"one.safetensors"})", {"weight_map is a string"}},
      {"number_in_map", R"({"weight_map":{"a":1}})", {"'a' is a number"}},
      {"list_in_map", R"({"weight_map":{"a":["one.safetensors"]}})", {"'a' is an array"}},
      {"text_is_list", "[]", {"the text is an array"}},
      {"text_is_number", "7", {"the text is a number"}},
      {"not_json", "{\"weight_map\":", {"not JSON"}},
      {"empty", "", {"not JSON"}},
      {"deep", R"({"metadata":)" + nested(100'000) + "}", {"nested more than 16 deep"}},
      {"good",
       R"({"metadata":{"total_size":8},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})",
       {}},
  };
}

}  // namespace

std::vector<Case> write_folder_cases(const fs::path& folder) {
  std::vector<Case> cases;
  for (const Row& row : rows()) {
    const std::string path = "index/" + row.name;
    write_file(folder / path / "model.safetensors.index.json", row.index);
    write_file(folder / path / "one.safetensors", one_tensor("a"));
    write_file(folder / path / "two.safetensors", one_tensor("b"));
    write_file(folder / path / "twin.safetensors", one_tensor("a"));
    cases.push_back({path, row.code, row.parts});
  }
  auto add = [&](std::string path, ErrorCode code, std::vector<std::string> parts) {
    cases.push_back({"folder/" + std::move(path), code, std::move(parts)});
  };
  const fs::path base = folder / "folder";
  fs::create_directories(base / "empty");
  add("empty", ErrorCode::not_found, {"no model.safetensors"});
  add("not_there", ErrorCode::not_found, {"no such file or folder"});
  write_file(base / "pickled/pytorch_model.bin", "x");
  add("pickled", ErrorCode::not_found, {"pickled weights ('pytorch_model.bin')", "convert"});
  write_file(base / "has_gguf/q4.gguf", "x");
  add("has_gguf", ErrorCode::not_found, {"it has 'q4.gguf'"});
  write_file(base / "model.bin", "x");
  add("model.bin", ErrorCode::unsupported, {"not a checkpoint"});
  fs::create_directories(base / "weights_are_folder/model.safetensors");
  add("weights_are_folder", kBad, {"model.safetensors: not a regular file"});
  fs::create_directories(base / "link_in_circle");
  fs::create_symlink("model.safetensors", base / "link_in_circle/model.safetensors");
  add("link_in_circle", kBad, {"model.safetensors: cannot open", "symbolic links"});
  fs::create_directories(base / "folder_in_circle");
  fs::create_symlink("b", base / "folder_in_circle/a");
  fs::create_symlink("a", base / "folder_in_circle/b");
  add("folder_in_circle/a", kBad, {"symbolic links"});
  fs::create_directories(base / "link_to_nothing");
  fs::create_symlink("gone", base / "link_to_nothing/model.safetensors");
  add("link_to_nothing", ErrorCode::not_found, {"model.safetensors: cannot open: No such file"});
  write_file(base / "shard_in_circle/model.safetensors.index.json",
             R"({"weight_map":{"a":"one.safetensors"}})");
  fs::create_symlink("one.safetensors", base / "shard_in_circle/one.safetensors");
  add("shard_in_circle", kBad, {"one.safetensors: cannot open", "symbolic links"});
  return cases;
}

}  // namespace retort::malformed
