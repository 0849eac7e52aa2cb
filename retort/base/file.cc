#include "retort/base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "retort/base/error.h"

namespace retort {
namespace {

constexpr uintptr_t kPage = 4096;

/// Closes a descriptor at the end of its scope.
struct Descriptor {
  int fd = -1;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

int open_regular(const std::filesystem::path& path, struct stat* info) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    auto code = errno == ENOENT || errno == ENOTDIR ? ErrorCode::not_found : ErrorCode::bad_input;
    fail(code, "{}: cannot open: {}", path.string(), std::strerror(errno));
  }
  if (::fstat(fd, info) != 0 || !S_ISREG(info->st_mode)) {
    ::close(fd);
    fail(ErrorCode::bad_input, "{}: not a regular file", path.string());
  }
  return fd;
}

/// The whole pages inside `part` (shrinks) or around it (grows).
std::pair<std::byte*, size_t> pages(std::span<const std::byte> part, bool grow) {
  auto begin = reinterpret_cast<uintptr_t>(part.data());
  auto end = begin + part.size();
  begin = grow ? begin & ~(kPage - 1) : (begin + kPage - 1) & ~(kPage - 1);
  end = grow ? end : end & ~(kPage - 1);
  return {reinterpret_cast<std::byte*>(begin), end > begin ? end - begin : 0};
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path) : path_(path) {
  struct stat info {};
  Descriptor file{open_regular(path, &info)};
  size_ = static_cast<uint64_t>(info.st_size);
  if (size_ == 0) return;
  void* map = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.fd, 0);
  if (map == MAP_FAILED)
    fail(ErrorCode::resource, "{}: cannot map {} bytes: {}", path.string(), size_, std::strerror(errno));
  data_ = static_cast<const std::byte*>(map);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

void MappedFile::prefetch(std::span<const std::byte> part) const {
  auto [begin, size] = pages(part, true);
  if (size > 0) ::madvise(begin, size, MADV_WILLNEED);
}

void MappedFile::release(std::span<const std::byte> part) const {
  auto [begin, size] = pages(part, false);
  if (size > 0) ::madvise(begin, size, MADV_DONTNEED);
}

std::string read_file(const std::filesystem::path& path, uint64_t limit) {
  struct stat info {};
  Descriptor file{open_regular(path, &info)};
  auto size = static_cast<uint64_t>(info.st_size);
  if (size > limit)
    fail(ErrorCode::resource, "{}: {} bytes, more than the {} that are read whole", path.string(), size,
         limit);
  std::string contents(size, '\0');
  size_t done = 0;
  while (done < size) {
    ssize_t n = ::read(file.fd, contents.data() + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      fail(ErrorCode::bad_input, "{}: read failed at byte {}: {}", path.string(), done, std::strerror(errno));
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  contents.resize(done);
  return contents;
}

void write_file_atomic(const std::filesystem::path& path, std::string_view contents) {
  std::string temporary = path.string() + ".XXXXXX";
  Descriptor file{::mkstemp(temporary.data())};
  if (file.fd < 0) fail(ErrorCode::resource, "{}: cannot create: {}", path.string(), std::strerror(errno));
  auto give_up = [&](const char* what) {
    int error = errno;
    ::unlink(temporary.c_str());
    fail(ErrorCode::resource, "{}: {}: {}", path.string(), what, std::strerror(error));
  };
  size_t done = 0;
  while (done < contents.size()) {
    ssize_t n = ::write(file.fd, contents.data() + done, contents.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) give_up("write failed");
    done += static_cast<size_t>(n);
  }
  ::fchmod(file.fd, 0644);
  if (::fsync(file.fd) != 0) give_up("sync failed");
  if (::rename(temporary.c_str(), path.c_str()) != 0) give_up("rename failed");
}

}  // namespace retort
