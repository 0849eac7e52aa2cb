// Files of JSON objects, one a line, as benchmarks are published; zlib reads them whether they are gzipped or
// not.
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "retort/base/error.h"
#include "retort/eval/tasks/code_suite.h"

namespace retort::eval {
namespace {

constexpr size_t kMaxBytes = size_t{256} << 20;  // unpacked
constexpr unsigned kChunk = 1 << 16;

std::string read_unpacked(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path))
    fail(ErrorCode::bad_input, "{}: a folder; a file is wanted", path.native());
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file(::gzopen(path.c_str(), "rb"), ::gzclose);
  if (!file) fail(ErrorCode::not_found, "{}: {}", path.native(), std::strerror(errno));
  std::string out;
  char bytes[kChunk];
  for (int n = 0; (n = ::gzread(file.get(), bytes, kChunk)) != 0;) {
    int code = 0;
    if (n < 0)
      fail(ErrorCode::bad_input, "{}: cannot be unpacked: {}", path.native(), ::gzerror(file.get(), &code));
    if (out.size() + static_cast<size_t>(n) > kMaxBytes)
      fail(ErrorCode::resource, "{}: more than {} bytes unpacked", path.native(), kMaxBytes);
    out.append(bytes, static_cast<size_t>(n));
  }
  // A file that was cut in the middle of a block ends without an error of gzread's.
  if (int code = 0; ::gzerror(file.get(), &code) != nullptr && code != Z_OK)
    fail(ErrorCode::bad_input, "{}: the gzip file is cut off or damaged", path.native());
  return out;
}

}  // namespace

std::vector<Json> read_json_lines(const std::filesystem::path& path) {
  const std::string text = read_unpacked(path);
  std::vector<Json> out;
  int64_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    out.push_back(parse_json(line, fmt::format("{}: item at line {}", path.native(), number)));
    if (!out.back().is_object())
      fail(ErrorCode::bad_input, "{}: line {}: not an object", path.native(), number);
  }
  if (out.empty()) fail(ErrorCode::bad_input, "{}: no items", path.native());
  return out;
}

}  // namespace retort::eval
