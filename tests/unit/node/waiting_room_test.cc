#include "node/waiting_room.h"

#include <catch2/catch.hpp>

namespace aval::node::waiting_room_test {
namespace {

using Kind = TxState::Kind;

ledger::Envelope envelope(const std::string& name, const std::string& member = "bank-a", std::uint64_t until = 100,
                          char signature = 'x') {
  ledger::Envelope made;
  made.tx_id = crypto::sha256(name);
  made.bytes = Bytes(100, signature);
  made.body.member = member;
  made.body.client_ref = name;
  made.body.valid_until = ledger::Height{until};
  return made;
}

ledger::EnvelopePtr shared(ledger::Envelope envelope) {
  return std::make_shared<const ledger::Envelope>(std::move(envelope));
}

ledger::Receipt receipt(const std::string& name, std::uint32_t status = 0) {
  ledger::Receipt made;
  made.tx_id = crypto::sha256(name);
  made.status = status;
  return made;
}

TimePoint at(int ms) { return TimePoint(std::chrono::milliseconds(ms)); }

/// Notes what was answered.
struct Answers {
  std::vector<Kind> kinds;
  ApiBackend::Answer next() {
    return [this](const Result<TxState>& answer) { kinds.push_back(answer->kind); };
  }
};

bool admitted(WaitingRoom& room, const ledger::Envelope& envelope) {
  const auto taken = room.admit(shared(envelope));
  return taken && *taken;
}

}  // namespace

TEST_CASE("a waiter is answered once, with the end of its transaction", "[waiting]") {
  WaitingRoom room({});
  Answers answers;
  REQUIRE(admitted(room, envelope("a")));
  room.wait(envelope("a").tx_id, at(100), answers.next());
  room.finalised(ledger::Height{1}, {receipt("other"), receipt("a")});
  room.expire_waiters(at(200));
  room.finalised(ledger::Height{2}, {receipt("a")});
  REQUIRE(answers.kinds == std::vector{Kind::Committed});
  REQUIRE(room.size() == 0);
}

TEST_CASE("a waiter whose time runs out is told that the transaction is pending", "[waiting]") {
  WaitingRoom room({});
  Answers answers;
  REQUIRE(admitted(room, envelope("a")));
  room.wait(envelope("a").tx_id, at(100), answers.next());
  REQUIRE(room.next_deadline() == at(100));
  room.expire_waiters(at(99));
  REQUIRE(answers.kinds.empty());
  room.expire_waiters(at(100));
  REQUIRE(answers.kinds == std::vector{Kind::Pending});
  REQUIRE(room.is_pending(envelope("a").tx_id));
  room.finalised(ledger::Height{1}, {receipt("a")});
  REQUIRE(answers.kinds.size() == 1);
}

TEST_CASE("the same transaction again waits for the same end", "[waiting][AP-09]") {
  WaitingRoom room({});
  Answers answers;
  REQUIRE(admitted(room, envelope("a")));
  const auto again = room.admit(shared(envelope("a")));
  REQUIRE((again && !*again));
  for (int i = 0; i < 5; ++i) room.wait(envelope("a").tx_id, at(100), answers.next());
  room.finalised(ledger::Height{1}, {receipt("a", 10)});
  REQUIRE(answers.kinds == std::vector(5, Kind::Rejected));
}

TEST_CASE("a client reference that names another pending transaction is a conflict", "[waiting][AP-09]") {
  WaitingRoom room({});
  REQUIRE(admitted(room, envelope("a")));
  ledger::Envelope other = envelope("b");
  other.body.client_ref = "a";
  REQUIRE(room.admit(shared(other)).error().code == Error::Code::Conflict);
  other.body.member = "bank-b";
  REQUIRE(admitted(room, other));
  room.finalised(ledger::Height{1}, {receipt("a")});
  ledger::Envelope later = envelope("c");
  later.body.client_ref = "a";
  REQUIRE(admitted(room, later));
}

TEST_CASE("an end that a reader's snapshot may not show yet is remembered", "[waiting]") {
  WaitingRoom::Limits limits;
  limits.remembered_max = 2;
  WaitingRoom room(limits);
  for (const char* name : {"a", "b", "c"}) {
    REQUIRE(admitted(room, envelope(name)));
    room.finalised(ledger::Height{1}, {receipt(name)});
  }
  REQUIRE(room.recent_end(envelope("a").tx_id) == nullptr);
  REQUIRE(room.recent_end(envelope("b").tx_id)->kind == Kind::Committed);
  REQUIRE(room.recent_end(envelope("c").tx_id)->height == ledger::Height{1});
}

TEST_CASE("a transaction that can not be included any more is expired", "[waiting]") {
  WaitingRoom room({});
  Answers answers;
  REQUIRE(admitted(room, envelope("a", "bank-a", 5)));
  room.wait(envelope("a").tx_id, at(1000), answers.next());
  room.finalised(ledger::Height{4}, {});
  REQUIRE(answers.kinds.empty());
  room.finalised(ledger::Height{5}, {});
  REQUIRE(answers.kinds == std::vector{Kind::Expired});
  REQUIRE(room.size() == 0);
}

TEST_CASE("AP-13 a member at its share is told so and others are still taken; room made is room again", "[waiting]") {
  WaitingRoom::Limits limits;
  limits.transactions_max = 3;
  limits.transactions_per_member_max = 2;
  WaitingRoom room(limits);
  REQUIRE(admitted(room, envelope("a")));
  REQUIRE(admitted(room, envelope("b")));
  REQUIRE(room.admit(shared(envelope("c"))).error().code == Error::Code::Quota);
  REQUIRE(admitted(room, envelope("c", "bank-b")));
  REQUIRE(room.admit(shared(envelope("d", "bank-c"))).error().code == Error::Code::Unavailable);
  room.finalised(ledger::Height{1}, {receipt("a")});
  REQUIRE(admitted(room, envelope("d")));

  limits = {};
  limits.bytes_max = 150;
  WaitingRoom narrow(limits);
  REQUIRE(admitted(narrow, envelope("a")));
  REQUIRE(narrow.admit(shared(envelope("b"))).error().code == Error::Code::Unavailable);
}

TEST_CASE("more waiters than allowed are told at once that the transaction is pending", "[waiting]") {
  WaitingRoom::Limits limits;
  limits.waiters_per_transaction_max = 1;
  WaitingRoom room(limits);
  Answers answers;
  REQUIRE(admitted(room, envelope("a")));
  room.wait(envelope("a").tx_id, at(100), answers.next());
  room.wait(envelope("a").tx_id, at(100), answers.next());
  REQUIRE(answers.kinds == std::vector{Kind::Pending});
}

TEST_CASE("when the node stops everyone is told that the transaction is pending", "[waiting][OP-04]") {
  WaitingRoom room({});
  Answers answers;
  for (const char* name : {"a", "b"}) {
    REQUIRE(admitted(room, envelope(name)));
    room.wait(envelope(name).tx_id, at(100), answers.next());
  }
  room.close();
  room.expire_waiters(at(1000));
  REQUIRE(answers.kinds == std::vector(2, Kind::Pending));
}

TEST_CASE("who waits for an envelope that left no trace is told so, and its body may come again", "[waiting]") {
  WaitingRoom room({});
  std::vector<std::string> answers;
  REQUIRE(admitted(room, envelope("a")));
  room.wait(envelope("a").tx_id, at(100), [&](const Result<TxState>& answer) {
    REQUIRE_FALSE(answer);
    answers.push_back(answer.error().message);
  });
  const Result<TxState> why = unexpected(Error::Code::Refused, "AVKR");
  room.passed_over(envelope("a", "bank-a", 100, 'y'), why);  // somebody else's signature on the same body
  room.passed_over(envelope("b"), why);
  REQUIRE(answers.empty());
  room.passed_over(envelope("a"), why);
  REQUIRE(answers == std::vector<std::string>{"AVKR"});
  REQUIRE(room.size() == 0);
  REQUIRE(admitted(room, envelope("a", "bank-a", 100, 'z')));
}

TEST_CASE("who waits for a transaction that has its end already gets it when a copy comes up", "[waiting]") {
  WaitingRoom room({});
  Answers answers;
  REQUIRE(admitted(room, envelope("a")));  // its end was not in the view it was admitted against
  room.wait(envelope("a").tx_id, at(100), answers.next());
  TxState end;
  end.kind = Kind::Committed;
  room.passed_over(envelope("a", "bank-a", 100, 'y'), end);
  REQUIRE(answers.kinds == std::vector{Kind::Committed});
  REQUIRE(room.size() == 0);
}

}  // namespace aval::node::waiting_room_test
