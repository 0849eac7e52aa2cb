#include "retort/eval/sandbox/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "retort/eval/sandbox/descriptor.h"

namespace retort::eval {

std::string read_proc(const std::string& path) {
  Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(16384, '\0');
  ssize_t n = file.open() ? ::read(file.get(), text.data(), text.size()) : 0;
  text.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return text;
}

}  // namespace retort::eval
