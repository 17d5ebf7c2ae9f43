#include <catch2/catch.hpp>

#include "ledger/canonical.h"
#include "tests/unit/contracts/world.h"

namespace aval::contracts::shipment_test {
namespace {

constexpr UnixMillis hour_ms = 3'600'000;
constexpr UnixMillis five_minutes_ms = 300'000;

pb::ObligationStatus status_of(const World& world, const std::string& id = "inv-1") {
  return world.get<pb::Obligation>(obligation_key(id)).status();
}

/// inv-1, accepted on condition that k of three devices attest LOAD; money for everyone.
World waiting_world(const pb::Condition& condition = loaded()) {
  World world;
  world.apply("seller", submit());
  world.apply("buyer", accept_if(condition));
  world.apply("bank-a", issue("bank-b", 100'000'000));
  world.apply("bank-a", issue("buyer", 100'000'000));
  return world;
}

template <class Change>
pb::Condition loaded_with(Change change) {
  pb::Condition condition = loaded();
  change(condition);
  return condition;
}

Status attest_as(World& world, const Bytes& cose_sign1) {
  return world.run("logistics", attest(cose_sign1), {"logistics/gateway"});
}

Status attest_by(World& world, const Attestation& attestation, const std::string& key) {
  return attest_as(world, signed_statement(world.block.chain_id, attestation, key));
}

/// The twin signature that OpenSSL would accept: s replaced by n - s.
crypto::Signature high_s(crypto::Signature signature) {
  const Bytes n = from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").value();
  int borrow = 0;
  for (std::size_t i = 32; i-- > 0;) {
    const int digit = static_cast<unsigned char>(n[i]) - signature.bytes[32 + i] - borrow;
    borrow = digit < 0 ? 1 : 0;
    signature.bytes[32 + i] = static_cast<std::uint8_t>(digit + 256 * borrow);
  }
  return signature;
}

}  // namespace

TEST_CASE("a condition is refused unless it can be met and means one thing", "[shipment]") {
  World world;
  world.apply("seller", submit());
  using C = pb::Condition;
  const auto refused = [&](auto change, Status expected) {
    REQUIRE(world.run("buyer", accept_if(loaded_with(change))) == expected);
  };
  refused([](C& c) { c.set_shipment("Shp"); }, Status::Malformed);
  refused([](C& c) { c.set_container("MSKU123456"); }, Status::Malformed);
  refused([](C& c) { c.set_container("msku1234565"); }, Status::Malformed);
  refused([](C& c) { c.clear_milestones(); }, Status::Malformed);
  refused([](C& c) { c.add_milestones("DISC"); }, Status::Malformed);  // not ascending
  refused([](C& c) { c.add_milestones("LOAD"); }, Status::Malformed);  // twice
  refused([](C& c) { c.clear_devices(); }, Status::Malformed);
  refused([](C& c) { c.add_devices("device-3"); }, Status::Malformed);
  refused([](C& c) { c.set_threshold(0); }, Status::Malformed);
  refused([](C& c) { c.set_threshold(4); }, Status::Malformed);
  refused([](C& c) { c.set_milestones(0, "LOADED"); }, Status::UnknownMilestone);
  refused([](C& c) { c.set_devices(2, "device-9"); }, Status::UnknownDevice);
  refused([](C& c) { c.set_by_date(first_day - 1); }, Status::WrongDate);
  refused([](C& c) { c.set_by_date(InvoiceFields().due + 1); }, Status::WrongDate);
  world.apply("logistics", revoke_device("device-2"));
  refused([](C&) {}, Status::DeviceRevoked);
}

TEST_CASE("nothing is paid or disbursed while the condition is open", "[shipment]") {
  World world = waiting_world();
  REQUIRE(status_of(world) == pb::OBLIGATION_CONDITIONAL);
  play(world, {
                  {"buyer", pay("inv-1", 1, "e"), Status::ConditionPending},
                  {"seller", request("fin-1"), Status::Applied},
                  {"bank-b", approve("fin-1"), Status::Applied},
                  {"bank-b", disburse("fin-1"), Status::ConditionPending},
              });
  world.apply("logistics", attested(world, "device-1", 1), {"logistics/gateway"});
  REQUIRE(world.run("bank-b", disburse("fin-1")) == Status::ConditionPending);  // one of two
  world.apply("logistics", attested(world, "device-3", 1), {"logistics/gateway"});
  REQUIRE(status_of(world) == pb::OBLIGATION_UNCONDITIONAL);
  REQUIRE(world.run("bank-b", disburse("fin-1")) == Status::Applied);
  REQUIRE(world.run("buyer", pay("inv-1", 100'000, "e")) == Status::Applied);
}

TEST_CASE("one lying device never meets a threshold of two, the quorum does", "[shipment]") {
  World world = waiting_world();
  world.apply("logistics", attested(world, "device-1", 1), {"logistics/gateway"});
  for (std::uint64_t counter = 2; counter < 6; ++counter) {
    REQUIRE(world.run("logistics", attested(world, "device-1", counter), {"logistics/gateway"}) ==
            Status::AlreadyExists);
  }
  REQUIRE(status_of(world) == pb::OBLIGATION_CONDITIONAL);
  world.apply("logistics", attested(world, "device-2", 1), {"logistics/gateway"});
  REQUIRE(status_of(world) == pb::OBLIGATION_UNCONDITIONAL);
}

TEST_CASE("every milestone of the condition needs its own quorum", "[shipment]") {
  World world = waiting_world(loaded_with([](pb::Condition& c) {
    c.set_milestones(0, "GTOT");
    c.add_milestones("LOAD");
  }));
  world.apply("logistics", attested(world, "device-1", 1, "LOAD"));
  world.apply("logistics", attested(world, "device-2", 1, "LOAD"));
  world.apply("logistics", attested(world, "device-1", 2, "GTOT"));
  REQUIRE(status_of(world) == pb::OBLIGATION_CONDITIONAL);
  world.apply("logistics", attested(world, "device-3", 1, "GTOT"));
  REQUIRE(status_of(world) == pb::OBLIGATION_UNCONDITIONAL);
  const auto shipment = world.get<pb::Shipment>(shipment_key("shp-1"));
  REQUIRE(shipment.attested_size() == 4);
  REQUIRE(shipment.attested(0).milestone() == "GTOT");  // ascending by milestone, then device
  REQUIRE(shipment.attested(3).device() == "device-2");
  REQUIRE(shipment.waiting_size() == 0);
}

TEST_CASE("a replayed, older or equal counter is refused", "[shipment]") {
  World world = waiting_world(loaded_with([](pb::Condition& c) { c.add_milestones("STUF"); }));
  const Bytes first =
      signed_statement(world.block.chain_id, statement("device-1", 5, world.block.time_ms), "device-1");
  REQUIRE(attest_as(world, first) == Status::Applied);
  REQUIRE(attest_as(world, first) == Status::CounterNotGrowing);
  REQUIRE(world.run("logistics", attested(world, "device-1", 4, "STUF")) == Status::CounterNotGrowing);
  REQUIRE(world.run("logistics", attested(world, "device-1", 5, "STUF")) == Status::CounterNotGrowing);
  REQUIRE(world.run("logistics", attested(world, "device-1", 9, "STUF")) ==
          Status::Applied);  // a gap is no fault
}

TEST_CASE("a refused attestation uses up no counter", "[shipment]") {
  World world = waiting_world();
  Attestation wrong = statement("device-1", 7, world.block.time_ms);
  wrong.shipment = "shp-2";
  REQUIRE(attest_by(world, wrong, "device-1") == Status::WrongShipment);
  REQUIRE(world.run("logistics", attested(world, "device-1", 1)) == Status::Applied);
}

TEST_CASE("only an oracle member submits, with any of its keys", "[shipment]") {
  World world = waiting_world();
  REQUIRE(world.run("seller", attested(world, "device-1", 1)) == Status::NotPermitted);
  REQUIRE(world.run("bank-a", attested(world, "device-1", 1)) == Status::NotPermitted);
  REQUIRE(world.run("logistics", attested(world, "device-1", 1)) == Status::Applied);
}

TEST_CASE("an attestation must be the device's own, for this chain", "[shipment]") {
  World world = waiting_world();
  const Attestation genuine = statement("device-1", 1, world.block.time_ms);
  REQUIRE(attest_by(world, genuine, "device-2") == Status::BadDeviceSignature);
  REQUIRE(attest_by(world, genuine, "logistics/gateway") == Status::BadDeviceSignature);
  crypto::Digest other_chain = world.block.chain_id;
  other_chain.bytes[0] ^= 1U;
  REQUIRE(attest_as(world, signed_statement(other_chain, genuine, "device-1")) == Status::BadDeviceSignature);
  Bytes altered = signed_statement(world.block.chain_id, genuine, "device-1");
  altered[altered.find("LOAD")] = 'R';  // "ROAD"
  REQUIRE(attest_as(world, altered) == Status::UnknownMilestone);
  altered.replace(altered.find("ROAD"), 4, "STUF");
  REQUIRE(attest_as(world, altered) == Status::BadDeviceSignature);
  REQUIRE(attest_by(world, genuine, "device-1") == Status::Applied);
}

TEST_CASE("the high-s twin of a good signature is refused", "[shipment]") {
  World world = waiting_world();
  const Bytes payload = encode_attestation(statement("device-1", 1, world.block.time_ms));
  const auto digest = attestation_signing_digest(world.block.chain_id, payload);
  const crypto::Signature signature = private_key("device-1").sign(digest);
  REQUIRE(attest_as(world, encode_cose_sign1({payload, high_s(signature)})) == Status::BadDeviceSignature);
  REQUIRE(attest_as(world, encode_cose_sign1({payload, signature})) == Status::Applied);
}

TEST_CASE("bytes in any other than the shortest form are refused", "[shipment]") {
  World world = waiting_world();
  const auto sign_payload = [&](const Bytes& payload) {
    const auto digest = attestation_signing_digest(world.block.chain_id, payload);
    return encode_cose_sign1({payload, private_key("device-1").sign(digest)});
  };
  const Bytes shortest = encode_attestation(statement("device-1", 1, world.block.time_ms));
  Bytes longer = shortest;
  longer.replace(1, 1, Bytes("\x18\x01", 2));  // the version in two bytes
  REQUIRE(attest_as(world, sign_payload(longer)) == Status::AttestationMalformed);
  REQUIRE(attest_as(world, sign_payload(shortest) + '\0') == Status::AttestationMalformed);
  REQUIRE(attest_as(world, sign_payload(shortest).substr(1)) == Status::AttestationMalformed);
  REQUIRE(attest_as(world, "") == Status::AttestationMalformed);
  REQUIRE(attest_as(world, Bytes(2000, '\xD2')) == Status::AttestationMalformed);
  REQUIRE(attest_as(world, sign_payload(shortest)) == Status::Applied);
}

TEST_CASE("unknown and revoked devices count for nothing", "[shipment]") {
  World world = waiting_world();
  REQUIRE(attest_by(world, statement("device-4", 1, world.block.time_ms), "device-4") ==
          Status::UnknownDevice);
  REQUIRE(world.run("seller", revoke_device("device-1")) == Status::NotPermitted);
  REQUIRE(world.run("logistics", revoke_device("device-9")) == Status::UnknownDevice);
  REQUIRE(world.run("logistics", revoke_device("Device")) == Status::Malformed);
  world.apply("logistics", revoke_device("device-1"));
  REQUIRE(world.run("logistics", revoke_device("device-1")) == Status::DeviceRevoked);
  REQUIRE(world.run("logistics", attested(world, "device-1", 1)) == Status::DeviceRevoked);
}

TEST_CASE("a device revoked after it attested no longer counts towards an open quorum", "[shipment]") {
  World world = waiting_world();
  world.apply("logistics", attested(world, "device-1", 1));
  world.apply("logistics", revoke_device("device-1"));
  world.apply("logistics", attested(world, "device-2", 1));
  REQUIRE(status_of(world) == pb::OBLIGATION_CONDITIONAL);
  world.apply("logistics", attested(world, "device-3", 1));
  REQUIRE(status_of(world) == pb::OBLIGATION_UNCONDITIONAL);
}

TEST_CASE("time stays within the programme's bounds around block time", "[shipment]") {
  World world = waiting_world();
  const UnixMillis now = world.block.time_ms;
  REQUIRE(attest_by(world, statement("device-1", 1, now - hour_ms - 1), "device-1") ==
          Status::AttestationStale);
  world.block.time_ms = now;
  REQUIRE(attest_by(world, statement("device-1", 1, now + five_minutes_ms + 1), "device-1") ==
          Status::AttestationStale);
  REQUIRE(attest_by(world, statement("device-1", 1, 0), "device-1") == Status::AttestationStale);
  REQUIRE(attest_by(world, statement("device-1", 1, ~UnixMillis{0}), "device-1") == Status::AttestationStale);
  world.block.time_ms = now;
  REQUIRE(attest_by(world, statement("device-1", 1, now - hour_ms), "device-1") == Status::Applied);
  world.block.time_ms = now;
  REQUIRE(attest_by(world, statement("device-2", 1, now + five_minutes_ms), "device-2") == Status::Applied);
}

TEST_CASE("shipment, container, device and milestone must all be the ones an obligation waits for",
          "[shipment]") {
  World world = waiting_world(loaded_with([](pb::Condition& c) {
    c.clear_devices();
    c.add_devices("device-1");
    c.add_devices("device-2");
  }));
  Attestation attestation = statement("device-1", 1, world.block.time_ms);
  attestation.shipment = "shp-2";
  REQUIRE(attest_by(world, attestation, "device-1") == Status::WrongShipment);
  attestation = statement("device-1", 1, world.block.time_ms);
  attestation.container = "MSKU7654321";
  REQUIRE(attest_by(world, attestation, "device-1") == Status::WrongShipment);
  REQUIRE(attest_by(world, statement("device-3", 1, world.block.time_ms), "device-3") ==
          Status::WrongShipment);
  REQUIRE(world.run("logistics", attested(world, "device-1", 1, "GTIN")) == Status::WrongShipment);
  REQUIRE(world.run("logistics", attested(world, "device-1", 1)) == Status::Applied);
}

TEST_CASE("once the quorum is reached nobody waits any more", "[shipment]") {
  World world = waiting_world();
  world.apply("logistics", attested(world, "device-1", 1));
  world.apply("logistics", attested(world, "device-2", 1));
  REQUIRE(world.run("logistics", attested(world, "device-3", 1)) == Status::WrongShipment);
}

TEST_CASE("one attestation serves every obligation that waits for it", "[shipment]") {
  World world = waiting_world();
  const InvoiceFields second = {.id = "inv-2", .number = "2"};
  world.apply("seller", submit(second));
  world.apply("buyer", accept_if(loaded(1), second));
  world.apply("logistics", attested(world, "device-1", 1));
  REQUIRE(status_of(world, "inv-2") == pb::OBLIGATION_UNCONDITIONAL);
  REQUIRE(status_of(world, "inv-1") == pb::OBLIGATION_CONDITIONAL);
  const InvoiceFields third = {.id = "inv-3", .number = "3"};
  world.apply("seller", submit(third));
  world.apply("buyer", accept_if(loaded(1), third));  // already attested: unconditional at once
  REQUIRE(status_of(world, "inv-3") == pb::OBLIGATION_UNCONDITIONAL);
}

TEST_CASE("a shipment is bound to one container", "[shipment]") {
  World world = waiting_world();
  const InvoiceFields second = {.id = "inv-2", .number = "2"};
  world.apply("seller", submit(second));
  const pb::Condition other = loaded_with([](pb::Condition& c) { c.set_container("MSKU7654321"); });
  REQUIRE(world.run("buyer", accept_if(other, second)) == Status::WrongShipment);
}

TEST_CASE("a shipment's waiting list is bounded", "[shipment]") {
  World world;
  for (int i = 0; i <= 64; ++i) {
    const InvoiceFields fields = {.id = "inv-" + std::to_string(i), .number = std::to_string(i)};
    world.apply("seller", submit(fields));
    REQUIRE(world.run("buyer", accept_if(loaded(), fields)) ==
            (i < 64 ? Status::Applied : Status::LimitReached));
  }
}

TEST_CASE("a condition not met by its date is void: nothing is ever owed", "[shipment]") {
  World world = waiting_world();
  world.apply("seller", request("fin-1"));
  world.apply("logistics", attested(world, "device-1", 1));
  REQUIRE(world.run("seller", withdraw()) == Status::WrongState);  // still open
  world.pass_days(30);
  REQUIRE(world.run("seller", withdraw()) == Status::WrongState);  // the last day counts
  world.pass_days(1);
  REQUIRE(world.run("logistics", attested(world, "device-2", 1)) == Status::WrongShipment);
  REQUIRE(world.run("buyer", pay("inv-1", 1, "e")) == Status::ConditionPending);
  world.apply("seller", withdraw());
  REQUIRE(status_of(world) == pb::OBLIGATION_VOID);
  REQUIRE(world.get<pb::Note>(note_key("inv-1")).status() == pb::NOTE_CANCELLED);
  REQUIRE(world.get<pb::Financing>(financing_key("fin-1")).status() == pb::FINANCING_CANCELLED);
  REQUIRE(world.get<pb::Invoice>(invoice_key("inv-1")).status() == pb::INVOICE_WITHDRAWN);
  REQUIRE(world.get<pb::Shipment>(shipment_key("shp-1")).waiting_size() == 0);
  play(world, {
                  {"bank-b", approve("fin-1"), Status::WrongState},
                  {"buyer", pay("inv-1", 1, "e"), Status::WrongState},
                  {"seller", withdraw(), Status::WrongState},
                  {"seller", submit({.id = "inv-2"}), Status::Applied},  // the fingerprint is free again
              });
}

TEST_CASE("the buyer, too, may close a debt whose condition lapsed", "[shipment]") {
  World world = waiting_world();
  REQUIRE(world.run("buyer", reject()) == Status::WrongState);
  world.pass_days(31);
  REQUIRE(world.run("buyer", reject()) == Status::Applied);
  REQUIRE(status_of(world) == pb::OBLIGATION_VOID);
}

TEST_CASE("a device time beyond the condition's date does not count, even when block time is within",
          "[shipment]") {
  World world = waiting_world(loaded(1));
  const UnixMillis midnight = (UnixMillis{first_day} + 31) * 86'400'000;
  world.block.time_ms = midnight - 1000;
  REQUIRE(attest_by(world, statement("device-1", 1, midnight), "device-1") == Status::Applied);
  REQUIRE(status_of(world) == pb::OBLIGATION_CONDITIONAL);
}

}  // namespace aval::contracts::shipment_test
