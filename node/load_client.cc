#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <deque>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "node/client.h"
#include "node/client_socket.h"

namespace aval::node {
namespace {

using Clock = std::chrono::steady_clock;
using Outcome = ClientSocket::Moved::Outcome;

constexpr std::uint64_t overdue_us = 10'000'000;  // beyond the wait that was asked for
constexpr std::uint64_t glance_us = 100'000;      // how often answers that never come are looked for
constexpr std::size_t answer_bytes_max = 1U << 20U;
constexpr std::size_t connections_total_max = 4096;

/// An answer as far as a load cares: status, length, and the outcome of the transaction.
struct Answer {
  unsigned http_status = 0;
  std::size_t bytes = 0;  // head and body together
  bool keep_alive = true;
  std::string_view body;
};

std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data() + at + label.size(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  return value;
}

/// Nothing while it is incomplete. The peer is a node of ours, so its own spelling of the head is enough.
std::optional<Answer> read_answer(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view head = text.substr(0, end + 4);
  Answer answer;
  answer.http_status = static_cast<unsigned>(number_behind(head, "HTTP/1.1 ").value_or(0));
  const std::size_t length = number_behind(head, "\r\nContent-Length: ").value_or(0);
  answer.bytes = head.size() + std::min(length, answer_bytes_max);
  if (text.size() < answer.bytes) return std::nullopt;
  answer.body = text.substr(head.size(), length);
  answer.keep_alive = head.find("\r\nConnection: close") == std::string_view::npos;
  return answer;
}

/// One keep-alive connection; carries one request at a time.
struct Connection {
  std::size_t target = 0;  // index of its url
  ClientSocket socket;
  bool busy = false;
  std::size_t sample = 0;        // when busy
  std::uint64_t give_up_us = 0;  // when busy
  std::string out;
  std::size_t sent = 0;
  std::string in;
};

/// One url: who can carry a request to it, and which requests are due and wait for a carrier.
struct Target {
  HttpUrl url;
  SocketAddress address;
  std::string head;  // of every request, up to the length of its body
  std::vector<Connection*> idle;
  std::deque<std::size_t> waiting;
};

class Load {
 public:
  explicit Load(const LoadPlan& plan) : plan_(plan), samples_(plan.envelopes.size()) {}

  Result<void> prepare() {
    if (plan_.urls.empty()) return unexpected(Error::Code::Malformed, "load: no url is given");
    if (plan_.rate_per_second < 0) return unexpected(Error::Code::Malformed, "load: the rate is negative");
    const bool is_sane =
        plan_.connections >= 1 && plan_.connections * plan_.urls.size() <= connections_total_max;
    if (!is_sane) return unexpected(Error::Code::Malformed, "load: connections must be 1 to 4096 in all");
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ < 0) return unexpected(Error::Code::Unavailable, "load: no epoll instance is to be had");
    targets_.resize(plan_.urls.size());
    for (std::size_t i = 0; i < targets_.size(); ++i) AVAL_TRY(prepare_target(i));
    return {};
  }

  std::vector<LoadSample> run() {
    start_ = Clock::now();
    while (done_ < samples_.size()) {
      dispatch();
      if (done_ < samples_.size()) wait();
    }
    return std::move(samples_);
  }

