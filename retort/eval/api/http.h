// One POST over HTTP or HTTPS. cpp-httplib stays in http.cc.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "retort/base/error.h"
#include "retort/eval/api/endpoint.h"

namespace retort::eval {

struct HttpTimeouts {
  double connect = 10, read = 120, total = 600;  // seconds; read: between two pieces of a reply
};

struct HttpHead {
  int status = 0;
  std::string content_type, retry_after, location;
};

struct HttpRequest {
  std::string path, body;  // JSON
  std::string bearer;      // the key; empty: none is sent
  std::function<void(const HttpHead&)> on_head;
  std::function<bool(std::string_view)> on_body;  // in pieces, as they come; false: enough
};

/// A connection that is kept between requests. Used by one thread at a time. Redirects are not followed: the
/// key goes to the host that was named, and to no other.
class HttpClient {
 public:
  HttpClient(const ApiEndpoint& endpoint, const HttpTimeouts& timeouts);
  ~HttpClient();

  /// Error resource for what may be better next time: no connection, a broken one, no time left;
  /// unsupported for a certificate that nobody vouches for; cancelled when `stop` asks for it.
  Result<bool> post(const HttpRequest& request, std::stop_token stop);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace retort::eval
