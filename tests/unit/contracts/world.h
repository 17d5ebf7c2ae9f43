#pragma once

#include <map>
#include <string>
#include <vector>

#include "contracts/calendar.h"
#include "contracts/cose.h"
#include "contracts/executor.h"
#include "contracts/genesis.h"
#include "contracts/keys.h"
#include "crypto/keys.h"

/// What the tests of this room share: a small consortium, its state, and short words for commands.
namespace aval::contracts {

/// SplitMix64: numbers that look random and are the same in every run.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// Below `bound`, which is not 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  Bytes bytes(std::size_t count);

 private:
  std::uint64_t state_;
};

/// The private key whose scalar is `number`, and the public key of a name such as "seller/maker".
const crypto::PrivateKey& private_key(std::uint32_t number);
const crypto::PrivateKey& private_key(const std::string& name);
crypto::PublicKey public_key(const std::string& name);

/// Members: seller, buyer, trader, careful (dual control) and frozen (suspended) trade; bank-a (issues
/// EUR and USD), bank-b, bank-c, bank-d and bank-dual (dual control, issues JPY) finance; logistics
/// is the oracle with a gateway key; auditor reads. Everyone has a "<member>/maker" key, those under
/// dual control a "<member>/checker" too. Devices device-1 .. device-3 belong to logistics.
pb::Genesis sample_genesis();

constexpr UnixMillis genesis_time_ms = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
constexpr Day first_day = 20454;                           // the same, as a date

/// A chain in memory that executes one envelope per block and checks after each that the invariants
/// hold, found both from the whole state and from the change, and that a refusal changed nothing.
class World {
 public:
  World();
  explicit World(const pb::Genesis& document);

  /// Executes one command in an envelope of its own, signed by "<member>/maker".
  Status run(const std::string& member, const pb::Command& command);
  /// The same, signed by the keys named.
  Status run(const std::string& member, const pb::Command& command, const std::vector<std::string>& keys);
  /// Executes any envelope in a block of its own.
  ExecutedBlock run(const ledger::EnvelopePtr& envelope);
  /// Runs setup commands, which must be applied.
  void apply(const std::string& member, const pb::Command& command);
  void apply(const std::string& member, const pb::Command& command, const std::vector<std::string>& keys);

  /// A body that may be included in the next block, with a reference of its own.
  ledger::Body body(const std::string& member, const std::vector<pb::Command>& commands);
  /// Carries the keys but no valid signatures: executing does not look at those.
  ledger::EnvelopePtr envelope(const ledger::Body& body, const std::vector<std::string>& keys) const;

  template <class Entity>
  Entity get(const std::string& key) const {
    Entity entity;
    const auto bytes = state.get(key);
    AVAL_CHECK(bytes.has_value() && entity.ParseFromString(*bytes));
    return entity;
  }
  std::int64_t cash(const std::string& member, const std::string& currency = "EUR") const;
  /// Everything but the indexes.
  std::map<Bytes, Bytes> entities() const;

  void pass_days(std::uint64_t days) { block.time_ms += days * 86'400'000; }

  GenesisState genesis;
  ledger::MemoryState state;
  BlockContext block;                 // of the next block
  std::vector<ledger::Event> events;  // of the last run

 private:
  std::uint64_t references_ = 0;
};

/// Short words for commands. Ids of invoices, obligations and root notes are the same.
pb::Money money(std::int64_t minor, const std::string& currency = "EUR");
Bytes fingerprint(const std::string& tier, const std::string& text);

struct InvoiceFields {
  std::string id = "inv-1";
  std::string number = "A-1";  // its fingerprints follow from it
  std::int64_t amount = 100'000;
  std::string currency = "EUR";
  std::string seller = "seller";
  std::string buyer = "buyer";
  std::string purchase_order = {};
  Day issued = first_day;
  Day due = first_day + 90;
};
pb::Command submit(const InvoiceFields& fields = {});
pb::Command accept(const InvoiceFields& fields = {});
pb::Command accept_if(const pb::Condition& condition, const InvoiceFields& fields = {});
pb::Command reject(const std::string& invoice = "inv-1", const std::string& code = "DISP");
pb::Command withdraw(const std::string& invoice = "inv-1");
pb::Command request(const std::string& id, const std::string& note = "inv-1",
                    const std::string& financier = "bank-b");
pb::Command approve(const std::string& financing, std::uint64_t rate_ppb = 53'500'000, std::int64_t fee = 0,
                    Day value_date = first_day, std::uint32_t grace_days = 0);
pb::Command disburse(const std::string& financing);
pb::Command cancel(const std::string& financing, const std::string& code = "WITH");
pb::Command issue(const std::string& to, std::int64_t minor, const std::string& currency = "EUR");
pb::Command redeem(const std::string& from, std::int64_t minor, const std::string& bank = "bank-a");
pb::Command transfer_cash(const std::string& to, std::int64_t minor, const std::string& currency = "EUR");
pb::Command pay(const std::string& obligation, std::int64_t minor, const std::string& end_to_end_id,
                const std::string& currency = "EUR");
pb::Command transfer_note(const std::string& note, const std::string& to);
pb::Command split(const std::string& note, const std::vector<std::int64_t>& parts);
pb::Command revoke_device(const std::string& device);
pb::Command revoke_key(const std::string& key);
pb::Command attest(const Bytes& cose_sign1);

/// LOAD attested by `threshold` of device-1 .. device-3 on shp-1 in MSKU1234565 within 30 days.
pb::Condition loaded(std::uint32_t threshold = 2);

/// What device `device` signs about itself.
Attestation statement(const std::string& device, std::uint64_t counter, UnixMillis time_ms,
                      const std::string& milestone = "LOAD");
Bytes signed_statement(const crypto::Digest& chain_id, const Attestation& attestation,
                       const std::string& key);
/// A genuine attestation by the device's own key.
pb::Command attested(const World& world, const std::string& device, std::uint64_t counter,
                     const std::string& milestone = "LOAD");

/// One line of a table: who asks for what, and the answer.
struct Line {
  std::string member;
  pb::Command command;
  Status expected;
};
void play(World& world, const std::vector<Line>& lines);

/// seller's invoice inv-1 accepted; bank-b and buyer funded with 1,000,000.00 EUR each.
World accepted_world(const InvoiceFields& fields = {});

}  // namespace aval::contracts