  ~Load() {
    connections_.clear();
    if (epoll_ >= 0) ::close(epoll_);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

 private:
  std::uint64_t now_us() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start_).count());
  }
  bool is_open_loop() const { return plan_.rate_per_second > 0; }
  std::uint64_t due_us(std::size_t sample) const {
    return static_cast<std::uint64_t>(static_cast<double>(sample) * 1e6 / plan_.rate_per_second);
  }
  std::size_t target_of(std::size_t sample) const { return sample % targets_.size(); }

  Result<void> prepare_target(std::size_t index) {
    Target& target = targets_[index];
    AVAL_ASSIGN(target.url, parse_http_url(plan_.urls[index]));
    // The blocking client finds out which of the addresses answers, and says why none does.
    AVAL_ASSIGN(HttpClient probe, HttpClient::open(plan_.urls[index], std::chrono::seconds(5)));
    AVAL_ASSIGN(const HttpAnswer alive, probe.get("/livez"));
    AVAL_ASSIGN(const auto addresses, resolve(target.url));
    target.address = addresses.front();
    target.head = fmt::format(
        "POST /v1/tx?wait={}ms HTTP/1.1\r\nHost: {}\r\nContent-Type: "
        "application/x-protobuf\r\nContent-Length: ",
        plan_.wait.count(), host_field(target.url));
    for (std::size_t i = 0; i < plan_.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>());
      connections_.back()->target = index;
      target.idle.push_back(connections_.back().get());
      if (!open(*connections_.back())) {
        return unexpected(Error::Code::Unavailable, target.url.text + ": cannot connect " +
                                                        std::to_string(plan_.connections) + " times");
      }
    }
    return {};
  }

  bool open(Connection& connection) {
    auto begun = ClientSocket::begin(targets_[connection.target].address);
    if (!begun) return false;
    connection.socket = std::move(*begun);
    connection.in.clear();
    return watch(connection, EPOLL_CTL_ADD, EPOLLIN);
  }

  bool watch(Connection& connection, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &connection;
    return ::epoll_ctl(epoll_, operation, connection.socket.fd(), &event) == 0;
  }

  /// Hands out what is due. In a closed loop everything is due whenever somebody is free.
  void dispatch() {
    const std::uint64_t now = now_us();
    while (next_ < samples_.size() && is_due(next_, now)) {
      Target& target = targets_[target_of(next_)];
      samples_[next_].due_us = is_open_loop() ? due_us(next_) : now;
      target.waiting.push_back(next_);
      ++next_;
      serve(target);
    }
    // What was answered since the last time made room for what waits.
    for (Target& target : targets_) serve(target);
    if (now >= next_glance_us_) give_up_overdue(now);
  }

  bool is_due(std::size_t sample, std::uint64_t now) const {
    if (is_open_loop()) return due_us(sample) <= now;
    return !targets_[target_of(sample)].idle.empty();
  }

  void serve(Target& target) {
    while (!target.waiting.empty() && !target.idle.empty()) {
      Connection& connection = *target.idle.back();
      target.idle.pop_back();
      const std::size_t sample = target.waiting.front();
      target.waiting.pop_front();
      carry(connection, sample);
    }
  }

  void carry(Connection& connection, std::size_t sample) {
    connection.busy = true;
    connection.sample = sample;
    connection.give_up_us = now_us() + static_cast<std::uint64_t>(plan_.wait.count()) * 1000 + overdue_us;
    const Bytes& envelope = plan_.envelopes[sample];
    connection.out = targets_[connection.target].head;
    connection.out.append(std::to_string(envelope.size())).append("\r\n\r\n").append(envelope);
    connection.sent = 0;
    if (!connection.socket.is_open() && !open(connection)) return fail(connection);
    send(connection);
  }

  void send(Connection& connection) {
    const auto moved = connection.socket.send(ByteView(connection.out).substr(connection.sent));
    // While connecting, sending fails with ENOTCONN or would block; writability tells when to try again.
    if (moved.outcome == Outcome::Failed && moved.error != ENOTCONN) return fail(connection);
    connection.sent += moved.bytes;
    const bool was_partial = connection.sent < connection.out.size();
    if (was_partial) watch(connection, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
  }

  void wait() {
    const std::uint64_t now = now_us();
    std::uint64_t until = std::max(next_glance_us_, now);
    if (is_open_loop() && next_ < samples_.size()) until = std::min(until, std::max(due_us(next_), now));
    const std::uint64_t left_us = until - now;
    const timespec left{static_cast<time_t>(left_us / 1'000'000),
                        static_cast<long>(left_us % 1'000'000) * 1000};
    std::array<epoll_event, 256> events;
    const int count = wait_precisely(events.data(), static_cast<int>(events.size()), left);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      on_event(*static_cast<Connection*>(event.data.ptr), event.events);
    }
  }

  /// Milliseconds would be too coarse at thousands a second; where the kernel has nothing finer, they
  /// are rounded up.
  int wait_precisely(epoll_event* events, int capacity, const timespec& left) {
    if (has_fine_wait_) {
      const int count = ::epoll_pwait2(epoll_, events, capacity, &left, nullptr);
      if (count >= 0 || errno != ENOSYS) return count;
      has_fine_wait_ = false;
    }
    const int milliseconds = static_cast<int>(left.tv_sec * 1000 + (left.tv_nsec + 999'999) / 1'000'000);
    return ::epoll_wait(epoll_, events, capacity, milliseconds);
  }

  void on_event(Connection& connection, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) {
      watch(connection, EPOLL_CTL_MOD, EPOLLIN);
      if (connection.busy) send(connection);
    }
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) receive(connection);
  }

  void receive(Connection& connection) {
    if (!connection.socket.is_open()) return;
    std::array<char, 16384> chunk;
    const auto moved = connection.socket.receive(chunk.data(), chunk.size());
    if (moved.outcome == Outcome::WouldBlock) return;
    const bool closed = moved.outcome == Outcome::Failed || moved.bytes == 0;
    if (closed && connection.busy) return fail(connection);
    if (closed) return connection.socket.close();
    connection.in.append(chunk.data(), moved.bytes);
    if (connection.in.size() > 2 * answer_bytes_max) return fail(connection);
    if (const auto answer = read_answer(connection.in)) complete(connection, *answer);
  }

  void complete(Connection& connection, const Answer& answer) {
    LoadSample& sample = samples_[connection.sample];
    sample.http_status = answer.http_status;
    const bool is_final = answer.http_status == 200;
    const auto status = number_behind(answer.body, "\"status\":");
    sample.final = is_final && status.has_value();
    if (sample.final) sample.tx_status = static_cast<std::uint32_t>(*status);
    const bool keep_alive = answer.keep_alive;
    connection.in.erase(0, answer.bytes);
    if (!keep_alive) connection.socket.close();
    finish(connection);
  }

  void fail(Connection& connection) {
    connection.socket.close();
    if (connection.busy) finish(connection);
  }

  void finish(Connection& connection) {
    samples_[connection.sample].done_us = now_us();
    ++done_;
    connection.busy = false;
    targets_[connection.target].idle.push_back(&connection);
  }

  void give_up_overdue(std::uint64_t now) {
    next_glance_us_ = now + glance_us;
    for (const auto& connection : connections_) {
      if (connection->busy && now >= connection->give_up_us) fail(*connection);
    }
  }

  const LoadPlan& plan_;
  std::vector<LoadSample> samples_;
  std::vector<Target> targets_;
  std::vector<std::unique_ptr<Connection>> connections_;
  int epoll_ = -1;
  bool has_fine_wait_ = true;
  Clock::time_point start_;
  std::uint64_t next_glance_us_ = 0;
  std::size_t next_ = 0;  // first sample that was not due yet
  std::size_t done_ = 0;
};

}  // namespace

Result<std::vector<LoadSample>> run_load(const LoadPlan& plan) {
  Load load(plan);
  AVAL_TRY(load.prepare());
  return load.run();
}

}  // namespace aval::node
