// Replies of hosted models from any bytes: the pieces make no difference, and what is accepted is bounded and
// sound. The first byte chooses between a stream and one document, the second the pieces.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "retort/eval/api/fault.h"
#include "retort/eval/api/reply.h"
#include "retort/text/shown.h"

namespace {

constexpr size_t kMostBytes = 1 << 16;

retort::Result<retort::eval::ApiReply> read(std::string_view bytes, bool streamed, size_t piece) {
  retort::eval::ReplyReader reader(streamed, kMostBytes);
  for (size_t at = 0; at < bytes.size() && reader.feed(bytes.substr(at, piece)); at += piece) {
  }
  return reader.finish();
}

void require(bool fact) {
  if (!fact) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const bool streamed = data[0] & 1;
  const auto whole = read(bytes, streamed, kMostBytes * 2);
  const auto pieces = read(bytes, streamed, 1 + data[1] % 16);
  // One that is too long may be found out before or after another fault.
  if (bytes.size() <= kMostBytes) {
    require(whole.has_value() == pieces.has_value());
    if (whole) require(whole->content == pieces->content && whole->reasoning == pieces->reasoning);
    if (!whole) require(whole.error().message() == pieces.error().message());
  }
  if (whole) {
    require(!whole->finish_reason.empty());
    require(whole->content.size() + whole->reasoning.size() <= bytes.size());
    if (whole->usage) require(whole->usage->prompt >= whole->usage->cached && whole->usage->cached >= 0);
  } else {
    require(whole.error().message().find('\n') == std::string::npos);
  }
  const auto fault = retort::eval::fault_of(
      {.status = 300 + data[1], .retry_after = std::string(bytes.substr(0, 40))}, bytes, 1e9);
  require(fault.what.find('\n') == std::string::npos && fault.what.size() < 2000);
  require(!fault.wait || *fault.wait >= 0);
  return 0;
}
