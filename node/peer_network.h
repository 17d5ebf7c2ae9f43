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

/// The links to the other seats; core thread only. Of two seats the one with the lower number dials and the
/// other one accepts, and a new link replaces the former one of the same peer: so there is one live link per
/// pair, and no doubt which. What is sent to a peer without a link is lost, as on any network; the replica
/// says it again. A node without a seat dials nobody and accepts everybody.
class PeerNetwork {
 public:
  struct Seat {
    HostPort address;    // of the own one not used
    std::string member;  // for the log
    crypto::PublicKey tls_key;
    bool is_held = true;  // false: it was left, and nobody is there
    bool operator==(const Seat&) const = default;
  };
  /// The seats of one epoch, and where this node stands among them.
  struct Seats {
    std::vector<Seat> seats;  // by ReplicaId
    ledger::ReplicaId self{};
    Hello hello;
  };
  struct Options {
    HostPort listen;
    LinkLimits limits;
    /// Called when a peer takes this node's key for nobody's.
    std::function<void()> on_own_key_refused = [] {};
    /// While it is true, who has a key of no seat may show that a later epoch gives it one.
    std::function<bool()> hears_strangers = [] { return false; };
    /// A peer or a stranger shows this of later epochs (epoch_proof.h). What follows from it is for enter().
    std::function<void(ByteView proof)> on_epochs = [](ByteView) {};
    /// What a peer in this earlier epoch is shown.
    std::function<std::vector<Bytes>(ledger::Epoch from)> epoch_proofs = [](ledger::Epoch) { return std::vector<Bytes>(); };
  };
  /// A frame from an authenticated peer. False: stop reading from it until resume_reading().
  using OnFrame = std::function<bool(ledger::ReplicaId, Frame)>;

  /// Binds the listener, naming the address when it cannot be had, and starts dialling.
  static Result<std::unique_ptr<PeerNetwork>> start(CoreLoop& loop, TlsContext tls, Options options, Seats seats,
                                                    OnFrame on_frame);
  /// The seats of another epoch, at least as many, or the same ones with what is known of them since. Links of unchanged
  /// seats stay up; links of those that were left or have another key are closed. With `own`, this node has another key itself: all links are made anew.
  void enter(Seats seats, PeerDirectory directory, std::optional<TlsContext> own);
  ~PeerNetwork();
  PeerNetwork(const PeerNetwork&) = delete;
  PeerNetwork& operator=(const PeerNetwork&) = delete;

  /// To one peer, or to all of them.
  void send(std::optional<ledger::ReplicaId> to, FrameKind kind, ByteView payload);
  void resume_reading(ledger::ReplicaId peer);
  /// Closes the link and has none with this peer for a time.
  void shun(ledger::ReplicaId peer, Duration time, const std::string& reason);
  bool is_shunned(ledger::ReplicaId peer) const;
  bool connected(ledger::ReplicaId peer) const;
  std::uint16_t port() const;
  void stop();

 private:
  struct Impl;
  explicit PeerNetwork(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace aval::node
