#include "retort/eval/sandbox/frames.h"

#include <limits>

namespace retort::eval {
namespace {

constexpr size_t kLengthBytes = 4;

}  // namespace

std::string make_frame(std::string_view text) {
  if (text.size() > std::numeric_limits<uint32_t>::max())
    fail(ErrorCode::bad_input, "sandbox: a frame of {} bytes is too long", text.size());
  std::string frame;
  for (size_t i = 0; i < kLengthBytes; ++i) frame += static_cast<char>(text.size() >> (8 * i) & 0xff);
  return frame.append(text);
}

Result<std::optional<std::string>> take_frame(std::string& buffer, uint64_t limit) {
  if (buffer.size() < kLengthBytes) return std::nullopt;
  uint64_t size = 0;
  for (size_t i = 0; i < kLengthBytes; ++i)
    size |= uint64_t{static_cast<unsigned char>(buffer[i])} << (8 * i);
  if (size > limit)
    return tl::unexpected(make_error(ErrorCode::bad_input, "a frame of {} bytes, more than {}", size, limit));
  if (buffer.size() - kLengthBytes < size) return std::nullopt;
  std::string text = buffer.substr(kLengthBytes, size);
  buffer.erase(0, kLengthBytes + size);
  return text;
}

}  // namespace retort::eval
