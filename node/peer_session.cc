#include "node/peer_session.h"

#include <array>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "node/clock.h"
#include "node/epoch_proof.h"
#include "node/open_session.h"

namespace aval::node {

namespace {

constexpr std::size_t write_bytes = 64 * 1024;
constexpr std::size_t read_bytes = 32 * 1024;
constexpr std::size_t hello_frame_max = hello_bytes + 1;
constexpr const char* no_seat_reason = "its TLS key is not in the validator set";

std::string address_of(const tcp::socket& socket) {
  ErrorCode error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return "unknown address";
  return remote.address().to_string() + ":" + std::to_string(remote.port());
}

/// Asio's context wants to own the native one; it shares ours.
asio::ssl::context& shared_context(const TlsContext& tls, std::unique_ptr<asio::ssl::context>& holder) {
  SSL_CTX_up_ref(tls.native());
  holder = std::make_unique<asio::ssl::context>(tls.native());
  return *holder;
}

/// The alerts that a peer sends when it does not take the certificate that it was shown (RFC 8446 section 6.2).
bool is_about_our_certificate(const ErrorCode& error) {
  if (error.category() != asio::error::get_ssl_category()) return false;
  switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      return true;
    default:
      return false;
  }
}

class Session final : public PeerSession, public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, SessionSetup setup)
      : setup_(std::move(setup)),
        address_(address_of(socket)),
        stream_(std::move(socket), shared_context(setup_.tls, context_)),
        decoder_(hello_frame_max),
        queue_(setup_.limits) {}

  void start() {
    started_ = now();
    last_received_ = last_sent_ = started_;
    ErrorCode ignored;
    stream_.next_layer().set_option(tcp::no_delay(true), ignored);
    const auto side = setup_.role == LinkRole::Dialled ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
    stream_.async_handshake(side, [self = shared_from_this()](const ErrorCode& error) {
      if (error) return self->fail("TLS handshake failed: ", error);
      self->greet();
    });
  }

  std::optional<ledger::ReplicaId> peer() const override { return peer_; }
  bool is_ready() const override { return ready_; }
  const std::string& address() const override { return address_; }

  void send(FrameKind kind, std::shared_ptr<const Bytes> frame) override {
    if (closed_) return;
    if (!queue_.push(kind, std::move(frame))) return close("it takes our protocol messages too slowly");
    write_more();
  }

  void resume_reading() override {
    if (!paused_ || closed_) return;
    paused_ = false;
    last_received_ = now();
    read_more();
  }

  void check(TimePoint time) override {
    if (closed_) return;
    if (!ready_) {
      if (time - started_ > setup_.limits.handshake_max) close(is_nobody_ ? no_seat_reason : "handshake deadline");
      return;
    }
    if (paused_) return;
    if (decoder_.inside_frame() && time - frame_started_ > setup_.limits.frame_max) return close("frame deadline");
    if (time - last_received_ > setup_.limits.idle_max) return close("silent for too long");
    if (time - last_sent_ > setup_.limits.ping_after) send(FrameKind::Ping, ping());
  }

  void close(const std::string& reason) override {
    if (closed_) return;
    closed_ = true;
    ErrorCode ignored;
    stream_.next_layer().close(ignored);
    asio::post(stream_.get_executor(), [self = shared_from_this(), reason] { self->setup_.events.closed(*self, reason); });
  }

 private:
  static std::shared_ptr<const Bytes> ping() {
    static const auto frame = std::make_shared<const Bytes>(encode_frame(FrameKind::Ping, {}));
    return frame;
  }

  void fail(const std::string& what, const ErrorCode& error) {
    const bool is_refused = !closed_ && !ready_ && is_about_our_certificate(error);
    close(what + error.message());
    if (is_refused) tell_own_key_refused();
  }

  void greet() {
    if (closed_) return;
    key_ = TlsContext::key_of(stream_.native_handle());
    if (!find_peer() && !setup_.hears_strangers) return close(no_seat_reason);
    send_frame(FrameKind::Hello, encode_hello(setup_.hello));
    read_more();
  }

  void read_more() {
    if (closed_) return;
    stream_.async_read_some(asio::buffer(buffer_), [self = shared_from_this()](const ErrorCode& error, std::size_t n) {
      if (error) return self->fail("the link broke: ", error);
      self->take({self->buffer_.data(), n});
    });
  }

  void take(ByteView bytes) {
    if (closed_) return;
    last_received_ = now();
    const bool was_inside = decoder_.inside_frame();
    std::vector<Frame> frames;
    const auto fed = decoder_.feed(bytes, frames);
    if (!was_inside || !frames.empty()) frame_started_ = last_received_;
    for (Frame& frame : frames) {
      if (closed_) return;
      on_frame(std::move(frame));
    }
    if (!fed) return close(fed.error().message);
    if (!paused_) read_more();
  }

  void on_frame(Frame frame) {
    if (!greeted_) return on_hello(frame);
    if (!ready_) return on_stranger(frame);
    if (frame.kind == FrameKind::KeyUnknown) return on_key_unknown();
    if (frame.kind == FrameKind::Epochs) return on_epochs(frame.payload);
    if (frame.kind != FrameKind::Protocol && !is_bulk(frame.kind)) return;
    if (!setup_.events.frame(*this, std::move(frame))) paused_ = true;
  }

  void on_hello(const Frame& frame) {
    if (frame.kind != FrameKind::Hello) return close("the first frame is not a hello");
    const auto hello = decode_hello(frame.payload);
    if (!hello) return close(hello.error().message);
    if (const auto fits = compatible(setup_.hello, *hello); !fits) return close(fits.error().message);
    greeted_ = true;
    claimed_ = hello->replica;
    proofs_left_ = hello->epoch > setup_.hello.epoch ? epoch_proofs_max : 0;
    if (hello->epoch < setup_.hello.epoch) show_epochs(hello->epoch);
    if (find_peer()) return become_ready();  // again: keys may have been replaced since the handshake
    if (!setup_.hears_strangers) return close(no_seat_reason);
    decoder_.set_limit(epoch_proof_bytes_max + 1);
    is_nobody_ = proofs_left_ == 0;
    if (is_nobody_) send_frame(FrameKind::KeyUnknown, {});
  }

  bool find_peer() {
    peer_ = key_ ? setup_.tls.find(*key_) : std::nullopt;
    return peer_.has_value();
  }

  void show_epochs(ledger::Epoch from) {
    for (const Bytes& proof : setup_.events.epoch_proofs(from)) send_frame(FrameKind::Epochs, proof);
  }

  /// A stranger has to show who it is, in one frame or in several. What one says who cannot is passed over until it hangs
  /// up, or the deadline comes: to close with bytes unread might cost it our answer.
  void on_stranger(const Frame& frame) {
    if (is_nobody_) return;
    if (frame.kind != FrameKind::Epochs) return close("its TLS key is in no seat, and it does not show who it is");
    if (!find_peer()) on_epochs(frame.payload);
    if (!closed_ && find_peer()) become_ready();
  }

  void on_epochs(ByteView proof) {
    if (proofs_left_ == 0) return;
    --proofs_left_;
    setup_.events.epochs_shown(proof);
  }

  void on_key_unknown() {
    close("our TLS key is in no seat that it knows of");
    tell_own_key_refused();
  }

  /// When this link is gone: whether there are others decides what follows.
  void tell_own_key_refused() {
    asio::post(stream_.get_executor(), [self = shared_from_this()] { self->setup_.events.own_key_refused(); });
  }

  void become_ready() {
    if (claimed_ != *peer_ && claimed_ != ledger::no_seat) return close("it claims to be another validator than its TLS key says");
    ready_ = true;
    decoder_.set_limit(setup_.limits.frame_bytes_max);
    setup_.events.ready(*this);
  }

  void send_frame(FrameKind kind, ByteView payload) {
    send(kind, std::make_shared<const Bytes>(encode_frame(kind, payload)));
  }

  void write_more() {
    if (writing_ || closed_ || queue_.empty()) return;
    writing_ = true;
    outgoing_ = queue_.take(write_bytes);
    asio::async_write(stream_, asio::buffer(outgoing_), [self = shared_from_this()](const ErrorCode& error, std::size_t) {
      self->writing_ = false;
      if (error) return self->close("the link broke: " + error.message());
      self->last_sent_ = now();
      self->write_more();
    });
  }

  SessionSetup setup_;
  std::string address_;
  std::unique_ptr<asio::ssl::context> context_;
  asio::ssl::stream<tcp::socket> stream_;
  FrameDecoder decoder_;
  WriteQueue queue_;
  std::array<char, read_bytes> buffer_{};
  Bytes outgoing_;
  std::optional<crypto::PublicKey> key_;
  std::optional<ledger::ReplicaId> peer_;
  ledger::ReplicaId claimed_{};  // in its hello
  TimePoint started_;
  TimePoint frame_started_;
  TimePoint last_received_;
  TimePoint last_sent_;
  bool greeted_ = false;    // its hello is here
  bool is_nobody_ = false;  // a stranger that can show nothing
  std::size_t proofs_left_ = 0;  // of later epochs, that it may show on this link
  bool ready_ = false;
  bool paused_ = false;
  bool writing_ = false;
  bool closed_ = false;
};

}  // namespace

