#include "contracts/invariants.h"

#include <algorithm>
#include <functional>
#include <set>

#include "contracts/context.h"
#include "contracts/financing.h"
#include "contracts/keys.h"
#include "ledger/chain_config.h"

namespace aval::contracts {
namespace {

unexpected broken(const char* invariant, const std::string& subject, const char* what) {
  return unexpected(Error::Code::Corrupt, std::string(invariant) + " broken at '" + subject + "': " + what);
}

bool is_live(const pb::Note& note) {
  return note.status() == pb::NOTE_ACTIVE || note.status() == pb::NOTE_LOCKED;
}

bool has_disbursed(const pb::Financing& financing) {
  return financing.status() == pb::FINANCING_DISBURSED || financing.status() == pb::FINANCING_PART_REPAID;
}

bool is_open(const pb::Financing& financing) {
  return before_disbursement(financing) || has_disbursed(financing);
}

bool is_owed_for_good(const pb::Obligation& obligation) {
  return obligation.status() == pb::OBLIGATION_UNCONDITIONAL ||
         obligation.status() == pb::OBLIGATION_PART_PAID || obligation.status() == pb::OBLIGATION_DISCHARGED;
}

/// The two states and what lies between them.
class Change {
 public:
  Change(const ledger::StateReader& before, const ledger::WriteSet& writes)
      : before_(before), writes_(writes) {}

  Result<void> check() const {
    std::set<std::string> currencies;
    std::set<std::string> obligations;
    for (const auto& [key, value] : writes_) {
      if (ledger::is_index_key(key)) continue;
      if (!value) return broken("I27", key, "an entity was removed");
      AVAL_TRY(check_entity(key, currencies, obligations));
    }
    for (const std::string& currency : currencies) AVAL_TRY(check_cash(currency));
    for (const std::string& obligation : obligations) AVAL_TRY(check_obligation(obligation));
    return {};
  }

 private:
  template <class Entity>
  std::optional<Entity> old(const std::string& key) const {
    return contracts::find<Entity>(before_, key);
  }

  template <class Entity>
  std::optional<Entity> now(const std::string& key) const {
    const auto write = writes_.find(key);
    if (write == writes_.end() || !write->second) return old<Entity>(key);
    std::optional<Entity> entity(std::in_place);
    AVAL_CHECK(entity->ParseFromString(*write->second));
    return entity;
  }

  /// Checks what an entity says by itself, and notes which sums it takes part in.
  Result<void> check_entity(const std::string& key, std::set<std::string>& currencies,
                            std::set<std::string>& obligations) const {
    const std::size_t slash = key.find('/');
    const std::string type = key.substr(0, slash);
    const std::string id = slash == std::string::npos ? "" : key.substr(slash + 1);
    if (type == "cash") return currencies.insert(id.substr(0, 3)), check_account(key);
    if (type == "issued") return currencies.insert(id), Result<void>();
    if (type == "obligation") return obligations.insert(id), Result<void>();
    if (type == "note") return check_note(id, obligations);
    if (type == "financing") return check_financing(id);
    if (type == "register") return check_register(key);
    if (type == "member") return check_member(key);
    if (key == ledger::validators_key) return check_seats();
    if (key == ledger::parameters_key) return check_parameters();
    if (type == "proposal") return check_proposal(key);
    if (type == "device") return check_device(key);
    return {};
  }

  Result<void> check_account(const std::string& key) const {
    return now<pb::CashAccount>(key)->balance() < 0 ? broken("I2", key, "an account below zero")
                                                    : Result<void>();
  }

  /// I1 over the change: what the accounts gained is what was issued. True of every change, it is true
  /// of the state.
  Result<void> check_cash(const std::string& currency) const {
    const std::string issued_key = cash_issued_key(currency);
    std::int64_t gained = 0;
    const std::string accounts = cash_key(currency, "");
    for (auto write = writes_.lower_bound(accounts); write != writes_.end(); ++write) {
      if (write->first.compare(0, accounts.size(), accounts) != 0) break;
      const auto change = subtract(now<pb::CashAccount>(write->first)->balance(),
                                   old<pb::CashAccount>(write->first).value_or(pb::CashAccount()).balance());
      if (!change) return broken("I1", currency, "the accounts overflow");
      const auto sum = add(gained, *change);
      if (!sum) return broken("I1", currency, "the accounts overflow");
      gained = *sum;
    }
    const auto issued = subtract(now<pb::CashIssued>(issued_key).value_or(pb::CashIssued()).total(),
                                 old<pb::CashIssued>(issued_key).value_or(pb::CashIssued()).total());
    const bool equal = issued && *issued == gained;
    return equal ? Result<void>() : broken("I1", currency, "accounts and issued cash differ");
  }

