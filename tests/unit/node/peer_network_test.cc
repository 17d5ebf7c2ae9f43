#include "node/peer_network.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "crypto/x509.h"
#include "node/clock.h"
#include "node/seating.h"

namespace aval::node::peer_network_test {
namespace {

constexpr std::int64_t day = 86400;

ledger::ReplicaId replica(std::uint32_t index) { return ledger::ReplicaId{index}; }
std::int64_t today() { return static_cast<std::int64_t>(wall_clock() / 1000); }

/// Four validators with keys, a CA, and the chain they agree on.
struct Consortium {
  Consortium() : ca(crypto::PrivateKey::generate()) {
    ca_pem = crypto::issue_ca_certificate(ca, "consortium", today() - day, 3650).value();
    for (int i = 0; i < 4; ++i) {
      keys.push_back(crypto::PrivateKey::generate());
      ledger::Validator validator;
      validator.member = "bank-" + std::to_string(i);
      validator.vote_key = validator.tls_key = keys.back().public_key();
      chain.validators.validators.push_back(validator);
    }
    chain.chain_id = crypto::sha256("chain");
  }
  Bytes certificate(const crypto::PublicKey& key, std::int64_t from, int days) const {
    return crypto::issue_certificate(ca, ca_pem, key, "bank", from, days).value();
  }
  crypto::PrivateKey ca;
  Bytes ca_pem;
  std::vector<crypto::PrivateKey> keys;
  ledger::ChainConfig chain;
};

const Consortium& consortium() {
  static const Consortium one;
  return one;
}

/// How one end of a test link differs from an honest one.
struct End {
  std::uint32_t id = 0;
  std::uint16_t dials = 9;                    // port of replica 3; 9 answers nobody
  std::uint16_t listens = 0;                  // 0: any free one
  const crypto::PrivateKey* key = nullptr;    // instead of its own
  Bytes certificate;                          // instead of a fresh one
  Hello hello = hello_of(consortium().chain, ledger::ReplicaId{});
  bool says_no_seat = false;
  LinkLimits limits;
  std::function<void()> on_own_key_refused = [] {};
  std::vector<Bytes> proofs;                  // that it shows who is epochs behind
  const crypto::PublicKey* believes = nullptr;  // a stranger's key, replica 0's from when somebody shows "proof"
};

struct Received {
  std::vector<std::pair<std::uint32_t, Bytes>> frames;
};

/// Four seats, of which the last one listens at `port` and nobody at the other addresses.
PeerNetwork::Seats seats_for(std::uint16_t port) {
  PeerNetwork::Seats out;
  const auto& validators = consortium().chain.validators.validators;
  for (std::size_t i = 0; i < validators.size(); ++i) {
    const std::uint16_t listens = i == 3 ? port : std::uint16_t{9};
    out.seats.push_back({{"127.0.0.1", listens}, "bank-" + std::to_string(i), validators[i].tls_key});
  }
  return out;
}

/// Replica 0 has this key now.
void take_for_replica_0(PeerNetwork& network, PeerNetwork::Seats seats, const crypto::PublicKey& key) {
  ledger::ValidatorSet set = consortium().chain.validators;
  set.validators[0].tls_key = seats.seats[0].tls_key = key;
  network.enter(std::move(seats), PeerDirectory(set), std::nullopt);
}

std::unique_ptr<PeerNetwork> open_end(CoreLoop& loop, const End& end, Received& received) {
  const Consortium& all = consortium();
  const crypto::PrivateKey& key = end.key ? *end.key : all.keys[end.id];
  const Bytes certificate =
      end.certificate.empty() ? all.certificate(key.public_key(), today() - day, 30) : end.certificate;
  auto tls = TlsContext::make(key, certificate, all.ca_pem, PeerDirectory(all.chain.validators));
  REQUIRE(tls);
  PeerNetwork::Options options;
  options.listen = {"127.0.0.1", end.listens};
  options.limits = end.limits;
  options.on_own_key_refused = end.on_own_key_refused;
  options.epoch_proofs = [proofs = end.proofs](ledger::Epoch) { return proofs; };
  options.hears_strangers = [hears = end.believes != nullptr] { return hears; };
  PeerNetwork::Seats seats = seats_for(end.dials);
  seats.self = replica(end.id);
  seats.hello = end.hello;
  seats.hello.replica = end.says_no_seat ? ledger::no_seat : seats.self;
  const auto opened = std::make_shared<PeerNetwork*>();
  if (end.believes != nullptr) {
    options.on_epochs = [opened, seats, key = *end.believes](ByteView proof) {
      if (proof == "proof") take_for_replica_0(**opened, seats, key);
    };
  }
  auto network = PeerNetwork::start(loop, std::move(*tls), options, std::move(seats), [&received](ledger::ReplicaId from, Frame frame) {
    received.frames.emplace_back(ledger::number(from), frame.payload);
    return true;
  });
  REQUIRE(network);
  *opened = network->get();
  return std::move(*network);
}

/// Runs the loop until `condition` holds or the time is up; says whether it held.
bool run_until(CoreLoop& loop, Duration limit, const std::function<bool()>& condition) {
  Timer timer(loop);
  bool held = false;
  const TimePoint end = now() + limit;
  std::function<void()> look = [&] {
    held = condition();
    if (held || now() > end) return loop.stop();
    timer.arm(now() + std::chrono::milliseconds(2), look);
  };
  look();
  if (!held) loop.run();
  loop.rearm();
  return held;
}

constexpr Duration soon = std::chrono::seconds(5);
constexpr Duration a_while = std::chrono::milliseconds(700);

/// Replica 3, which listens, and replica 0 or who plays it, which dials; each with its peculiarities.
struct Pair {
  Pair(End listener, End dialler) : dials(replica(dialler.id)) {
    listener.id = 3;
    server = open_end(loop, listener, at_server);
    dialler.dials = server->port();
    client = open_end(loop, dialler, at_client);
  }
  ~Pair() {
    client->stop();
    server->stop();
  }
  bool links_up(Duration limit) {
    return run_until(loop, limit, [&] { return server->connected(dials) && client->connected(replica(3)); });
  }