bool WriteQueue::push(FrameKind kind, std::shared_ptr<const Bytes> frame) {
  if (is_bulk(kind)) {
    bulk_bytes_ += frame->size();
    bulk_.push_back(std::move(frame));
    while (bulk_bytes_ > limits_.bulk_queue_bytes_max && bulk_.size() > 1) {
      bulk_bytes_ -= bulk_.front()->size();
      bulk_.pop_front();
      ++dropped_;
    }
    return true;
  }
  protocol_bytes_ += frame->size();
  protocol_.push_back(std::move(frame));
  return protocol_bytes_ <= limits_.protocol_queue_bytes_max;
}

void WriteQueue::move_some(Frames& from, std::size_t& bytes, std::size_t wanted, Bytes& out) {
  while (!from.empty() && (out.empty() || out.size() + from.front()->size() <= wanted)) {
    bytes -= from.front()->size();
    out.append(*from.front());
    from.pop_front();
  }
}

Bytes WriteQueue::take(std::size_t bytes_wanted) {
  Bytes out;
  move_some(protocol_, protocol_bytes_, bytes_wanted, out);
  move_some(bulk_, bulk_bytes_, bytes_wanted, out);
  return out;
}

std::shared_ptr<PeerSession> open_session(tcp::socket socket, SessionSetup setup) {
  auto session = std::make_shared<Session>(std::move(socket), std::move(setup));
  session->start();
  return session;
}

}  // namespace aval::node
