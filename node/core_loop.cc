#include "node/core_loop.h"

#include <csignal>

#include "node/asio.h"

namespace aval::node {

struct CoreLoop::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
};

CoreLoop::CoreLoop() : impl_(std::make_unique<Impl>()) {}
CoreLoop::~CoreLoop() = default;
void CoreLoop::run() { impl_->context.run(); }
void CoreLoop::stop() { impl_->context.stop(); }
void CoreLoop::rearm() { impl_->context.restart(); }
void CoreLoop::post(std::function<void()> work) { asio::post(impl_->context, std::move(work)); }
asio::io_context& CoreLoop::context() { return impl_->context; }

struct Timer::Impl {
  explicit Impl(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
};

Timer::Timer(CoreLoop& loop) : impl_(std::make_unique<Impl>(loop.context())) {}
Timer::~Timer() = default;

void Timer::arm(TimePoint deadline, std::function<void()> on_fire) {
  impl_->timer.expires_at(std::chrono::steady_clock::time_point(deadline.time_since_epoch()));
  impl_->timer.async_wait([fire = std::move(on_fire)](const ErrorCode& error) {
    if (!error) fire();
  });
}

void Timer::cancel() { impl_->timer.cancel(); }

struct StopSignals::Impl {
  explicit Impl(asio::io_context& context) : signals(context, SIGTERM, SIGINT) {}
  asio::signal_set signals;
};

StopSignals::StopSignals(CoreLoop& loop, std::function<void()> on_stop)
    : impl_(std::make_unique<Impl>(loop.context())) {
  impl_->signals.async_wait([stop = std::move(on_stop)](const ErrorCode& error, int) {
    if (!error) stop();
  });
}
StopSignals::~StopSignals() = default;

}  // namespace aval::node
