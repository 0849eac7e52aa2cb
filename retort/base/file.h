// Files: read-only memory maps that name themselves in errors, whole-file reads, atomic writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace retort {

/// A whole file mapped read-only. Move-only; the mapping ends with the object.
/// Pages are shared with the page cache: resident only while touched, and `release` gives them back.
class MappedFile {
 public:
  MappedFile() = default;
  /// Throws Error not_found / bad_input (a folder, a device) / resource with the path in the message.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }
  uint64_t size() const { return size_; }

  /// Tells the kernel that this part will be read soon (starts reading ahead).
  void prefetch(std::span<const std::byte> part) const;
  /// Drops the part's pages from this process; they are read again from the file if touched.
  void release(std::span<const std::byte> part) const;

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  uint64_t size_ = 0;
};

/// Reads at most `limit` bytes; a longer file is an Error resource that names both sizes.
std::string read_file(const std::filesystem::path& path, uint64_t limit = uint64_t{1} << 30);

/// Writes beside the target and renames over it: readers see the old file or the new one, never a part.
void write_file_atomic(const std::filesystem::path& path, std::string_view contents);

}  // namespace retort
