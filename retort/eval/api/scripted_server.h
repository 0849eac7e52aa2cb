// For tests: a server on this machine that says, byte for byte, what a test tells it to say.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "retort/base/check.h"

namespace retort::eval {

struct ServerReply {
  std::vector<std::string> pieces;  // with `pause` seconds before each
  double pause = 0;
  bool hang = false;      // nothing more, and the connection stays open
  bool keep_open = true;  // for the next request
  size_t repeat = 1;      // of the last piece
};

class ScriptedServer {
 public:
  /// `n` counts requests from 0; `body` is the request's, `head` its lines before. Called by several threads.
  using Handler = std::function<ServerReply(int n, const std::string& body, const std::string& head)>;

  explicit ScriptedServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    RETORT_CHECK(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    RETORT_CHECK(::listen(listener_, 64) == 0);
    RETORT_CHECK(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
    accepter_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
  }
  ~ScriptedServer() {
    accepter_ = {};
    connections_.clear();
    ::close(listener_);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1#m"; }
  int requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int connections() const { return static_cast<int>(connections_.size()); }

 private:
  static bool readable(int socket) {
    pollfd wait{socket, POLLIN, 0};
    return ::poll(&wait, 1, 10) > 0;
  }

  void accept_all(const std::stop_token& stop) {
    while (!stop.stop_requested())
      if (readable(listener_))
        connections_.emplace_back(
            [this, socket = ::accept(listener_, nullptr, nullptr)](const std::stop_token& over) {
              while (!over.stop_requested() && serve(socket, over)) {
              }
              ::close(socket);
            });
  }

  /// One request; false at the connection's end.
  bool serve(int socket, const std::stop_token& stop) {
    std::string text, head;
    size_t body_at = 0, length = 0;
    while (head.empty() || text.size() < body_at + length) {
      if (stop.stop_requested()) return false;
      if (!readable(socket)) continue;
      char bytes[65536];
      const ssize_t n = ::recv(socket, bytes, sizeof bytes, 0);
      if (n <= 0) return false;
      text.append(bytes, static_cast<size_t>(n));
      if (const size_t end = text.find("\r\n\r\n"); head.empty() && end != text.npos) {
        head = text.substr(0, end);
        body_at = end + 4;
        length = std::stoul(head.substr(head.find("Content-Length: ") + 16));
      }
    }
    int n = 0;
    {
      const std::lock_guard lock(mutex_);
      n = requests_++;
    }
    return say(socket, handler_(n, text.substr(body_at), head), stop);
  }

  static bool say(int socket, const ServerReply& reply, const std::stop_token& stop) {
    for (size_t i = 0; i < reply.pieces.size(); ++i)
      for (size_t r = 0; r < (i + 1 == reply.pieces.size() ? reply.repeat : 1); ++r) {
        if (stop.stop_requested()) return false;
        if (reply.pause > 0) std::this_thread::sleep_for(std::chrono::duration<double>(reply.pause));
        const std::string& piece = reply.pieces[i];
        for (size_t sent = 0; sent < piece.size();) {
          const ssize_t done = ::send(socket, piece.data() + sent, piece.size() - sent, MSG_NOSIGNAL);
          if (done <= 0) return false;
          sent += static_cast<size_t>(done);
        }
      }
    while (reply.hang && !stop.stop_requested()) {
      char byte;
      if (readable(socket) && ::recv(socket, &byte, 1, MSG_PEEK) <= 0) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return reply.keep_open;
  }

  Handler handler_;
  int listener_ = -1, port_ = 0;
  mutable std::mutex mutex_;
  int requests_ = 0;
  std::vector<std::jthread> connections_;
  std::jthread accepter_;
};

/// A whole HTTP reply.
inline ServerReply status_reply(int status, const std::string& body, const std::string& headers = "",
                                const std::string& type = "application/json") {
  return {.pieces = {"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + type + "\r\n" + headers +
                     "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body}};
}

/// One JSON document that answers with `content`.
inline nlohmann::json answer_json(const std::string& content, const std::string& model = "m") {
  return {{"model", model},
          {"choices",
           {{{"index", 0},
             {"message", {{"role", "assistant"}, {"content", content}}},
             {"finish_reason", "stop"}}}},
          {"usage", {{"prompt_tokens", 7}, {"completion_tokens", 3}}}};
}
inline ServerReply answer_reply(const std::string& content) {
  return status_reply(200, answer_json(content).dump());
}

inline std::string event(const nlohmann::json& data) {
  return "data: " + data.dump() + "\n\n";
}
inline nlohmann::json delta_json(const nlohmann::json& delta, const nlohmann::json& finish_reason = nullptr) {
  return {{"model", "m"}, {"choices", {{{"index", 0}, {"delta", delta}, {"finish_reason", finish_reason}}}}};
}
inline std::string chunk(const std::string& bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}
inline const char* stream_head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: "
         "chunked\r\n\r\n";
}
/// A stream of these events, each in a chunk of its own, ended as it should be.
inline ServerReply stream_reply(const std::vector<std::string>& events) {
  ServerReply out{.pieces = {stream_head()}};
  for (const std::string& e : events) out.pieces.push_back(chunk(e));
  out.pieces.push_back(chunk("data: [DONE]\n\n") + "0\r\n\r\n");
  return out;
}

}  // namespace retort::eval
