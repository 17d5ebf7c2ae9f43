#pragma once

// Internal to the HTTP server.

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "node/client_budgets.h"
#include "node/http_connection.h"
#include "node/http_deadlines.h"

namespace aval::node {

/// Where outcomes wait for their connection's thread. Outlives the worker: the node may answer after
/// the server is gone, and nothing happens then. One wake-up serves a whole block's outcomes.
class HttpMailbox {
 public:
  struct Mail {
    std::weak_ptr<HttpConnection> to;
    std::uint64_t ticket = 0;
    Result<TxState> outcome;
  };
  explicit HttpMailbox(HttpWorker& worker) : worker_(&worker) {}
  void put(Mail mail);
  std::vector<Mail> take();
  void close();

 private:
  std::mutex mutex_;
  HttpWorker* worker_;  // null once closed
  std::vector<Mail> mail_;
};

/// One thread with its connections.
class HttpWorker {
 public:
  HttpWorker(ApiBackend& backend, const HttpDeadlines& deadlines, ClientBudgets& budgets,
             std::atomic<std::size_t>& connections);
  ~HttpWorker();
  HttpWorker(const HttpWorker&) = delete;
  HttpWorker& operator=(const HttpWorker&) = delete;

  void start();
  /// Answers what is under way, closes every connection and joins the thread.
  void stop();

  /// Takes a new client on; `turn_away` when there are too many. On any thread.
  void adopt(boost::asio::ip::tcp::socket socket, bool turn_away);

  boost::asio::io_context& context() { return context_; }

  // For its connections, on its thread.
  const Routes& routes() const { return routes_; }
  const HttpDeadlines& deadlines() const { return deadlines_; }
  const std::string& date() const { return date_; }
  const std::shared_ptr<HttpMailbox>& mailbox() const { return mailbox_; }
  ClientBudgets& budgets() const { return budgets_; }
  /// When the client's next request may be read (ClientBudgets::reserve).
  TimePoint reserve(const std::string& client);
  void forget(const std::shared_ptr<HttpConnection>& connection);

  // For the mailbox.
  void wake();

 private:
  void sweep();
  void stop_on_thread();
  void deliver_mail();

  const Routes routes_;
  const HttpDeadlines deadlines_;
  ClientBudgets& budgets_;  // of all workers
  std::atomic<std::size_t>& connections_count_;
  std::shared_ptr<HttpMailbox> mailbox_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  std::set<std::shared_ptr<HttpConnection>> connections_;
  std::string date_;
  TimePoint slowing_told_;
  bool stopping_ = false;
  Clock::time_point stop_deadline_;
  std::thread thread_;
};

}  // namespace aval::node
