#include "node/http_connection.h"

#include <boost/asio/write.hpp>

#include "node/clock.h"
#include "node/http_query.h"
#include "node/http_worker.h"
#include "node/problem.h"

namespace aval::node {
namespace {

using boost::system::error_code;
using State = RequestReader::State;

/// The node answers within wait_max; this much later we stop believing it.
constexpr auto answer_time_max = wait_max + std::chrono::seconds(10);
constexpr std::uint64_t requests_max = 100'000;  // on one connection

boost::asio::ip::address peer_of(const boost::asio::ip::tcp::socket& socket) {
  error_code gone;
  return socket.remote_endpoint(gone).address();
}

}  // namespace

std::string client_at(const boost::asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const auto six = address.to_v6();
  if (six.is_v4_mapped()) return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, six).to_string();
  auto bytes = six.to_bytes();
  std::fill(bytes.begin() + bytes.size() / 2, bytes.end(), 0);
  return boost::asio::ip::address_v6(bytes).to_string();
}

HttpConnection::HttpConnection(HttpWorker& worker, boost::asio::ip::tcp::socket socket)
    : worker_(worker),
      socket_(std::move(socket)),
      client_(client_at(peer_of(socket_))),
      reader_(worker.routes().body_bytes_max()) {}

void HttpConnection::start() {
  error_code ignored;
  socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
  begin_request();
}

/// The next request is read now, or when its client has waited for those it sent too fast.
void HttpConnection::begin_request() {
  held_until_ = worker_.reserve(client_);
  phase_ = Phase::Held;
  is_paid_ = held_until_ > now();
  if (!is_paid_) go_on();
}

void HttpConnection::turn_away() {
  if (worker_.budgets().owes(client_, now())) return close();  // an answer would cost what it must not have
  worker_.budgets().charge(client_, now());
  keep_alive_ = false;
  respond(problem(Problem::TooManyConnections, "try again, or another node"));
}

void HttpConnection::go_on() {
  // A client that connects means to ask: it has the time of a head, not of an idle connection.
  if (phase_ == Phase::Held && fresh_) set_deadline(worker_.deadlines().head);
  phase_ = Phase::Reading;
  switch (reader_.state()) {
    case State::Idle:
    case State::Head:
    case State::Body:
      set_reading_deadline();
      return stopping_ ? close() : read_more();
    case State::Continue:
      return send_continue();
    case State::Ready:
      return serve(reader_.take());
    case State::Refused:
      keep_alive_ = false;
      head_only_ = false;
      request_id_.clear();
      return respond(reader_.refusal());
  }
}

/// A deadline starts when its part of the request does; bytes trickling in do not move it.
void HttpConnection::set_reading_deadline() {
  const State state = reader_.state();
  if (state == timed_) return;
  timed_ = state;
  if (state == State::Idle) set_deadline(worker_.deadlines().idle);
  if (state == State::Head && !fresh_) set_deadline(worker_.deadlines().head);
  if (state == State::Body) set_deadline(worker_.deadlines().body);
}

void HttpConnection::read_more() {
  socket_.async_read_some(boost::asio::buffer(in_),
                          [self = shared_from_this()](const error_code& error, std::size_t bytes) {
                            self->on_read(error, bytes);
                          });
}

void HttpConnection::on_read(const error_code& error, std::size_t bytes) {
  if (phase_ != Phase::Reading) return;  // a deadline or the stop was first
  if (error) return close();
  reader_.feed({in_.data(), bytes});
  go_on();
}

void HttpConnection::send_continue() {
  reader_.continue_sent();
  timed_ = State::Body;
  set_deadline(worker_.deadlines().body);
  out_ = "HTTP/1.1 100 Continue\r\n\r\n";
  boost::asio::async_write(socket_, boost::asio::buffer(out_),
                           [self = shared_from_this()](const error_code& error, std::size_t) {
                             if (self->phase_ != Phase::Reading) return;
                             if (error) return self->close();
                             self->go_on();
                           });
}

void HttpConnection::serve(HttpRequest request) {
  if (!is_paid_) worker_.budgets().charge(client_, now());
  fresh_ = false;
  timed_ = State::Ready;
  ++ticket_;
  keep_alive_ = request.keep_alive && ticket_ < requests_max;
  head_only_ = request.method == "HEAD";
  request_id_ = std::move(request.request_id);
  request.is_after_refusal = was_refused_;
  phase_ = Phase::Waiting;
  set_deadline(answer_time_max);
  auto later = [mailbox = worker_.mailbox(), to = weak_from_this(),
                ticket = ticket_](Result<TxState> outcome) {
    mailbox->put({to, ticket, std::move(outcome)});
  };
  auto handled = worker_.routes().handle(std::move(request), std::move(later));
  if (const auto* response = std::get_if<HttpResponse>(&handled)) return respond(*response);
  waiting_ = std::get<Routes::Waiting>(handled);
  if (stopping_) stop();
}

void HttpConnection::deliver(std::uint64_t ticket, const Result<TxState>& outcome) {
  if (phase_ != Phase::Waiting || ticket != ticket_) return;
  was_refused_ = !outcome && outcome.error().code != Error::Code::Unavailable;
  respond(worker_.routes().answer(waiting_, outcome));
}

void HttpConnection::respond(const HttpResponse& response) {
  if (stopping_) keep_alive_ = false;
  out_.clear();
  append_response(out_, response, {worker_.date(), request_id_, keep_alive_, head_only_});
  write();
}

void HttpConnection::write() {
  phase_ = Phase::Writing;
  set_deadline(worker_.deadlines().write);
  boost::asio::async_write(
      socket_, boost::asio::buffer(out_),
      [self = shared_from_this()](const error_code& error, std::size_t) { self->on_written(error); });
}

void HttpConnection::on_written(const error_code& error) {
  if (phase_ != Phase::Writing) return;
  if (error) return close();
  if (keep_alive_ && !stopping_) return begin_request();
  // Closing with unread bytes would reset the connection and may cost the client our answer.
  error_code ignored;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
  phase_ = Phase::Draining;
  set_deadline(worker_.deadlines().drain);
  drain();
}

void HttpConnection::drain() {
  socket_.async_read_some(boost::asio::buffer(in_),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                            if (self->phase_ != Phase::Draining) return;
                            error ? self->close() : self->drain();
                          });
}

void HttpConnection::expire(Clock::time_point now) {
  if (phase_ == Phase::Held) {
    if (held_until_ <= node::now()) go_on();
    return;
  }
  if (now < deadline_ || phase_ == Phase::Closed) return;
  if (phase_ == Phase::Waiting) return deliver(ticket_, TxState{TxState::Kind::Pending, {}, {}});
  const bool in_request = phase_ == Phase::Reading && reader_.state() != State::Idle;
  if (!in_request) return close();
  error_code ignored;
  socket_.cancel(ignored);
  keep_alive_ = false;
  head_only_ = false;
  request_id_.clear();
  respond(problem(Problem::Timeout, "the request did not arrive in time"));
}

void HttpConnection::stop() {
  stopping_ = true;
  if (phase_ == Phase::Waiting) return deliver(ticket_, TxState{TxState::Kind::Pending, {}, {}});
  if (phase_ == Phase::Reading || phase_ == Phase::Held) close();
}

void HttpConnection::close() {
  if (phase_ == Phase::Closed) return;
  phase_ = Phase::Closed;
  error_code ignored;
  socket_.close(ignored);
  worker_.forget(shared_from_this());
}

}  // namespace aval::node
