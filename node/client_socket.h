#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "crypto/base/bytes.h"

namespace aval::node {

/// "http://host:port", taken apart. Plain HTTP: the API is meant for the same machine or a proxy.
struct HttpUrl {
  std::string text;
  std::string host;  // name or address, without brackets
  std::string port;
};
Result<HttpUrl> parse_http_url(const std::string& text);
/// The Host field for requests to `url`.
std::string host_field(const HttpUrl& url);

/// An address to connect to.
struct SocketAddress {
  sockaddr_storage bytes{};
  socklen_t size = 0;
};
/// The addresses of `url`, in the resolver's order; at least one. Unavailable when there is none.
Result<std::vector<SocketAddress>> resolve(const HttpUrl& url);

/// A connected or connecting TCP socket, non-blocking; closed when destroyed.
class ClientSocket {
 public:
  ClientSocket() = default;
  /// Begins to connect; the outcome shows once the socket is writable. The error says what was wrong.
  static Result<ClientSocket> begin(const SocketAddress& address);
  ClientSocket(ClientSocket&& other) noexcept : fd_(other.release()) {}
  ClientSocket& operator=(ClientSocket&& other) noexcept;
  ~ClientSocket() { close(); }

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  void close();
  /// What became of connecting; empty text when it is connected.
  std::string connect_error() const;

  /// Bytes moved; 0 of a read: the peer closed.
  struct Moved {
    enum class Outcome { Done, WouldBlock, Failed };
    Outcome outcome = Outcome::Done;
    std::size_t bytes = 0;
    int error = 0;
  };
  Moved send(ByteView bytes);
  Moved receive(char* into, std::size_t capacity);

 private:
  explicit ClientSocket(int fd) : fd_(fd) {}
  int release();
  int fd_ = -1;
};

}  // namespace aval::node