  Result<void> check_note(const std::string& id, std::set<std::string>& obligations) const {
    const pb::Note note = *now<pb::Note>(note_key(id));
    obligations.insert(note.obligation());
    const auto obligation = now<pb::Obligation>(obligation_key(note.obligation()));
    if (!obligation) return broken("I5", id, "a note without an obligation");
    const auto& live = obligation->notes();
    const bool listed = std::find(live.begin(), live.end(), id) != live.end();
    if (listed != is_live(note)) return broken("I4", id, "listed as live and living differ");
    if (is_live(note) && note.controller().empty()) return broken("I8", id, "a live note without controller");
    if (note.terms_hash() != obligation->terms_hash())
      return broken("I12", id, "terms differ from the obligation's");
    AVAL_TRY(check_binding(note));
    return check_note_history(note);
  }

  Result<void> check_note_history(const pb::Note& note) const {
    const auto earlier = old<pb::Note>(note_key(note.id()));
    if (!earlier) return {};
    if (!is_live(*earlier) && is_live(note)) return broken("I5", note.id(), "a note that ended lives again");
    if (earlier->terms_hash() != note.terms_hash()) return broken("I12", note.id(), "the terms hash changed");
    if (earlier->obligation() != note.obligation()) return broken("I5", note.id(), "the obligation changed");
    return {};
  }

  Result<void> check_binding(const pb::Note& note) const {
    if (note.status() == pb::NOTE_LOCKED && note.financing().empty()) {
      return broken("I9", note.id(), "locked for nothing");
    }
    if (note.financing().empty()) return {};
    const auto financing = now<pb::Financing>(financing_key(note.financing()));
    const bool bound = financing && is_open(*financing) && financing->note() == note.id() && is_live(note);
    if (!bound) return broken("I9", note.id(), "bound to a financing that is not open over it");
    const bool locked = note.status() == pb::NOTE_LOCKED;
    return locked == before_disbursement(*financing)
               ? Result<void>()
               : broken("I9", note.id(), "locked although disbursed, or free");
  }

  Result<void> check_financing(const std::string& id) const {
    const pb::Financing financing = *now<pb::Financing>(financing_key(id));
    const auto note = now<pb::Note>(note_key(financing.note()));
    if (!note) return broken("I9", id, "a financing over no note");
    if (is_open(financing) && note->financing() != id)
      return broken("I9", id, "open over a note bound elsewhere");
    const bool priced = financing.status() == pb::FINANCING_APPROVED || has_disbursed(financing) ||
                        financing.status() == pb::FINANCING_SETTLED;
    if (!priced) return {};
    const bool exact = financing.proceeds() == financing.face() - financing.discount() - financing.fee() &&
                       financing.proceeds() > 0 && financing.discount() >= 0 && financing.fee() >= 0;
    if (!exact) return broken("I7", id, "proceeds are not face - discount - fee");
    return financing.status() == pb::FINANCING_APPROVED ? Result<void>() : check_disbursed(financing, *note);
  }

  Result<void> check_disbursed(const pb::Financing& financing, const pb::Note& note) const {
    if (financing.face() - financing.collected() != note.amount()) {
      return broken("I7", financing.id(), "collected and left do not make the face");
    }
    const auto invoice = now<pb::Invoice>(invoice_key(note.obligation()));
    if (!invoice) return broken("I13", financing.id(), "no invoice");
    const auto entry = now<pb::RegisterEntry>(register_key("x", invoice->document().fingerprint_x()));
    const bool held = entry && entry->invoice() == note.obligation() &&
                      (entry->status() == pb::FNCD || entry->status() == pb::OBSA);
    return held ? Result<void>()
                : broken("I13", financing.id(), "the register does not say FNCD for this invoice");
  }

  /// A financed fingerprint is only ever closed, and a closed one stays closed.
  Result<void> check_register(const std::string& key) const {
    const auto earlier = old<pb::RegisterEntry>(key);
    if (!earlier) return {};
    const pb::RegisterEntry later = *now<pb::RegisterEntry>(key);
    const bool financed_left =
        earlier->status() == pb::FNCD && later.status() != pb::FNCD && later.status() != pb::OBSA;
    if (financed_left) return broken("I13", key, "a financed fingerprint was freed");
    if (earlier->status() == pb::OBSA && later.status() != pb::OBSA)
      return broken("I15", key, "a paid invoice reopened");
    const bool moved = earlier->invoice() != later.invoice() && earlier->status() != pb::CANC;
    return moved ? broken("I15", key, "the fingerprint passed on without being freed") : Result<void>();
  }

