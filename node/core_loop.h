#pragma once

#include <functional>
#include <memory>

#include "crypto/base/time.h"

namespace boost::asio {
class io_context;
}

namespace aval::node {

/// The event loop of the core thread. Sockets of peers, timers and the replica live on it; other
/// threads hand work over with post().
class CoreLoop {
 public:
  CoreLoop();
  ~CoreLoop();
  CoreLoop(const CoreLoop&) = delete;
  CoreLoop& operator=(const CoreLoop&) = delete;

  /// Runs on the calling thread, which is the core thread from then on, until stop().
  void run();
  /// From any thread: run() returns after the piece of work it is in.
  void stop();
  /// After stop(): run() may be called again.
  void rearm();
  /// From any thread: runs `work` on the core thread, after everything posted before by the same thread.
  void post(std::function<void()> work);
  boost::asio::io_context& context();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One deadline on the core thread; arming it again replaces the former one.
class Timer {
 public:
  explicit Timer(CoreLoop& loop);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  void arm(TimePoint deadline, std::function<void()> on_fire);
  void cancel();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Calls `on_stop` on the core thread at SIGTERM or SIGINT.
class StopSignals {
 public:
  StopSignals(CoreLoop& loop, std::function<void()> on_stop);
  ~StopSignals();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aval::node