  ledger::ReplicaId dials;
  CoreLoop loop;
  Received at_server;
  Received at_client;
  std::unique_ptr<PeerNetwork> server;
  std::unique_ptr<PeerNetwork> client;
};

bool links_up(const End& dialler, Duration limit) { return Pair(End{}, dialler).links_up(limit); }

/// The two with the link between them up.
struct Linked : Pair {
  Linked() : Pair(End{}, End{}) { REQUIRE(links_up(soon)); }
};

/// A stranger's TCP connection that says `bytes`; true when the other end closes it.
bool is_hung_up_on(CoreLoop& loop, std::uint16_t port, ByteView bytes, Duration limit) {
  const int link = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(link, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  bool sent = false;
  const bool closed = run_until(loop, limit, [&] {
    if (!sent) sent = ::send(link, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    char answer[256];
    const ssize_t n = ::recv(link, answer, sizeof answer, 0);
    return sent && (n == 0 || (n < 0 && errno == ECONNRESET));
  });
  ::close(link);
  return closed;
}

}  // namespace

TEST_CASE("NW-12 a peer that is shunned has no link until the time is over, whoever dials", "[network]") {
  for (const bool by_server : {true, false}) {
    Linked pair;
    PeerNetwork& shunning = by_server ? *pair.server : *pair.client;
    const ledger::ReplicaId peer = replica(by_server ? 0 : 3);
    const TimePoint begun = now();
    shunning.shun(peer, std::chrono::seconds(1), "a test");
    CHECK(shunning.is_shunned(peer));
    REQUIRE(run_until(pair.loop, soon, [&] { return !shunning.connected(peer); }));
    CHECK(run_until(pair.loop, soon, [&] { return shunning.connected(peer); }));
    CHECK(now() - begun >= std::chrono::seconds(1));
    CHECK_FALSE(shunning.is_shunned(peer));
  }
}

TEST_CASE("two validators link up and their frames arrive in order", "[network]") {
  Linked pair;
  for (int i = 0; i < 100; ++i) pair.client->send(std::nullopt, FrameKind::Protocol, std::to_string(i));
  pair.server->send(replica(0), FrameKind::Bulk, Bytes(1U << 20U, 'b'));
  pair.server->send(replica(1), FrameKind::Bulk, "to nobody");
  REQUIRE(run_until(pair.loop, soon, [&] {
    return pair.at_server.frames.size() == 100 && pair.at_client.frames.size() == 1;
  }));
  for (std::size_t i = 0; i < 100; ++i) REQUIRE(pair.at_server.frames[i] == std::pair(0U, Bytes(std::to_string(i))));
  REQUIRE(pair.at_client.frames[0].second.size() == 1U << 20U);
}

TEST_CASE("a link comes back by itself after the other end was away, at another address once its seat names that",
          "[network][NW-18]") {
  const bool moved = GENERATE(false, true);
  Linked pair;
  const auto is_linked = [&] { return pair.client->connected(replica(3)); };
  End returning;
  returning.id = 3;
  returning.listens = moved ? std::uint16_t{0} : pair.server->port();
  pair.server->stop();
  REQUIRE(run_until(pair.loop, soon, [&] { return !is_linked(); }));
  Received at_returned;
  const auto returned = open_end(pair.loop, returning, at_returned);
  if (moved) {
    PeerNetwork::Seats seats = seats_for(returned->port());
    seats.hello = hello_of(consortium().chain, seats.self);
    pair.client->enter(seats, PeerDirectory(consortium().chain.validators), std::nullopt);
  }
  REQUIRE(run_until(pair.loop, soon, [&] { return is_linked() && returned->connected(replica(0)); }));
  pair.client->send(replica(3), FrameKind::Protocol, "here again");
  CHECK(run_until(pair.loop, soon, [&] { return !at_returned.frames.empty(); }));
  returned->stop();
}

TEST_CASE("a peer whose name does not resolve is tried again, nothing waits for it, and its new address is taken",
          "[network][NW-18]") {
  Linked pair;
  const auto is_linked = [&] { return pair.client->connected(replica(3)); };
  pair.server->stop();
  REQUIRE(run_until(pair.loop, soon, [&] { return !is_linked(); }));
  End returning;
  returning.id = 3;
  Received at_returned;
  const auto returned = open_end(pair.loop, returning, at_returned);
  const auto move_to = [&](const std::string& host) {
    PeerNetwork::Seats seats = seats_for(returned->port());
    seats.seats[3].address.host = host;
    seats.hello = hello_of(consortium().chain, seats.self);
    pair.client->enter(seats, PeerDirectory(consortium().chain.validators), std::nullopt);
  };
  move_to("nowhere.invalid");
  TimePoint last = now();
  Duration longest{};
  CHECK_FALSE(run_until(pair.loop, a_while, [&] {
    longest = std::max(longest, now() - std::exchange(last, now()));
    return is_linked();
  }));
  CHECK(longest < a_while / 2);  // names are looked up on another thread
  move_to("localhost");
  CHECK(run_until(pair.loop, soon, is_linked));
  returned->stop();
}

TEST_CASE("a certificate that has expired or is not valid yet still links a validator", "[network][NW-13]") {
  const auto& key = consortium().keys[0].public_key();
  End expired;
  expired.certificate = consortium().certificate(key, today() - 40 * day, 30);
  REQUIRE(links_up(expired, soon));
  End early;
  early.certificate = consortium().certificate(key, today() + 10 * day, 30);
  REQUIRE(links_up(early, soon));
}

TEST_CASE("a self-signed certificate of a validator's key links it", "[network][NW-13]") {
  End self_signed;
  self_signed.certificate = crypto::issue_ca_certificate(consortium().keys[0], "self", today() - day, 30).value();
  REQUIRE(links_up(self_signed, soon));
}

TEST_CASE("a stranger's key is refused, whoever signed its certificate", "[network][NW-13]") {
  const auto stranger = crypto::PrivateKey::generate();
  End signed_by_our_ca;
  signed_by_our_ca.key = &stranger;
  REQUIRE_FALSE(links_up(signed_by_our_ca, a_while));
  End self_signed = signed_by_our_ca;
  self_signed.certificate = crypto::issue_ca_certificate(stranger, "bank-0", today() - day, 30).value();
  REQUIRE_FALSE(links_up(self_signed, a_while));
}

TEST_CASE("a node whose key is refused hears so, and links up once it shows the key that the peer knows", "[network]") {
  CoreLoop loop;
  Received received;
  int refused_listener = 0, refused_dialler = 0;
  End listener;
  listener.id = 3;
  listener.on_own_key_refused = [&] { ++refused_listener; };
  const auto server = open_end(loop, listener, received);
  const auto former = crypto::PrivateKey::generate();
  End dialler;
  dialler.key = &former;
  dialler.dials = server->port();
  dialler.on_own_key_refused = [&] { ++refused_dialler; };
  const auto client = open_end(loop, dialler, received);
  REQUIRE(run_until(loop, soon, [&] { return refused_dialler > 0; }));
  REQUIRE(refused_listener == 0);
  REQUIRE_FALSE(client->connected(replica(3)));

  const Consortium& all = consortium();
  PeerDirectory directory(all.chain.validators);
  auto own = TlsContext::make(all.keys[0], all.certificate(all.keys[0].public_key(), today() - day, 30), all.ca_pem, directory);
  PeerNetwork::Seats seats = seats_for(server->port());
  seats.hello = dialler.hello;
  seats.hello.replica = seats.self;
  client->enter(seats, directory, std::move(*own));
  REQUIRE(run_until(loop, soon, [&] { return server->connected(replica(0)) && client->connected(replica(3)); }));
  client->stop();
  server->stop();
}

TEST_CASE("a stranger has a link once it shows a node that listens that a later epoch gives it a seat", "[network]") {
  const auto key = crypto::PrivateKey::generate();
  const auto is_let_in = [&](const std::vector<Bytes>& proofs, std::uint64_t epoch, bool listens) {
    End listener, stranger;
    if (listens) listener.believes = &key.public_key();
    stranger.key = &key;
    stranger.proofs = proofs;
    stranger.hello.epoch = ledger::Epoch{epoch};
    Pair pair(listener, stranger);
    const bool shows = !proofs.empty() && proofs.back() == "proof" && listens;
    const bool is_up =
        run_until(pair.loop, shows ? soon : a_while, [&] { return pair.server->connected(replica(0)); });
    if (is_up) pair.client->send(std::nullopt, FrameKind::Protocol, "hello");
    return is_up && run_until(pair.loop, soon, [&] { return pair.at_server.frames.size() == 1; });
  };
  CHECK(is_let_in({"proof"}, 1, true));
  CHECK(is_let_in({"the first part", "proof"}, 1, true));
  CHECK_FALSE(is_let_in({"another"}, 1, true));
  CHECK_FALSE(is_let_in({}, 1, true));
  CHECK_FALSE(is_let_in({"another"}, 0, true));
  CHECK_FALSE(is_let_in({"proof"}, 1, false));
}

TEST_CASE("what a peer whose key is known shows of later epochs is heard as well", "[network]") {
  const auto later = crypto::PrivateKey::generate();
  End listener, ahead;
  listener.believes = &later.public_key();
  ahead.proofs = {"proof"};  // which shows that its own key is no longer replica 0's
  ahead.hello.epoch = ledger::Epoch{1};
  Pair pair(listener, ahead);
  REQUIRE(run_until(pair.loop, soon, [&] { return pair.client->connected(replica(3)); }));
  CHECK(run_until(pair.loop, soon, [&] { return !pair.client->connected(replica(3)); }));
  CHECK_FALSE(run_until(pair.loop, a_while, [&] { return pair.server->connected(replica(0)); }));
}

TEST_CASE("a stranger that has no later epoch to show is told that its key is nobody's, when its link is gone", "[network]") {
  const auto other = crypto::PrivateKey::generate();
  const auto key = crypto::PrivateKey::generate();
  PeerNetwork* told = nullptr;
  int refused = 0;
  End listener, stranger;
  listener.believes = &other.public_key();
  stranger.key = &key;
  stranger.on_own_key_refused = [&] {
    ++refused;
    CHECK_FALSE(told->connected(replica(3)));
  };
  Pair pair(listener, stranger);
  told = pair.client.get();
  REQUIRE(run_until(pair.loop, soon, [&] { return refused > 0; }));
  CHECK_FALSE(pair.server->connected(replica(0)));
}

TEST_CASE("a quorum is reached by links with voters, and with the node itself if it votes", "[network]") {
  Linked pair;  // replicas 0 and 3
  ledger::ValidatorSet set = consortium().chain.validators;
  CHECK_FALSE(reaches_quorum(*pair.server, set, replica(3)));
  set.validators[1].standing = set.validators[2].standing = ledger::SeatStanding::Observer;  // two voters
  CHECK(reaches_quorum(*pair.server, set, replica(3)));
  CHECK_FALSE(reaches_quorum(*pair.server, set, ledger::no_seat));
  set.validators[1].standing = ledger::SeatStanding::Voter;  // of three, one without a link
  set.validators[0].standing = ledger::SeatStanding::Observer;
  CHECK_FALSE(reaches_quorum(*pair.server, set, replica(3)));
}

TEST_CASE("a validator that claims to be another one is refused", "[network][NW-13]") {
  End imposter;
  imposter.id = 0;
  imposter.key = &consortium().keys[1];
  REQUIRE_FALSE(links_up(imposter, a_while));
}

TEST_CASE("a validator of another chain or other parameters is refused", "[network]") {
  End other_chain;
  other_chain.hello.chain_id = crypto::sha256("other");
  REQUIRE_FALSE(links_up(other_chain, a_while));
  End other_parameters;
  other_parameters.hello.parameters = crypto::sha256("other");
  REQUIRE_FALSE(links_up(other_parameters, a_while));
}

TEST_CASE("a newer link of the same peer replaces the older one", "[network][NW-15]") {
  CoreLoop loop;
  Received received;
  End listener;
  listener.id = 3;
  const auto server = open_end(loop, listener, received);
  End dialler;
  dialler.dials = server->port();
  const auto first = open_end(loop, dialler, received);
  REQUIRE(run_until(loop, soon, [&] { return server->connected(replica(0)); }));
  const auto second = open_end(loop, dialler, received);
  REQUIRE(run_until(loop, soon, [&] { return second->connected(replica(3)); }));
  first->stop();
  REQUIRE(run_until(loop, soon, [&] { return server->connected(replica(0)) && second->connected(replica(3)); }));
  second->stop();
  server->stop();
}

TEST_CASE("who does not speak TLS is hung up on, at once or at the handshake's deadline", "[network][NW-06][NW-08]") {
  CoreLoop loop;
  Received received;
  End listener;
  listener.id = 3;
  listener.limits.handshake_max = std::chrono::milliseconds(300);
  const auto server = open_end(loop, listener, received);
  REQUIRE(is_hung_up_on(loop, server->port(), "GET / HTTP/1.1\r\n\r\n", soon));
  REQUIRE(is_hung_up_on(loop, server->port(), Bytes(64, '\xff'), soon));
  REQUIRE(is_hung_up_on(loop, server->port(), "\x16", soon));
  REQUIRE(received.frames.empty());
  server->stop();
}

TEST_CASE("GV-12 in another epoch unchanged links stay up, and one whose seat has another TLS key is closed",
          "[network]") {
  const bool changed = GENERATE(false, true);
  Linked pair;
  ledger::ValidatorSet set = consortium().chain.validators;
  PeerNetwork::Seats seats = seats_for(9);
  seats.self = replica(3);
  if (changed) {
    set.validators[0].tls_key = crypto::PrivateKey::generate().public_key();
    seats.seats[0].tls_key = set.validators[0].tls_key;
  }
  pair.server->enter(seats, PeerDirectory(set), std::nullopt);
  const auto is_linked = [&] { return pair.server->connected(replica(0)); };
  const auto is_cut = [&] { return !is_linked(); };
  if (changed) {
    CHECK(run_until(pair.loop, soon, is_cut));
    CHECK_FALSE(run_until(pair.loop, a_while, is_linked));
  } else {
    CHECK_FALSE(run_until(pair.loop, a_while, is_cut));
  }
}

TEST_CASE("a node that has no seat yet is known by its TLS key", "[network]") {
  End joins;
  joins.says_no_seat = true;
  CHECK(links_up(joins, soon));
}

TEST_CASE("a port that is taken is refused by its name", "[network]") {
  CoreLoop loop;
  Received received;
  End listener;
  const auto server = open_end(loop, listener, received);
  const Consortium& all = consortium();
  auto tls = TlsContext::make(all.keys[0], all.certificate(all.keys[0].public_key(), today(), 30), {},
                              PeerDirectory(all.chain.validators));
  PeerNetwork::Options options;
  options.listen = {"127.0.0.1", server->port()};
  const auto second = PeerNetwork::start(loop, std::move(*tls), options, {}, {});
  REQUIRE_FALSE(second);
  REQUIRE_THAT(second.error().message, Catch::Matchers::Contains("127.0.0.1:" + std::to_string(server->port())));
  server->stop();
}

TEST_CASE("a TLS certificate for another key than ours is refused", "[network]") {
  const Consortium& all = consortium();
  const auto tls = TlsContext::make(all.keys[0], all.certificate(all.keys[1].public_key(), today(), 30), {},
                                    PeerDirectory(all.chain.validators));
  REQUIRE_FALSE(tls);
}

}  // namespace aval::node::peer_network_test
