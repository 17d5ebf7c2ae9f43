#include "tests/unit/contracts/world.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "contracts/invariants.h"
#include "ledger/canonical.h"
#include "ledger/parameters.h"

namespace aval::contracts {
namespace {

/// Names of keys, numbered once so that every run has the same ones.
const std::map<std::string, std::uint32_t>& key_numbers() {
  static const std::map<std::string, std::uint32_t> numbers = [] {
    std::map<std::string, std::uint32_t> made;
    const char* const members[] = {"auditor", "bank-a", "bank-b",    "bank-c", "bank-d", "bank-dual", "buyer",
                                   "careful", "frozen", "logistics", "seller", "trader", "stranger"};
    std::uint32_t number = 100;
    for (const char* member : members) {
      for (const char* key : {"maker", "second", "checker", "gateway", "vote", "tls"}) {
        made.emplace(std::string(member) + "/" + key, number++);
      }
    }
    for (const char* device : {"device-1", "device-2", "device-3", "device-4"})
      made.emplace(device, number++);
    for (const char* bank : {"bank-a", "bank-b", "bank-c", "bank-d", "bank-dual"}) {
      for (const char* key : {"governor", "governor-2", "fresh", "maker-2", "vote-2"})
        made.emplace(std::string(bank) + "/" + key, number++);
    }
    return made;
  }();
  return numbers;
}

pb::Member member(const std::string& id, const std::vector<pb::Role>& roles,
                  const std::vector<std::pair<std::string, pb::KeyRole>>& keys) {
  pb::Member made;
  made.set_id(id);
  made.set_name("Member " + id);
  for (const pb::Role role : roles) made.add_roles(role);
  std::map<Bytes, pb::KeyRole> sorted;
  for (const auto& [name, role] : keys) sorted.emplace(Bytes(public_key(id + "/" + name).view()), role);
  for (const auto& [key, role] : sorted) {
    made.add_keys()->set_public_key(key);
    made.mutable_keys(made.keys_size() - 1)->set_role(role);
  }
  return made;
}

pb::Member trader(const std::string& id) {
  return member(id, {pb::ROLE_TRADER}, {{"maker", pb::KEY_MAKER}, {"second", pb::KEY_MAKER}});
}

pb::Member dual(const std::string& id, const std::vector<pb::Role>& roles) {
  pb::Member made =
      member(id, roles, {{"maker", pb::KEY_MAKER}, {"second", pb::KEY_MAKER}, {"checker", pb::KEY_CHECKER}});
  made.set_dual_control(true);
  return made;
}

std::vector<pb::Member> sample_members() {
  pb::Member issuer = member("bank-a", {pb::ROLE_FINANCIER, pb::ROLE_CASH_BANK}, {{"maker", pb::KEY_MAKER}});
  issuer.add_cash_currencies("EUR");
  issuer.add_cash_currencies("USD");
  pb::Member bank_dual = dual("bank-dual", {pb::ROLE_FINANCIER, pb::ROLE_CASH_BANK});
  bank_dual.add_cash_currencies("JPY");
  pb::Member frozen = trader("frozen");
  frozen.set_suspended(true);
  const std::vector<pb::Role> financier = {pb::ROLE_FINANCIER};
  return {member("auditor", {pb::ROLE_AUDITOR}, {{"maker", pb::KEY_MAKER}}),
          issuer,
          member("bank-b", financier, {{"maker", pb::KEY_MAKER}}),
          member("bank-c", financier, {{"maker", pb::KEY_MAKER}}),
          member("bank-d", financier, {{"maker", pb::KEY_MAKER}}),
          bank_dual,
          trader("buyer"),
          dual("careful", {pb::ROLE_TRADER}),
          frozen,
          member("logistics", {pb::ROLE_ORACLE}, {{"maker", pb::KEY_MAKER}, {"gateway", pb::KEY_GATEWAY}}),
          trader("seller"),
          trader("trader")};
}

pb::Programme sample_programme() {
  pb::Programme programme;
  programme.set_day_count_basis(360);
  programme.set_acceptance_window_days(30);
  programme.set_tenor_days_max(180);
  programme.set_attestation_age_max_ms(3'600'000);
  return programme;
}

/// Is nothing but the record of the transaction different?
void check_untouched(const ledger::WriteSet& writes) {
  for (const auto& [key, value] : writes) {
    CAPTURE(key);
    REQUIRE(ledger::is_index_key(key));
  }
}

}  // namespace

std::uint64_t Numbers::next() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

Bytes Numbers::bytes(std::size_t count) {
  Bytes made;
  while (made.size() < count) made.push_back(static_cast<char>(next() & 0xFFU));
  return made;
}

const crypto::PrivateKey& private_key(std::uint32_t number) {
  static std::map<std::uint32_t, crypto::PrivateKey> made;
  const auto found = made.find(number);
  if (found != made.end()) return found->second;
  const Bytes scalar = Bytes(24, '\0') + big_endian(number);
  return made.emplace(number, crypto::PrivateKey::from_scalar(scalar).value()).first->second;
}

const crypto::PrivateKey& private_key(const std::string& name) { return private_key(key_numbers().at(name)); }

crypto::PublicKey public_key(const std::string& name) { return private_key(name).public_key(); }

pb::Genesis sample_genesis() {
  pb::Genesis genesis;
  genesis.set_name("test");
  genesis.set_time_ms(genesis_time_ms);
  genesis.set_parameters(ledger::encode_parameters({}));
  genesis.set_register_key_check(Bytes(32, 'k'));
  *genesis.mutable_programme() = sample_programme();
  for (const char* bank : {"bank-a", "bank-b", "bank-c", "bank-d"}) {
    pb::GenesisValidator& validator = *genesis.add_validators();
    validator.set_member(bank);
    validator.set_vote_key(Bytes(public_key(std::string(bank) + "/vote").view()));
    validator.set_tls_key(Bytes(public_key(std::string(bank) + "/tls").view()));
    validator.set_address("127.0.0.1:7000");
  }
  for (const pb::Member& each : sample_members()) *genesis.add_members() = each;
  for (const char* id : {"device-1", "device-2", "device-3"}) {
    pb::Device& device = *genesis.add_devices();
    device.set_id(id);
    device.set_owner("logistics");
    device.set_public_key(Bytes(public_key(id).view()));
  }
  return genesis;
}

World::World() : World(sample_genesis()) {}

World::World(const pb::Genesis& document) : genesis(make_genesis(document).value()) {
  state.apply(genesis.state);
  block = {genesis.config.chain_id, ledger::Height{1}, genesis_time_ms + 1000, 1000};
}

Status World::run(const std::string& sender, const pb::Command& command) {
  return run(sender, command, {sender + "/maker"});
}

Status World::run(const std::string& sender, const pb::Command& command,
                  const std::vector<std::string>& keys) {
  const auto sent = envelope(body(sender, {command}), keys);
  const Status judged = judge_envelope(block, *sent, state);
  const auto before = entities();
  const ExecutedBlock executed = run(sent);
  if (executed.receipts.empty()) {
    REQUIRE(judged != Status::Applied);
    REQUIRE(entities() == before);
    return judged;
  }
  const ledger::Receipt& receipt = executed.receipts.front();
  events = receipt.results.empty() ? std::vector<ledger::Event>() : receipt.results.front().events;
  return static_cast<Status>(receipt.status);
}

ExecutedBlock World::run(const ledger::EnvelopePtr& envelope) {
  const auto batch = ledger::make_batch(ledger::ReplicaId{0}, ledger::number(block.height), {envelope});
  ledger::Overlay changes(state);
  ExecutedBlock executed = execute_block(block, {batch}, changes);
  const auto change = check_invariants(state, changes.writes());
  INFO((change ? std::string() : change.error().message));
  REQUIRE(change);
  for (const ledger::Receipt& receipt : executed.receipts) {
    if (receipt.status != 0) check_untouched(changes.writes());
  }
  state.apply(changes.writes());
  const auto whole = check_invariants(state);
  INFO((whole ? std::string() : whole.error().message));
  REQUIRE(whole);
  block.height = next(block.height);
  block.time_ms += 1000;
  return executed;
}

void World::apply(const std::string& sender, const pb::Command& command) {
  apply(sender, command, {sender + "/maker"});
}

void World::apply(const std::string& sender, const pb::Command& command,
                  const std::vector<std::string>& keys) {
  const Status status = run(sender, command, keys);
  INFO(code_of(status) << ": " << command.ShortDebugString());
  REQUIRE(status == Status::Applied);
}

ledger::Body World::body(const std::string& sender, const std::vector<pb::Command>& commands) {
  ledger::Body made;
  made.chain_id = genesis.config.chain_id;
  made.member = sender;
  made.client_ref = "ref-" + std::to_string(++references_);
  made.valid_until = static_cast<ledger::Height>(ledger::number(block.height) + 10);
  for (const pb::Command& command : commands) made.commands.push_back(ledger::canonical(command));
  return made;
}

ledger::EnvelopePtr World::envelope(const ledger::Body& body, const std::vector<std::string>& keys) const {
  ledger::Envelope made;
  made.body = body;
  made.body_bytes = ledger::encode_body(body);
  made.tx_id = crypto::tagged(crypto::Tag::Tx, made.body_bytes);
  for (const std::string& key : keys) made.signatures.push_back({public_key(key), {}});
  std::sort(made.signatures.begin(), made.signatures.end());
  return std::make_shared<const ledger::Envelope>(std::move(made));
}

std::int64_t World::cash(const std::string& owner, const std::string& currency) const {
  const auto bytes = state.get(cash_key(currency, owner));
  pb::CashAccount account;
  AVAL_CHECK(!bytes || account.ParseFromString(*bytes));
  return account.balance();
}

std::map<Bytes, Bytes> World::entities() const {
  std::map<Bytes, Bytes> all;
  state.scan("", [&](ByteView key, ByteView value) {
    if (!ledger::is_index_key(key)) all.emplace(Bytes(key), Bytes(value));
    return true;
  });
  return all;
}

void play(World& world, const std::vector<Line>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Status status = world.run(lines[i].member, lines[i].command);
    INFO("line " << i + 1 << ": " << lines[i].member << " " << lines[i].command.ShortDebugString());
    INFO("expected " << code_of(lines[i].expected) << ", got " << code_of(status));
    REQUIRE(status == lines[i].expected);
  }
}

World accepted_world(const InvoiceFields& fields) {
  World world;
  world.apply(fields.seller, submit(fields));
  world.apply(fields.buyer, accept(fields));
  world.apply("bank-a", issue("bank-b", 100'000'000));
  world.apply("bank-a", issue("buyer", 100'000'000));
  return world;
}

}  // namespace aval::contracts
