#pragma once

#include <memory>

#include "node/http_message.h"

namespace aval::node {

/// Turns the bytes of one connection into requests, one after another; no sockets, no clocks. Strict:
/// whatever two HTTP implementations may read in two ways is refused, and a refused connection is to
/// be answered once and closed. HTTP/1.1 only. Memory is bounded by head_bytes_max and the body limit.
class RequestReader {
 public:
  enum class State {
    Idle,      // nothing of the next request is here yet
    Head,      // part of a head
    Continue,  // the client waits for "100 Continue" before it sends the body
    Body,      // head complete, part of a body
    Ready,     // take() has a request
    Refused,   // refusal() is the last answer on this connection
  };

  explicit RequestReader(std::size_t body_bytes_max);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  State state() const;
  /// Adds received bytes. Not when Ready or Refused: what arrives then stays in the socket.
  void feed(ByteView bytes);
  /// The request, when Ready; afterwards the state tells how far the next one is.
  HttpRequest take();
  /// When Continue: the client is told to go on.
  void continue_sent();
  const HttpResponse& refusal() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aval::node
