#include "retort/compress/output_check.h"

#include "retort/base/error.h"
#include "retort/base/progress_bar.h"

namespace retort::compress {

namespace fs = std::filesystem;

namespace {

/// In a canonical form, or as it is if it leads nowhere.
fs::path place_of(const fs::path& path) {
  std::error_code error;
  const fs::path canonical = fs::weakly_canonical(fs::absolute(path), error);
  return error ? path : canonical;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  for (fs::path p = path; p != p.parent_path(); p = p.parent_path())
    if (p == folder) return true;
  return false;
}

bool is_model_folder(const fs::path& folder) {
  return fs::is_directory(folder) && (fs::is_empty(folder) || fs::exists(folder / "config.json"));
}

}  // namespace

void check_output_name(const fs::path& out, const Target& target) {
  const bool gguf = out.extension() == ".gguf";
  if (target.layout == Layout::gguf && !gguf)
    fail(ErrorCode::bad_input, "{}: {} is a GGUF format: the file's name must end in .gguf",
         printable(out.string()), target.name);
  if (target.layout == Layout::hugging_face && (gguf || out.extension() == ".safetensors"))
    fail(ErrorCode::bad_input, "{}: {} makes a folder, not a file: give a folder's name",
         printable(out.string()), target.name);
}

void check_output(const fs::path& out, const SourceModel& source, bool replace) {
  const std::string shown = printable(out.string());
  const fs::path place = place_of(out);
  for (const fs::path& file : source.checkpoint().files())
    if (lies_in(place_of(file), place))
      fail(ErrorCode::bad_input, "{}: is the model itself, or holds it: write to another place", shown);
  if (!fs::exists(fs::symlink_status(out))) return;
  if (!replace)
    fail(ErrorCode::bad_input, "{}: is there already; choose another name, or say --force", shown);
  const bool file = out.extension() == ".gguf";
  if (file ? !fs::is_regular_file(out) : !is_model_folder(out))
    fail(ErrorCode::bad_input, "{}: is no model {}: --force does not replace it", shown,
         file ? "file" : "folder (no config.json)");
}

void check_disk_space(const fs::path& out, uint64_t bytes) {
  std::error_code error;
  fs::path parent = place_of(out).parent_path();
  while (!fs::exists(parent, error) && parent != parent.parent_path()) parent = parent.parent_path();
  const fs::space_info space = fs::space(parent, error);
  if (!error && space.available < bytes)
    fail(ErrorCode::resource, "{}: needs {}, and {} are free there: make room, or write to another disk",
         printable(out.string()), format_bytes(bytes), format_bytes(space.available));
}

}  // namespace retort::compress
