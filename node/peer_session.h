#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "node/core_loop.h"
#include "node/frame.h"
#include "node/hello.h"
#include "node/tls.h"

namespace aval::node {

/// Limits and times of one link. A slow, silent or babbling peer costs at most this much.
struct LinkLimits {
  std::size_t frame_bytes_max = 4U << 20U;      // of an authenticated peer; before that, a hello fits
  std::size_t protocol_queue_bytes_max = 8U << 20U;  // beyond it the link is closed
  std::size_t bulk_queue_bytes_max = 16U << 20U;     // beyond it the oldest bulk frames are dropped
  Duration handshake_max = std::chrono::seconds(5);  // TLS, both hellos, and of a stranger who it is
  Duration frame_max = std::chrono::seconds(10);     // from the first byte of a frame to its last
  Duration idle_max = std::chrono::seconds(5);       // without a byte from the peer
  Duration ping_after = std::chrono::seconds(1);     // without a byte to the peer
};

/// Frames waiting to be written, bounded. Protocol frames leave first.
class WriteQueue {
 public:
  explicit WriteQueue(const LinkLimits& limits) : limits_(limits) {}
  /// False when the protocol queue is over its limit: the link is beyond help.
  bool push(FrameKind kind, std::shared_ptr<const Bytes> frame);
  /// Moves frames into one buffer of about `bytes_wanted` bytes, at least one frame if there is any.
  Bytes take(std::size_t bytes_wanted);
  bool empty() const { return protocol_.empty() && bulk_.empty(); }
  std::size_t bytes() const { return protocol_bytes_ + bulk_bytes_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  using Frames = std::deque<std::shared_ptr<const Bytes>>;
  static void move_some(Frames& from, std::size_t& bytes, std::size_t wanted, Bytes& out);
  LinkLimits limits_;
  Frames protocol_;
  Frames bulk_;
  std::size_t protocol_bytes_ = 0;
  std::size_t bulk_bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

/// One TLS connection with a peer, from handshake to close; core thread only. A peer counts as
/// authenticated after both hellos, because in TLS 1.3 a client's handshake succeeds before the server
/// has looked at its certificate. One whose key is in no seat that we know of, and whose hello is of a later epoch, may
/// show that this epoch gives it one.
class PeerSession {
 public:
  struct Events {
    std::function<void(PeerSession&)> ready;
    /// Returns false to stop reading until resume_reading().
    std::function<bool(PeerSession&, Frame)> frame;
    std::function<void(PeerSession&, const std::string& reason)> closed;  // exactly once
    /// Our TLS key is nobody's to the peer; called after `closed`.
    std::function<void()> own_key_refused;
    /// What shows a peer in this earlier epoch the later ones (epoch_proof.h).
    std::function<std::vector<Bytes>(ledger::Epoch)> epoch_proofs;
    /// The peer shows this of later epochs; perhaps the TlsContext knows its key then.
    std::function<void(ByteView proof)> epochs_shown;
  };

  virtual ~PeerSession() = default;
  /// The other end; set from ready on.
  virtual std::optional<ledger::ReplicaId> peer() const = 0;
  virtual bool is_ready() const = 0;
  virtual const std::string& address() const = 0;
  virtual void send(FrameKind kind, std::shared_ptr<const Bytes> frame) = 0;
  virtual void resume_reading() = 0;
  /// Looks at the deadlines and keeps the link warm; called every few hundred milliseconds.
  virtual void check(TimePoint now) = 0;
  virtual void close(const std::string& reason) = 0;
};

}  // namespace aval::node
