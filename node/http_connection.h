#pragma once

// Internal to the HTTP server: the only headers of this room with Asio in them are this one and
// http_worker.h.

#include <array>
#include <chrono>
#include <memory>

#include <boost/asio/ip/tcp.hpp>

#include "node/http_reader.h"
#include "node/http_routes.h"

namespace aval::node {

class HttpWorker;
using Clock = std::chrono::steady_clock;

/// Whose requests come from there: an IPv4 address, or the 64 bits of an IPv6 address that are a site's, which has all
/// addresses behind them.
std::string client_at(const boost::asio::ip::address& address);

/// One client. Owned by its worker and used by the worker's thread only, but for the callbacks it
/// hands to Routes, which come back through the worker's mailbox. One request at a time: what a client
/// sends ahead waits in the socket.
class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(HttpWorker& worker, boost::asio::ip::tcp::socket socket);

  /// Serves the client.
  void start();
  /// Tells the client that there is no room, and closes.
  void turn_away();
  /// The outcome of submit number `ticket`; ignored when the client was answered meanwhile.
  void deliver(std::uint64_t ticket, const Result<TxState>& outcome);
  /// Acts on a deadline that has passed.
  void expire(Clock::time_point now);
  /// The node stops: answers a waiting submit with Pending, lets an answer under way finish, closes.
  void stop();

 private:
  enum class Phase { Held, Reading, Waiting, Writing, Draining, Closed };

  void begin_request();
  void go_on();
  void read_more();
  void on_read(const boost::system::error_code& error, std::size_t bytes);
  void drain();
  void serve(HttpRequest request);
  void respond(const HttpResponse& response);
  void send_continue();
  void write();
  void on_written(const boost::system::error_code& error);
  void close();
  void set_deadline(Clock::duration from_now) { deadline_ = Clock::now() + from_now; }
  void set_reading_deadline();

  HttpWorker& worker_;
  boost::asio::ip::tcp::socket socket_;
  const std::string client_;  // whose requests these are
  RequestReader reader_;
  TimePoint held_until_;  // while Held: nothing is read
  bool is_paid_ = false;  // the request to come
  Phase phase_ = Phase::Reading;
  RequestReader::State timed_ = RequestReader::State::Idle;  // what the reading deadline is about
  Clock::time_point deadline_;
  bool fresh_ = true;       // nothing was served yet
  bool keep_alive_ = true;  // after the present answer
  bool head_only_ = false;
  bool was_refused_ = false;  // the last submission; not for want of room here
  bool stopping_ = false;
  std::string request_id_;
  Routes::Waiting waiting_;
  std::uint64_t ticket_ = 0;  // of the present request; also how many there were
  std::string out_;
  std::array<char, 8192> in_;
};

}  // namespace aval::node
