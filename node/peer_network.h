#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "node/config.h"
#include "node/core_loop.h"
#include "node/frame.h"
#include "node/hello.h"
#include "node/peer_session.h"
#include "node/tls.h"

namespace aval::node {

/// The links to the other validators; core thread only. Of two validators the one with the lower
/// number dials and the other one accepts, and a new link replaces the former one of the same peer:
/// so there is one live link per pair, and no doubt which. What is sent to a peer without a link is
/// lost, as on any network; the replica says it again.
class PeerNetwork {
 public:
  struct Options {
    HostPort listen;
    std::vector<HostPort> addresses;  // by ReplicaId; the own one is not used
    std::vector<std::string> members;  // by ReplicaId, for the log
    ledger::ReplicaId self{};
    Hello hello;
    LinkLimits limits;
  };
  /// A frame from an authenticated peer. False: stop reading from it until resume_reading().
  using OnFrame = std::function<bool(ledger::ReplicaId, Frame)>;

  /// Binds the listener, naming the address when it cannot be had, and starts dialling.
  static Result<std::unique_ptr<PeerNetwork>> start(CoreLoop& loop, TlsContext tls, Options options,
                                                    OnFrame on_frame);
  ~PeerNetwork();
  PeerNetwork(const PeerNetwork&) = delete;
  PeerNetwork& operator=(const PeerNetwork&) = delete;

  /// To one peer, or to all of them.
  void send(std::optional<ledger::ReplicaId> to, FrameKind kind, ByteView payload);
  void resume_reading(ledger::ReplicaId peer);
  bool connected(ledger::ReplicaId peer) const;
  std::uint16_t port() const;
  void stop();

 private:
  struct Impl;
  explicit PeerNetwork(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aval::node
