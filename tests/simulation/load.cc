#include "tests/simulation/load.h"

#include <algorithm>

#include "contracts/finance.h"
#include "ledger/canonical.h"
#include "ledger/envelope.h"
#include "tests/support/signers.h"

namespace aval::simulation {
namespace {

using support::bytes_of;
using support::key_of;
using support::UnitNonceSigner;

namespace pb = contracts::pb;

constexpr std::uint32_t first_member_scalar = 2000;
constexpr std::uint32_t stranger_scalar = 4000;
constexpr const char* repeated_ref = "ref-again";
constexpr std::uint32_t traders = 4;
constexpr UnixMillis genesis_time_ms = 1'735'689'600'000;  // 2025-01-01
constexpr std::uint32_t genesis_day = 20'089;
constexpr std::uint64_t far_height = 50'000;  // no run gets there

std::string trader(std::uint64_t i) { return "trader-" + std::to_string(i); }

/// Members stand in the order of their ids: the banks, then the traders.
std::uint32_t bank_scalar(std::uint64_t i) { return first_member_scalar + static_cast<std::uint32_t>(i); }
std::uint32_t trader_scalar(std::uint64_t i) {
  return first_member_scalar + 100 + static_cast<std::uint32_t>(i);
}

void add_key(pb::Member& member, std::uint32_t scalar, pb::KeyRole role) {
  pb::MemberKey& key = *member.add_keys();
  key.set_public_key(bytes_of(key_of(scalar)));
  key.set_role(role);
  std::sort(member.mutable_keys()->begin(), member.mutable_keys()->end(),
            [](const pb::MemberKey& x, const pb::MemberKey& y) { return x.public_key() < y.public_key(); });
}

void add_member(pb::Genesis& genesis, const std::string& id, std::uint32_t scalar, bool is_bank) {
  pb::Member& member = *genesis.add_members();
  member.set_id(id);
  member.set_name("Member " + id);
  member.set_country("DE");
  if (is_bank) {
    member.add_roles(pb::ROLE_FINANCIER);
    member.add_roles(pb::ROLE_CASH_BANK);
    member.add_cash_currencies("EUR");
  } else {
    member.add_roles(pb::ROLE_TRADER);
  }
  add_key(member, scalar, pb::KEY_MAKER);
}

void add_governors(pb::Genesis& genesis, std::uint32_t banks) {
  for (std::uint32_t i = 0; i < banks; ++i)
    add_key(*genesis.mutable_members(static_cast<int>(i)), first_governor_scalar + i, pb::KEY_GOVERNOR);
}

void add_validator(pb::Genesis& genesis, std::uint32_t i) {
  pb::GenesisValidator& validator = *genesis.add_validators();
  validator.set_member(bank_name(i));
  validator.set_vote_key(bytes_of(key_of(first_vote_scalar + i)));
  validator.set_tls_key(bytes_of(key_of(first_tls_scalar + i)));
  validator.set_address("127.0.0.1:" + std::to_string(7000 + i));
}

void set_programme(pb::Programme& programme) {
  programme.set_day_count_basis(360);
  programme.set_acceptance_window_days(30);
  programme.set_tenor_days_max(365);
  programme.set_attestation_age_max_ms(3'600'000);
}

/// Draws one envelope after another; remembers what the later ones refer to.
class Desk {
 public:
  Desk(const contracts::GenesisState& genesis, Prng& prng) : genesis_(genesis), prng_(prng) {}

  ledger::EnvelopePtr draw_issue() { return by_bank({issue()}); }

