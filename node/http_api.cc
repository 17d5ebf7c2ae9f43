#include "node/http_api.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>

#include "node/http_worker.h"

namespace aval::node {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr auto accept_pause = std::chrono::milliseconds(100);
/// So many beyond the cap are told that there is no room; the next ones are closed without a word.
constexpr std::size_t turned_away_max = 64;

std::string place(const HttpApi::Options& options) {
  return options.host + ":" + std::to_string(options.port);
}

unexpected cannot_listen(const HttpApi::Options& options, const error_code& error) {
  return unexpected(Error::Code::Unavailable,
                    "HTTP API: cannot listen on " + place(options) + ": " + error.message());
}

class Server final : public HttpApi {
 public:
  Server(ApiBackend& backend, const Options& options, const HttpDeadlines& deadlines)
      : connections_max_(options.connections_max), budgets_(options.requests_per_second) {
    for (unsigned i = 0; i < std::max(options.threads, 1U); ++i) {
      workers_.push_back(std::make_unique<HttpWorker>(backend, deadlines, budgets_, connections_));
    }
    acceptor_.emplace(workers_.front()->context());
    pause_.emplace(workers_.front()->context());
  }
  ~Server() override { stop(); }

  error_code bind(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(boost::asio::socket_base::max_listen_connections, error);
    if (!error) port_ = acceptor_->local_endpoint(error).port();
    return error;
  }

  void serve() {
    accept();
    for (const auto& worker : workers_) worker->start();
  }

  std::uint16_t port() const override { return port_; }

  void stop() override {
    if (stopped_.exchange(true)) return;
    boost::asio::post(workers_.front()->context(), [this] {
      error_code ignored;
      acceptor_->close(ignored);
      pause_->cancel();
    });
    for (const auto& worker : workers_) worker->stop();
  }

 private:
  HttpWorker& next_worker() { return *workers_[turn_++ % workers_.size()]; }

  void accept() {
    HttpWorker& worker = next_worker();
    acceptor_->async_accept(worker.context(), [this, &worker](const error_code& error, tcp::socket socket) {
      if (stopped_) return;
      if (error) return accept_later();
      const std::size_t before = connections_++;
      if (before >= connections_max_ + turned_away_max) {
        --connections_;
      } else {
        worker.adopt(std::move(socket), before >= connections_max_);
      }
      accept();
    });
  }

  /// Out of file descriptors, most likely: asking again at once would only burn the processor.
  void accept_later() {
    pause_->expires_after(accept_pause);
    pause_->async_wait([this](const error_code& error) {
      if (!error && !stopped_) accept();
    });
  }

  const std::size_t connections_max_;
  ClientBudgets budgets_;
  std::atomic<std::size_t> connections_{0};
  std::atomic<bool> stopped_{false};
  std::vector<std::unique_ptr<HttpWorker>> workers_;
  std::optional<tcp::acceptor> acceptor_;
  std::optional<boost::asio::steady_timer> pause_;
  std::uint16_t port_ = 0;
  std::size_t turn_ = 0;
};

Result<tcp::endpoint> endpoint_of(const HttpApi::Options& options) {
  error_code error;
  boost::asio::io_context context;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(options.host, std::to_string(options.port),
                                      tcp::resolver::passive | tcp::resolver::numeric_service, error);
  if (error) return cannot_listen(options, error);
  return found.begin()->endpoint();
}

}  // namespace

Result<std::unique_ptr<HttpApi>> start_http_api(ApiBackend& backend, const HttpApi::Options& options,
                                                const HttpDeadlines& deadlines) {
  AVAL_ASSIGN(const tcp::endpoint endpoint, endpoint_of(options));
  auto server = std::make_unique<Server>(backend, options, deadlines);
  if (const error_code error = server->bind(endpoint)) return cannot_listen(options, error);
  server->serve();
  return Result<std::unique_ptr<HttpApi>>(std::move(server));
}

Result<std::unique_ptr<HttpApi>> HttpApi::start(ApiBackend& backend, Options options) {
  return start_http_api(backend, options, HttpDeadlines{});
}

}  // namespace aval::node