  Result<void> check_obligation(const std::string& id) const {
    const auto obligation = now<pb::Obligation>(obligation_key(id));
    if (!obligation) return broken("I3", id, "missing");
    const std::int64_t accepted = obligation->status() == pb::OBLIGATION_VOID ? 0 : obligation->accepted();
    const bool balanced = obligation->paid() >= 0 && obligation->outstanding() >= 0 &&
                          accepted - obligation->paid() == obligation->outstanding();
    if (!balanced) return broken("I3", id, "accepted is not paid + outstanding");
    std::int64_t live = 0;
    for (const std::string& note_id : obligation->notes()) {
      const auto note = now<pb::Note>(note_key(note_id));
      if (!note || !is_live(*note) || note->obligation() != id)
        return broken("I4", id, "lists a note that is not live");
      if (note->amount() <= 0) return broken("I4", id, "lists a note of nothing");
      const auto sum = add(live, note->amount());
      if (!sum) return broken("I4", id, "the live notes overflow");
      live = *sum;
    }
    if (live != obligation->outstanding())
      return broken("I4", id, "the live notes are not what is outstanding");
    return check_obligation_history(*obligation);
  }

  Result<void> check_obligation_history(const pb::Obligation& obligation) const {
    const auto earlier = old<pb::Obligation>(obligation_key(obligation.id()));
    if (!earlier) return {};
    if (is_owed_for_good(*earlier) && !is_owed_for_good(obligation)) {
      return broken("I17", obligation.id(), "no longer unconditional");
    }
    if (obligation.accepted() != earlier->accepted())
      return broken("I3", obligation.id(), "the accepted amount changed");
    if (obligation.outstanding() > earlier->outstanding())
      return broken("I17", obligation.id(), "the debt grew");
    if (earlier->terms_hash() != obligation.terms_hash())
      return broken("I12", obligation.id(), "the terms changed");
    return {};
  }

  Result<void> check_member(const std::string& key) const {
    const auto earlier = old<pb::Member>(key);
    if (!earlier) return {};
    const pb::Member later = *now<pb::Member>(key);
    for (const pb::MemberKey& a : earlier->keys()) {
      const auto b = std::find_if(later.keys().begin(), later.keys().end(), [&](const pb::MemberKey& each) {
        return each.public_key() == a.public_key();
      });
      if (b == later.keys().end()) return broken("I20", key, "a key went");
      if (a.role() != b->role()) return broken("I20", key, "a key changed");
      if (a.revoked() && !b->revoked()) return broken("I20", key, "a revoked key came back");
    }
    return {};
  }

  /// G1, G3: the next epoch has enough voters, follows this one, and no seat became another member's.
  Result<void> check_seats() const {
    const std::string key(ledger::validators_key);
    const auto now = ledger::decode_validators(*writes_.at(key));
    if (!now) return broken("G1", key, "not a validator set");
    if (now->size() < 4) return broken("G1", key, "fewer than four vote");
    const auto bytes = before_.get(key);
    if (!bytes) return {};
    const ledger::ValidatorSet old = ledger::decode_validators(*bytes).value();
    if (now->epoch != next(old.epoch)) return broken("G1", key, "not of the next epoch");
    if (now->validators.size() < old.validators.size()) return broken("G1", key, "a seat went");
    for (std::size_t i = 0; i < old.validators.size(); ++i) {
      if (now->validators[i].member != old.validators[i].member)
        return broken("G1", key, "a seat became another member's");
    }
    return {};
  }

  Result<void> check_parameters() const {
    const std::string key(ledger::parameters_key);
    if (!ledger::decode_parameters(*writes_.at(key))) return broken("G3", key, "out of bounds");
    return {};
  }

  /// G4: what was decided for has distinct members behind it.
  Result<void> check_proposal(const std::string& key) const {
    const pb::Proposal proposal = *now<pb::Proposal>(key);
    const auto& approvals = proposal.approvals();
    if (std::adjacent_find(approvals.begin(), approvals.end(), std::greater_equal<>()) != approvals.end())
      return broken("G4", key, "a member approved twice");
    const auto earlier = old<pb::Proposal>(key);
    if (earlier && earlier->change_digest() != proposal.change_digest())
      return broken("G4", key, "the change is another one");
    return {};
  }

  Result<void> check_device(const std::string& key) const {
    const auto earlier = old<pb::Device>(key);
    if (!earlier) return {};
    const pb::Device later = *now<pb::Device>(key);
    if (later.counter() < earlier->counter()) return broken("O1", key, "the counter fell");
    if (earlier->revoked() && !later.revoked()) return broken("O1", key, "a revoked device came back");
    return {};
  }

  const ledger::StateReader& before_;
  const ledger::WriteSet& writes_;
};

}  // namespace

Result<void> check_invariants(const ledger::StateReader& before, const ledger::WriteSet& writes) {
  return Change(before, writes).check();
}

Result<void> check_invariants(const ledger::StateReader& after) {
  // A whole state is a change from nothing.
  ledger::WriteSet everything;
  after.scan("", [&](ByteView key, ByteView value) {
    everything.emplace(Bytes(key), Bytes(value));
    return true;
  });
  const ledger::MemoryState nothing;
  return Change(nothing, everything).check();
}

}  // namespace aval::contracts
