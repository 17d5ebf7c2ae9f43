#include "node/peer_network.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "node/clock.h"
#include "node/host_port.h"
#include "node/log.h"
#include "node/open_session.h"
#include "node/rate_limit.h"

namespace aval::node {

namespace {

constexpr std::size_t handshakes_max = 128;  // accepted links that have not said who they are; more are closed at once
constexpr Duration check_interval = std::chrono::milliseconds(250);
constexpr Duration dial_pause_min = std::chrono::milliseconds(50);
constexpr Duration dial_pause_max = std::chrono::seconds(1);
constexpr Duration dial_max = std::chrono::seconds(5);
constexpr std::uint32_t log_lines_per_second = 10;
constexpr std::size_t former_tls_max = 8;  // by then the handshakes of older ones have met their deadline

std::size_t index_of(ledger::ReplicaId id) { return ledger::number(id); }

/// The calling side of one pair: when to try again.
struct Dialler {
  Dialler(CoreLoop& loop, std::size_t to) : peer(to), pause_timer(loop), deadline(loop), resolver(loop.context()) {}
  std::size_t peer;
  Duration pause = dial_pause_min;
  Timer pause_timer;
  Timer deadline;
  tcp::resolver resolver;
  std::shared_ptr<tcp::socket> socket;
};

}  // namespace

struct PeerNetwork::Impl {
  Impl(CoreLoop& core, TlsContext context, Options given, OnFrame handler)
      : loop(core),
        tls(std::move(context)),
        options(std::move(given)),
        on_frame(std::move(handler)),
        acceptor(core.context()),
        check_timer(core),
        accept_timer(core),
        refusals(log_lines_per_second) {}

  Result<void> listen();
  void accept();
  void on_accept(const ErrorCode& error, tcp::socket socket);
  void take_seats(Seats fresh);
  void close_link(std::size_t peer, const std::string& reason);
  void dial_all();
  void dial(Dialler& dialler);
  void connect(Dialler& dialler, const tcp::resolver::results_type& where);
  void dial_later(Dialler& dialler);
  void open(tcp::socket socket, LinkRole role, std::optional<std::size_t> expected);
  void on_ready(PeerSession& session, LinkRole role, std::optional<std::size_t> expected);
  void on_closed(PeerSession& session, const std::string& reason, std::optional<std::size_t> expected);
  void check_all();
  Dialler* dialler_of(std::size_t peer);
  std::string name_of(std::size_t peer) const { return seating.seats[peer].member; }

