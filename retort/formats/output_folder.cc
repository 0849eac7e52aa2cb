#include "retort/formats/output_folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "retort/base/error.h"

namespace retort {

namespace fs = std::filesystem;

namespace {

/// "a/b/": the name of b.
fs::path without_slash(const fs::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

}  // namespace

OutputFolder::OutputFolder(const fs::path& folder)
    : folder_(without_slash(folder)), temporary_(folder_.string() + ".XXXXXX") {
  std::error_code error;
  fs::create_directories(fs::absolute(folder_).parent_path(), error);
  if (::mkdtemp(temporary_.data()) == nullptr)
    fail(ErrorCode::resource, "{}: cannot create: {}", folder.string(), std::strerror(errno));
  fs::permissions(temporary_, fs::perms(0755), error);
}

OutputFolder::~OutputFolder() {
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
}

void OutputFolder::finish() {
  // What was there before gets the temporary name, under which it is removed.
  const int flags = fs::exists(folder_) ? RENAME_EXCHANGE : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, folder_.c_str(), flags) != 0)
    fail(ErrorCode::resource, "{}: rename failed: {}", folder_.string(), std::strerror(errno));
  const int parent = ::open(fs::absolute(folder_).parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return;
  ::fsync(parent);
  ::close(parent);
}

}  // namespace retort
