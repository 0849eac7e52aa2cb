#include "retort/eval/api/http.h"

#include <httplib.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace retort::eval {
namespace {

using Clock = std::chrono::steady_clock;

Clock::duration seconds(double s) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(s));
}

/// The socket of the connection that is open, so that another thread can end what waits on it: while it
/// connects, shakes hands, sends or reads.
class OpenSocket {
 public:
  ~OpenSocket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  void begin() {
    const std::lock_guard lock(mutex_);
    shut_ = false;
  }
  /// Keeps a descriptor of its own: httplib may close its one at any time.
  void watch(int socket) {
    const std::lock_guard lock(mutex_);
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = dup(socket);
    if (shut_) ::shutdown(descriptor_, SHUT_RDWR);
  }
  /// Until the next begin(), also what is opened later.
  void shut() {
    const std::lock_guard lock(mutex_);
    shut_ = true;
    if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
  }

 private:
  std::mutex mutex_;
  int descriptor_ = -1;
  bool shut_ = false;
};

/// Ends a request that takes longer than it may: every byte of a slow trickle comes within the read timeout.
class Deadline {
 public:
  Deadline(OpenSocket& socket, double limit)
      : thread_([this, &socket, limit](const std::stop_token& over) {
          std::unique_lock lock(mutex_);
          changed_.wait_for(lock, over, seconds(limit), [] { return false; });
          if (over.stop_requested()) return;
          passed_ = true;
          socket.shut();
        }) {}
  bool passed() const { return passed_; }

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::atomic<bool> passed_ = false;
  std::jthread thread_;  // the last member: it ends before the others
};

/// OpenSSL writes to sockets without MSG_NOSIGNAL: where the other side has gone, SIGPIPE would end the
/// program.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoBrokenPipe() {
    const timespec at_once{};
    if (sigismember(&before_, SIGPIPE) == 0)
      while (sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
      }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t pipe_{}, before_{};
};

HttpHead head_of(const httplib::Response& response) {
  return {.status = response.status,
          .content_type = response.get_header_value("Content-Type"),
          .retry_after = response.get_header_value("Retry-After"),
          .location = response.get_header_value("Location")};
}

}  // namespace

struct HttpClient::Impl {
  Impl(const ApiEndpoint& endpoint, const HttpTimeouts& t)
      : timeouts(t),
        where(endpoint.base_url()),
        client(fmt::format("{}://{}:{}", endpoint.scheme, endpoint.host, endpoint.port)) {
    client.set_connection_timeout(seconds(t.connect));
    client.set_read_timeout(seconds(t.read));
    client.set_write_timeout(seconds(t.read));
    client.set_keep_alive(true);
    client.set_follow_location(false);
    client.set_decompress(false);  // none is asked for, and a bomb stays small
    client.set_tcp_nodelay(true);
    client.set_socket_options([this](int socket_) { socket.watch(socket_); });
  }

  Error error_of(httplib::Error error) const {
    using enum httplib::Error;
    switch (error) {
      case Connection:
      case ConnectionTimeout:
        return make_error(ErrorCode::resource,
                          "{}: no connection (refused, no such host, or none within {} s)", where,
                          timeouts.connect);
      case SSLConnection:
        return make_error(ErrorCode::resource, "{}: TLS could not be agreed on", where);
      case SSLLoadingCerts:
      case SSLServerVerification:
        return make_error(ErrorCode::unsupported,
                          "{}: its certificate is not vouched for; install ca-certificates, or name the file "
                          "of its authority in SSL_CERT_FILE",
                          where);
      default:
        return make_error(ErrorCode::resource, "{}: the connection broke, or nothing came for {} s", where,
                          timeouts.read);
    }
  }

  HttpTimeouts timeouts;
  std::string where;
  OpenSocket socket;
  httplib::Client client;
};

HttpClient::HttpClient(const ApiEndpoint& endpoint, const HttpTimeouts& timeouts)
    : impl_(std::make_unique<Impl>(endpoint, timeouts)) {}
HttpClient::~HttpClient() {
  const NoBrokenPipe quiet;  // TLS says goodbye
  impl_.reset();
}

Result<bool> HttpClient::post(const HttpRequest& request, std::stop_token stop) {
  const auto cancelled = [&] { return make_error(ErrorCode::cancelled, "{}: stopped", impl_->where); };
  if (stop.stop_requested()) return tl::unexpected(cancelled());
  httplib::Request sent;
  sent.method = "POST";
  sent.path = request.path;
  sent.headers = {{"Content-Type", "application/json"},
                  {"Accept", "text/event-stream, application/json"},
                  {"Accept-Encoding", "identity"},
                  {"User-Agent", "retort"}};
  if (!request.bearer.empty()) sent.set_header("Authorization", "Bearer " + request.bearer);
  sent.body = request.body;
  sent.response_handler = [&](const httplib::Response& response) {
    request.on_head(head_of(response));
    return true;
  };
  bool enough = false;
  sent.content_receiver = [&](const char* data, size_t size, uint64_t, uint64_t) {
    enough = !request.on_body({data, size});
    return !enough;
  };
  httplib::Response response;
  auto error = httplib::Error::Success;
  bool sound = false, late = false;
  const NoBrokenPipe quiet;
  impl_->socket.begin();
  {
    const std::stop_callback on_stop(stop, [this] { impl_->socket.shut(); });
    const Deadline deadline(impl_->socket, impl_->timeouts.total);
    sound = impl_->client.send(sent, response, error);
    late = deadline.passed();
  }
  if (enough) impl_->client.stop();  // what is left of the reply is not the next one's beginning
  if (sound || enough) return true;
  if (stop.stop_requested()) return tl::unexpected(cancelled());
  if (late)
    return tl::unexpected(make_error(ErrorCode::resource, "{}: no whole reply within {} s", impl_->where,
                                     impl_->timeouts.total));
  return tl::unexpected(impl_->error_of(error));
}

}  // namespace retort::eval
