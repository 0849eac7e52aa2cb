// OutputFile: a file of known size written at any offset, in parts. It appears under its name only when it is
// complete: readers see the old file or the new one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

namespace retort {

class OutputFile {
 public:
  /// Creates a temporary file of `size` bytes beside `path`. Throws Error resource.
  OutputFile(const std::filesystem::path& path, uint64_t size);
  /// Removes the temporary file unless `finish` has run.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(uint64_t offset, std::span<const std::byte> bytes);
  /// Puts the bytes on the disk and the file under its name.
  void finish();
  const std::filesystem::path& path() const { return path_; }

 private:
  [[noreturn]] void give_up(const char* what) const;
  std::filesystem::path path_;
  std::string temporary_;
  int fd_ = -1;
};

}  // namespace retort