  CoreLoop& loop;
  TlsContext tls;
  std::deque<TlsContext> former_tls;  // handshakes that were begun still look into them
  Options options;
  Seats seating;
  OnFrame on_frame;
  tcp::acceptor acceptor;
  Timer check_timer;
  Timer accept_timer;
  RateLimit refusals;
  std::vector<std::shared_ptr<PeerSession>> live;              // by ReplicaId
  std::vector<TimePoint> shunned_until;                        // by ReplicaId
  std::map<PeerSession*, std::shared_ptr<PeerSession>> sessions;  // all that are not closed
  std::vector<std::unique_ptr<Dialler>> diallers;
  std::size_t handshakes = 0;
  bool stopped = false;
};

Result<void> PeerNetwork::Impl::listen() {
  const std::string address = to_text(options.listen);
  ErrorCode error;
  const auto ip = asio::ip::make_address(options.listen.host, error);
  if (error) return unexpected(Error::Code::Malformed, "p2p.listen " + address + ": the host must be an IP address");
  const tcp::endpoint endpoint(ip, options.listen.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return unexpected(Error::Code::Refused, "cannot listen on p2p.listen " + address + ": " + error.message());
  return {};
}

void PeerNetwork::Impl::accept() {
  acceptor.async_accept([this](const ErrorCode& error, tcp::socket socket) { on_accept(error, std::move(socket)); });
}

void PeerNetwork::Impl::on_accept(const ErrorCode& error, tcp::socket socket) {
  if (stopped || error == asio::error::operation_aborted) return;
  if (error) {  // out of file descriptors, most likely: waiting is all that helps
    accept_timer.arm(now() + check_interval, [this] { accept(); });
    return;
  }
  if (handshakes < handshakes_max) open(std::move(socket), LinkRole::Accepted, std::nullopt);
  accept();
}

Dialler* PeerNetwork::Impl::dialler_of(std::size_t peer) {
  for (const auto& dialler : diallers) {
    if (dialler->peer == peer) return dialler.get();
  }
  return nullptr;
}

void PeerNetwork::Impl::take_seats(Seats fresh) {
  AVAL_CHECK(fresh.seats.size() >= seating.seats.size());
  seating = std::move(fresh);
  live.resize(seating.seats.size());
  shunned_until.resize(seating.seats.size());
}

void PeerNetwork::Impl::close_link(std::size_t peer, const std::string& reason) {
  if (const auto session = live[peer]) session->close(reason);
}

/// Those with a higher number that are not dialled yet.
void PeerNetwork::Impl::dial_all() {
  for (std::size_t peer = index_of(seating.self) + 1; peer < seating.seats.size(); ++peer) {
    if (dialler_of(peer) != nullptr) continue;
    diallers.push_back(std::make_unique<Dialler>(loop, peer));
    dial(*diallers.back());
  }
}

void PeerNetwork::Impl::dial(Dialler& dialler) {
  const Seat& seat = seating.seats[dialler.peer];
  if (stopped || !seat.is_held) return;
  if (now() < shunned_until[dialler.peer]) {
    return dialler.pause_timer.arm(shunned_until[dialler.peer], [this, &dialler] { dial(dialler); });
  }
  const HostPort address = seat.address;
  dialler.deadline.arm(now() + dial_max, [&dialler] {
    dialler.resolver.cancel();
    ErrorCode ignored;
    if (dialler.socket) dialler.socket->close(ignored);
  });
  const std::string port = std::to_string(address.port);
  ErrorCode not_numeric;  // an IP address needs no resolver, nor the thread that Asio starts for one
  const auto ip = asio::ip::make_address(address.host, not_numeric);
  if (!not_numeric) {
    return connect(dialler, tcp::resolver::results_type::create(tcp::endpoint(ip, address.port), address.host, port));
  }
  dialler.resolver.async_resolve(address.host, port,
                                 [this, &dialler](const ErrorCode& error, const tcp::resolver::results_type& where) {
                                   if (error) return dial_later(dialler);
                                   connect(dialler, where);
                                 });
}

void PeerNetwork::Impl::connect(Dialler& dialler, const tcp::resolver::results_type& where) {
  auto socket = std::make_shared<tcp::socket>(loop.context());
  dialler.socket = socket;
  asio::async_connect(*socket, where, [this, &dialler, socket](const ErrorCode& error, const tcp::endpoint&) {
    dialler.deadline.cancel();
    dialler.socket.reset();
    if (error || stopped) return dial_later(dialler);
    open(std::move(*socket), LinkRole::Dialled, dialler.peer);
  });
}

void PeerNetwork::Impl::dial_later(Dialler& dialler) {
  if (stopped) return;
  dialler.pause_timer.arm(now() + dialler.pause, [this, &dialler] { dial(dialler); });
  dialler.pause = std::min(dialler.pause * 2, dial_pause_max);
}

void PeerNetwork::Impl::open(tcp::socket socket, LinkRole role, std::optional<std::size_t> expected) {
  PeerSession::Events events;
  events.ready = [this, role, expected](PeerSession& session) { on_ready(session, role, expected); };
  events.frame = [this](PeerSession& session, Frame frame) { return on_frame(*session.peer(), std::move(frame)); };
  events.closed = [this, expected](PeerSession& session, const std::string& reason) {
    on_closed(session, reason, expected);
  };
  events.own_key_refused = [this] {
    if (!stopped) options.on_own_key_refused();
  };
  events.epoch_proofs = options.epoch_proofs;
  events.epochs_shown = [this](ByteView proof) {
    if (!stopped) options.on_epochs(proof);
  };
  const bool hears_strangers = options.hears_strangers();
  tls.admit_strangers(hears_strangers);
  auto session =
      open_session(std::move(socket), {tls, role, seating.hello, options.limits, hears_strangers, std::move(events)});
  if (!expected) ++handshakes;
  sessions.emplace(session.get(), session);
}

void PeerNetwork::Impl::on_ready(PeerSession& session, LinkRole role, std::optional<std::size_t> expected) {
  const std::size_t peer = index_of(*session.peer());
  if (!expected) --handshakes;
  if (role == LinkRole::Accepted && peer >= index_of(seating.self)) return session.close("it is not the one to dial");
  if (expected && peer != *expected) return session.close("another validator answers at this address");
  if (now() < shunned_until[peer]) return session.close("it has no link for a time");
  if (live[peer]) live[peer]->close("replaced by a newer link");
  live[peer] = sessions.at(&session);
  if (Dialler* dialler = dialler_of(peer)) dialler->pause = dial_pause_min;
  log_info("link to " + name_of(peer) + " at " + session.address() + " is up");
}

void PeerNetwork::Impl::on_closed(PeerSession& session, const std::string& reason,
                                  std::optional<std::size_t> expected) {
  if (!expected && !session.is_ready()) --handshakes;
  const auto kept = sessions.extract(&session);
  const std::string who = session.peer() ? name_of(index_of(*session.peer())) + " at " : "";
  if (!stopped && refusals.allow(now())) {
    log_warn((session.is_ready() ? "link to " : "refused link with ") + who + session.address() + ": " + reason);
  }
  if (session.peer() && live[index_of(*session.peer())].get() == &session) live[index_of(*session.peer())].reset();
  if (expected) {
    if (Dialler* dialler = dialler_of(*expected)) dial_later(*dialler);
  }
}

void PeerNetwork::Impl::check_all() {
  std::vector<std::shared_ptr<PeerSession>> all;  // a session that closes leaves the map later
  for (const auto& [pointer, session] : sessions) all.push_back(session);
  const TimePoint time = now();
  for (const auto& session : all) session->check(time);
  if (!stopped) check_timer.arm(time + check_interval, [this] { check_all(); });
}

PeerNetwork::PeerNetwork(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PeerNetwork::~PeerNetwork() = default;

Result<std::unique_ptr<PeerNetwork>> PeerNetwork::start(CoreLoop& loop, TlsContext tls, Options options, Seats seats,
                                                        OnFrame on_frame) {
  auto impl = std::make_unique<Impl>(loop, std::move(tls), std::move(options), std::move(on_frame));
  impl->take_seats(std::move(seats));
  AVAL_TRY(impl->listen());
  impl->accept();
  impl->dial_all();
  impl->check_all();
  return std::unique_ptr<PeerNetwork>(new PeerNetwork(std::move(impl)));
}

void PeerNetwork::enter(Seats seats, PeerDirectory directory, std::optional<TlsContext> own) {
  const std::vector<Seat> before = impl_->seating.seats;
  impl_->take_seats(std::move(seats));
  if (own) impl_->former_tls.push_back(std::exchange(impl_->tls, std::move(*own)));
  if (impl_->former_tls.size() > former_tls_max) impl_->former_tls.pop_front();
  impl_->tls.know(std::move(directory));
  for (std::size_t peer = 0; peer < before.size(); ++peer) {
    const Seat& seat = impl_->seating.seats[peer];
    if (own || !seat.is_held) impl_->close_link(peer, own ? "this node has another TLS key now" : "its seat was left");
    if (seat.tls_key != before[peer].tls_key) impl_->close_link(peer, "its seat has another TLS key now");
  }
  impl_->dial_all();
}

void PeerNetwork::send(std::optional<ledger::ReplicaId> to, FrameKind kind, ByteView payload) {
  const auto frame = std::make_shared<const Bytes>(encode_frame(kind, payload));
  for (std::size_t peer = 0; peer < impl_->live.size(); ++peer) {
    if (to && index_of(*to) != peer) continue;
    if (const auto session = impl_->live[peer]) session->send(kind, frame);
  }
}

void PeerNetwork::resume_reading(ledger::ReplicaId peer) {
  if (const auto session = impl_->live[index_of(peer)]) session->resume_reading();
}

void PeerNetwork::shun(ledger::ReplicaId peer, Duration time, const std::string& reason) {
  impl_->shunned_until[index_of(peer)] = now() + time;
  impl_->close_link(index_of(peer), reason);
}

bool PeerNetwork::is_shunned(ledger::ReplicaId peer) const { return now() < impl_->shunned_until[index_of(peer)]; }

bool PeerNetwork::connected(ledger::ReplicaId peer) const { return impl_->live[index_of(peer)] != nullptr; }

std::uint16_t PeerNetwork::port() const {
  ErrorCode ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

void PeerNetwork::stop() {
  impl_->stopped = true;
  ErrorCode ignored;
  impl_->acceptor.close(ignored);
  impl_->check_timer.cancel();
  for (const auto& [pointer, session] : impl_->sessions) session->close("this node stops");
  for (const auto& dialler : impl_->diallers) {
    dialler->pause_timer.cancel();
    dialler->deadline.cancel();
    dialler->resolver.cancel();
  }
}

}  // namespace aval::node
