#pragma once

#include <poll.h>

#include <chrono>
#include <string>

#include "node/client_socket.h"

namespace aval::node {

/// A client that sends bytes as they are and reads what comes, with a limit on waiting.
class TestSocket {
 public:
  explicit TestSocket(std::uint16_t port) {
    auto url = parse_http_url("http://127.0.0.1:" + std::to_string(port));
    auto begun = ClientSocket::begin(resolve(*url)->front());
    if (begun) socket_ = std::move(*begun);
  }

  /// Sends what the peer takes; false when it does not want all of it.
  bool send(ByteView bytes) {
    while (!bytes.empty()) {
      const auto moved = socket_.send(bytes);
      if (moved.outcome == ClientSocket::Moved::Outcome::Failed) return false;
      if (moved.outcome == ClientSocket::Moved::Outcome::WouldBlock && !ready(POLLOUT)) return false;
      bytes.remove_prefix(moved.bytes);
    }
    return true;
  }

  /// One whole answer, head and body; what was read so far when the peer closes or is silent for long.
  std::string answer() {
    while (!is_whole()) {
      if (!read_some()) break;
    }
    const std::size_t size = is_whole() ? size_ : in_.size();
    std::string out = in_.substr(0, size);
    in_.erase(0, size);
    return out;
  }

  /// True when the peer closes, now or soon.
  bool is_closed() {
    while (read_some()) {
    }
    return closed_;
  }

 private:
  bool ready(short events) const {
    pollfd entry{socket_.fd(), events, 0};
    return ::poll(&entry, 1, 10'000) > 0;
  }

  bool read_some() {
    char chunk[65536];
    while (!closed_ && ready(POLLIN)) {
      const auto moved = socket_.receive(chunk, sizeof chunk);
      if (moved.outcome == ClientSocket::Moved::Outcome::WouldBlock) continue;
      closed_ = moved.outcome == ClientSocket::Moved::Outcome::Failed || moved.bytes == 0;
      in_.append(chunk, moved.bytes);
      return !closed_;
    }
    return false;
  }

  bool is_whole() {
    const std::size_t end = in_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::size_t length = in_.find("Content-Length: ");
    size_ = end + 4 + (length < end ? std::stoul(in_.substr(length + 16)) : 0);
    return in_.size() >= size_;
  }

  ClientSocket socket_;
  std::string in_;
  std::size_t size_ = 0;
  bool closed_ = false;
};

/// The status of an answer; 0 when there is none.
inline unsigned status_of(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? static_cast<unsigned>(std::stoul(answer.substr(9, 3))) : 0;
}

}  // namespace aval::node
