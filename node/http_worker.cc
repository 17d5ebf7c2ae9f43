#include "node/http_worker.h"

#include <ctime>

#include <boost/asio/post.hpp>

#include "node/clock.h"
#include "node/log.h"

namespace aval::node {
namespace {

constexpr auto sweep_interval = std::chrono::milliseconds(100);
constexpr auto stop_time_max = std::chrono::seconds(2);
constexpr Duration slowing_told_interval = std::chrono::seconds(60);

/// IMF-fixdate (RFC 9110 section 5.6.7), independent of the locale.
std::string http_date(std::time_t now) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[utc.tm_wday], utc.tm_mday,
                months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return text;
}

}  // namespace

void HttpMailbox::put(Mail mail) {
  const std::lock_guard lock(mutex_);
  if (worker_ == nullptr) return;
  mail_.push_back(std::move(mail));
  if (mail_.size() == 1) worker_->wake();
}

std::vector<HttpMailbox::Mail> HttpMailbox::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(mail_, {});
}

void HttpMailbox::close() {
  const std::lock_guard lock(mutex_);
  worker_ = nullptr;
  mail_.clear();
}

HttpWorker::HttpWorker(ApiBackend& backend, const HttpDeadlines& deadlines, ClientBudgets& budgets,
                       std::atomic<std::size_t>& connections)
    : routes_(backend),
      deadlines_(deadlines),
      budgets_(budgets),
      connections_count_(connections),
      mailbox_(std::make_shared<HttpMailbox>(*this)),
      work_(context_.get_executor()),
      timer_(context_) {}

HttpWorker::~HttpWorker() { stop(); }

void HttpWorker::start() {
  thread_ = std::thread([this] {
    sweep();
    context_.run();
  });
}

void HttpWorker::stop() {
  if (!thread_.joinable()) return;
  boost::asio::post(context_, [this] { stop_on_thread(); });
  thread_.join();
  mailbox_->close();
  connections_.clear();
}

void HttpWorker::stop_on_thread() {
  stopping_ = true;
  stop_deadline_ = Clock::now() + stop_time_max;
  const auto connections = connections_;  // stop() removes
  for (const auto& connection : connections) connection->stop();
  if (connections_.empty()) context_.stop();
}

void HttpWorker::adopt(boost::asio::ip::tcp::socket socket, bool turn_away) {
  auto connection = std::make_shared<HttpConnection>(*this, std::move(socket));
  boost::asio::post(context_, [this, connection, turn_away] {
    if (stopping_) {
      --connections_count_;
      return;
    }
    connections_.insert(connection);
    turn_away ? connection->turn_away() : connection->start();
  });
}

TimePoint HttpWorker::reserve(const std::string& client) {
  const TimePoint time = now();
  const TimePoint due = budgets_.reserve(client, time);
  if (due > time && time - slowing_told_ >= slowing_told_interval) {
    slowing_told_ = time;
    log_warn("api.client_slowed: " + client + " asks faster than api.requests_per_second; perhaps others do too");
  }
  return due;
}

void HttpWorker::forget(const std::shared_ptr<HttpConnection>& connection) {
  if (connections_.erase(connection) == 0) return;
  --connections_count_;
  if (stopping_ && connections_.empty()) context_.stop();
}

void HttpWorker::wake() {
  boost::asio::post(context_, [this] { deliver_mail(); });
}

void HttpWorker::deliver_mail() {
  for (HttpMailbox::Mail& mail : mailbox_->take()) {
    if (const auto connection = mail.to.lock()) connection->deliver(mail.ticket, mail.outcome);
  }
}

void HttpWorker::sweep() {
  const auto now = Clock::now();
  date_ = http_date(std::time(nullptr));
  budgets_.forget_paid(node::now());
  const auto connections = connections_;  // expire() may remove
  for (const auto& connection : connections) connection->expire(now);
  if (stopping_ && now > stop_deadline_) return context_.stop();
  timer_.expires_after(sweep_interval);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep();
  });
}

}  // namespace aval::node
