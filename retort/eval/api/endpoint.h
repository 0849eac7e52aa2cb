// Where a hosted model is: https://host/v1#name, the base of an OpenAI-compatible API and the model's name
// there.
#pragma once

#include <string>
#include <string_view>

namespace retort::eval {

struct ApiEndpoint {
  std::string scheme;  // "http" or "https"
  std::string host;    // a name, an address; IPv6 in brackets
  int port = 0;
  std::string path;  // "/v1", without a slash at its end; empty for the root
  std::string model;

  /// "https://api.openai.com/v1"; the port only where it is not the scheme's own.
  std::string base_url() const;
  /// This machine: what is sent there cannot be read on the way.
  bool is_loopback() const;
};

/// Is it meant as one? Everything else is a file or a name.
bool looks_like_api(std::string_view text);
/// Throws Error bad_input.
ApiEndpoint parse_api_endpoint(std::string_view text);

}  // namespace retort::eval
