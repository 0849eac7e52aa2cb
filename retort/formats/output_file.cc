#include "retort/formats/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "retort/base/error.h"

namespace retort {

OutputFile::OutputFile(const std::filesystem::path& path, uint64_t size)
    : path_(path), temporary_(path.string() + ".XXXXXX") {
  fd_ = ::mkostemp(temporary_.data(), O_CLOEXEC);
  if (fd_ < 0) give_up("cannot create");
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) {
    const int error = errno;
    ::close(fd_);
    ::unlink(temporary_.c_str());
    errno = error;
    give_up("cannot make room");
  }
}

OutputFile::~OutputFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
}

void OutputFile::give_up(const char* what) const {
  fail(ErrorCode::resource, "{}: {}: {}", path_.string(), what, std::strerror(errno));
}

void OutputFile::write(uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) give_up("write failed");
    bytes = bytes.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
}

void OutputFile::finish() {
  ::fchmod(fd_, 0644);
  if (::fsync(fd_) != 0) give_up("sync failed");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) give_up("rename failed");
  ::close(fd_);
  fd_ = -1;
}

}  // namespace retort