  ledger::EnvelopePtr draw() {
    switch (prng_.below(10)) {
      case 0:
      case 1:
        return by_bank({issue()});
      case 2:
      case 3:
        return by_trader({transfer(prng_.between(1, 500))});
      case 4:
        return by_trader({transfer(1'000'000'000)});  // nobody has as much
      case 5:
      case 6:
        return present_invoice();
      case 7:
        return accept_invoice();
      case 8:
        return several();
      default:
        return odd_one();
    }
  }

 private:
  pb::Command issue() {
    pb::Command command;
    pb::IssueCash& order = *command.mutable_issue_cash();
    order.set_to(trader(prng_.below(traders)));
    set_euros(*order.mutable_amount(), prng_.between(100, 10'000));
    order.set_reference("issue-" + std::to_string(++drawn_));
    return command;
  }

  pb::Command transfer(std::uint64_t minor) {
    pb::Command command;
    pb::TransferCash& order = *command.mutable_transfer_cash();
    order.set_to(trader(prng_.below(traders)));
    set_euros(*order.mutable_amount(), minor);
    order.set_reference("transfer-" + std::to_string(++drawn_));
    return command;
  }

  ledger::EnvelopePtr present_invoice() {
    // Now and then an id that another invoice has.
    const std::uint64_t id = invoices_ > 0 && prng_.chance(150) ? prng_.below(invoices_) : invoices_++;
    pb::Command command;
    pb::SubmitInvoice& invoice = *command.mutable_submit_invoice();
    invoice.set_id("invoice-" + std::to_string(id));
    invoice.set_seller(trader(seller_of(id)));
    invoice.set_buyer(trader(buyer_of(id)));
    invoice.set_number("2025/" + std::to_string(id));
    invoice.set_issue_date(genesis_day - 1);
    invoice.set_due_date(genesis_day + 60);
    set_euros(*invoice.mutable_payable(), 1'000 + id);
    invoice.set_type_code(380);
    invoice.set_document_digest(thirty_two("document", id));
    invoice.set_fingerprint_x(thirty_two("x", id));
    invoice.set_fingerprint_n1(thirty_two("n1", id));
    return sealed(trader(seller_of(id)), trader_scalar(seller_of(id)), {command});
  }

  ledger::EnvelopePtr accept_invoice() {
    const std::uint64_t id = prng_.below(invoices_ + 1);  // perhaps one that is not there
    pb::Command command;
    pb::AcceptInvoice& acceptance = *command.mutable_accept_invoice();
    acceptance.set_invoice("invoice-" + std::to_string(id));
    set_euros(*acceptance.mutable_amount(), 1'000 + id);
    acceptance.set_due_date(genesis_day + 60);
    acceptance.set_fingerprint_x(thirty_two("x", id));
    return sealed(trader(buyer_of(id)), trader_scalar(buyer_of(id)), {command});
  }

  ledger::EnvelopePtr several() {
    std::vector<pb::Command> commands;
    for (std::uint64_t i = prng_.between(2, 6); i > 0; --i)
      commands.push_back(prng_.chance(800) ? issue() : transfer(1));  // a bank has nothing to transfer
    item_by_item_ = prng_.chance(500);
    return by_bank(commands);
  }

  ledger::EnvelopePtr odd_one() {
    switch (prng_.below(3)) {
      case 0:
        return sealed(trader(0), stranger_scalar, {transfer(1)});
      case 1:
        reused_ref_ = true;
        return by_bank({issue()});
      default:
        valid_until_ = prng_.between(1, drawn_ / 2 + 10);
        return by_bank({issue()});
    }
  }

  ledger::EnvelopePtr by_bank(const std::vector<pb::Command>& commands) {
    const std::uint64_t i = prng_.below(genesis_.config.validators.size());
    return sealed(bank_name(i), bank_scalar(i), commands);
  }
  ledger::EnvelopePtr by_trader(const std::vector<pb::Command>& commands) {
    const std::uint64_t i = prng_.below(traders);
    return sealed(trader(i), trader_scalar(i), commands);
  }

  ledger::EnvelopePtr sealed(const std::string& member, std::uint32_t scalar,
                             const std::vector<pb::Command>& commands) {
    ledger::Body body;
    body.chain_id = genesis_.config.chain_id;
    body.member = member;
    body.client_ref =
        std::exchange(reused_ref_, false) ? Bytes(repeated_ref) : "ref-" + std::to_string(++drawn_);
    body.valid_until = static_cast<ledger::Height>(std::exchange(valid_until_, far_height));
    body.item_by_item = std::exchange(item_by_item_, false);
    for (const pb::Command& command : commands) body.commands.push_back(ledger::canonical(command));
    UnitNonceSigner signer(scalar);
    return std::make_shared<const ledger::Envelope>(ledger::sign_envelope(body, {&signer}).value());
  }

  static void set_euros(pb::Money& money, std::uint64_t minor) {
    money.set_currency("EUR");
    money.set_minor(static_cast<std::int64_t>(minor));
  }
  static Bytes thirty_two(const std::string& what, std::uint64_t id) {
    return Bytes(crypto::sha256(what + std::to_string(id)).view());
  }
  static std::uint64_t seller_of(std::uint64_t invoice) { return invoice % traders; }
  static std::uint64_t buyer_of(std::uint64_t invoice) { return (invoice + 1) % traders; }

  const contracts::GenesisState& genesis_;
  Prng& prng_;
  std::uint64_t drawn_ = 0;
  std::uint64_t invoices_ = 0;
  std::uint64_t valid_until_ = far_height;
  bool item_by_item_ = false;
  bool reused_ref_ = false;
};

}  // namespace

contracts::GenesisState make_world(const Plan& plan) {
  pb::Genesis genesis;
  genesis.set_name("simulated consortium");
  genesis.set_time_ms(genesis_time_ms);
  const auto banks = static_cast<std::uint32_t>(plan.replicas);
  for (std::uint32_t i = 0; i < banks; ++i) add_validator(genesis, i);
  genesis.set_parameters(ledger::encode_parameters(plan.parameters));
  set_programme(*genesis.mutable_programme());
  genesis.set_register_key_check(Bytes(crypto::sha256("register key").view()));
  const auto nodes = static_cast<std::uint32_t>(plan.nodes());
  for (std::uint32_t i = 0; i < nodes; ++i) add_member(genesis, bank_name(i), bank_scalar(i), true);
  for (std::uint32_t i = 0; i < traders; ++i) add_member(genesis, trader(i), trader_scalar(i), false);
  if (!plan.membership.empty()) add_governors(genesis, nodes);
  return contracts::make_genesis(genesis).value();
}

/// Two digits, so that the order of the ids is that of the numbers.
std::string bank_name(std::uint64_t i) { return (i < 10 ? "bank-0" : "bank-") + std::to_string(i); }

std::vector<ledger::EnvelopePtr> draw_envelopes(const contracts::GenesisState& genesis, std::size_t count,
                                                Prng& prng) {
  Desk desk(genesis, prng);
  std::vector<ledger::EnvelopePtr> envelopes;
  for (std::size_t i = 0; i < count; ++i) envelopes.push_back(desk.draw());
  return envelopes;
}

std::vector<ledger::EnvelopePtr> draw_issues(const contracts::GenesisState& genesis, std::size_t count,
                                             Prng& prng) {
  Desk desk(genesis, prng);
  std::vector<ledger::EnvelopePtr> envelopes;
  for (std::size_t i = 0; i < count; ++i) envelopes.push_back(desk.draw_issue());
  return envelopes;
}

bool may_be_refused(const ledger::Envelope& envelope) {
  return envelope.body.client_ref == repeated_ref ||
         envelope.signatures.front().key == key_of(stranger_scalar);
}

}  // namespace aval::simulation
