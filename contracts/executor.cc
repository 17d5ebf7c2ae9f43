#include "contracts/executor.h"

#include <algorithm>
#include <optional>

#include "contracts/authority.h"
#include "contracts/governance.h"
#include "contracts/keys.h"
#include "crypto/base/mutant.h"

namespace aval::contracts {
namespace {

constexpr std::size_t tx_record_bytes = 12;

std::vector<DecodedCommand> decode_commands(const ledger::Body& body) {
  std::vector<DecodedCommand> commands(body.commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    pb::Command& command = commands[i].emplace();
    if (!ledger::parse_canonical(body.commands[i], command, "command")) commands[i].reset();
  }
  return commands;
}

/// For another chain, expired, or in the chain already: whoever signed it, it leaves no trace.
bool is_passed_over(const BlockContext& block, const ledger::Envelope& envelope,
                    const ledger::StateReader& state) {
  if (envelope.body.chain_id != block.chain_id) return true;
  if (envelope.body.valid_until < block.height) return true;
  return state.get(tx_index_key(envelope.tx_id.view())).has_value() && !mutated("transaction-executed-twice");
}

bool valid_too_long(const BlockContext& block, const ledger::Envelope& envelope) {
  if (envelope.body.valid_until < block.height) return false;  // expired, which is another matter
  const std::uint64_t ahead = ledger::number(envelope.body.valid_until) - ledger::number(block.height);
  return ahead > block.validity_window_blocks;
}

/// A reference names one transaction for ever; the same transaction never comes here twice.
bool is_ref_taken(const ledger::Envelope& envelope, const ledger::StateReader& state) {
  return state.get(ref_index_key(envelope.body.member, envelope.body.client_ref)).has_value();
}

/// Executes one envelope over the state of its block.
class Execution {
 public:
  Execution(const BlockContext& block, const ledger::Envelope& envelope, ledger::Overlay& state)
      : block_(block), envelope_(envelope), state_(state), commands_(decode_commands(envelope.body)) {}

  /// Nothing when its signatures do not carry it: then it leaves no trace.
  std::optional<ledger::Receipt> run() {
    if (authorise(envelope_, commands_, state_, sender_) != Status::Applied) return std::nullopt;
    ledger::Receipt receipt;
    receipt.tx_id = envelope_.tx_id;
    const Status judged = judge_sent();
    if (judged == Status::Applied) {
      envelope_.body.item_by_item ? run_each(receipt) : run_all(receipt);
    } else {
      receipt.status = static_cast<std::uint32_t>(judged);
    }
    record(receipt, judged);
    return receipt;
  }

  /// The guards of an envelope, in their published order.
  Status judge() {
    const Status authority = authorise(envelope_, commands_, state_, sender_);
    return authority == Status::Applied ? judge_sent() : authority;
  }

 private:
  /// What may be wrong with an envelope that its sender did send.
  Status judge_sent() const {
    if (valid_too_long(block_, envelope_)) return Status::ValidityTooLong;
    if (sender_.suspended()) return Status::MemberSuspended;
    return is_ref_taken(envelope_, state_) ? Status::ClientRefReused : Status::Applied;
  }

  ledger::CommandResult run_one(const DecodedCommand& command, ledger::Overlay& target) {
    const auto refused = [](Status status) {
      return ledger::CommandResult{static_cast<std::uint32_t>(status), {}};
    };
    if (!command) return refused(Status::Malformed);
    ledger::Overlay changes = target.nested();
    ContractContext context(block_, sender_, changes);
    if (const Status status = apply(*command, context); status != Status::Applied) return refused(status);
    changes.merge_into(target);
    return {static_cast<std::uint32_t>(Status::Applied), context.take_events()};
  }

  void run_each(ledger::Receipt& receipt) {
    for (const DecodedCommand& command : commands_) receipt.results.push_back(run_one(command, state_));
  }

  /// All or none: the first refusal is the receipt's status, and every other command is RolledBack.
  void run_all(ledger::Receipt& receipt) {
    ledger::Overlay changes = state_.nested();
    for (const DecodedCommand& command : commands_) {
      receipt.results.push_back(run_one(command, changes));
      receipt.status = receipt.results.back().status;
      if (receipt.status != 0 && !mutated("rolled-back-commands-leave-writes")) return roll_back(receipt);
    }
    changes.merge_into(state_);
  }

  void roll_back(ledger::Receipt& receipt) const {
    const std::size_t failed = receipt.results.size() - 1;
    receipt.results.assign(commands_.size(), {static_cast<std::uint32_t>(Status::RolledBack), {}});
    receipt.results[failed].status = receipt.status;
  }

  /// Every included transaction is remembered, and its reference with it.
  void record(const ledger::Receipt& receipt, Status judged) {
    state_.put(tx_index_key(envelope_.tx_id.view()), encode_tx_record({block_.height, receipt.status}));
    if (judged == Status::ClientRefReused) return;
    state_.put(ref_index_key(envelope_.body.member, envelope_.body.client_ref), envelope_.tx_id.view());
  }

  const BlockContext& block_;
  const ledger::Envelope& envelope_;
  ledger::Overlay& state_;
  std::vector<DecodedCommand> commands_;
  pb::Member sender_;
};

}  // namespace

ExecutedBlock execute_block(const BlockContext& context, const std::vector<ledger::BatchPtr>& batches,
                            ledger::Overlay& state) {
  ExecutedBlock executed;
  for (const ledger::BatchPtr& batch : batches) {
    for (const ledger::EnvelopePtr& envelope : batch->envelopes) {
      if (is_passed_over(context, *envelope, state)) continue;
      auto receipt = Execution(context, *envelope, state).run();
      if (!receipt) continue;
      executed.receipts.push_back(*std::move(receipt));
      executed.included.push_back(envelope);
    }
  }
  finish_block(context, state);
  return executed;
}

Bytes encode_tx_record(const TxRecord& record) {
  const Bytes status = big_endian(record.status);
  return big_endian(ledger::number(record.height)) + status.substr(4);
}

Result<TxRecord> decode_tx_record(ByteView bytes) {
  if (bytes.size() != tx_record_bytes)
    return unexpected(Error::Code::Malformed, "a transaction record has 12 bytes");
  const Bytes status = Bytes(4, '\0').append(bytes.substr(8));
  return TxRecord{static_cast<ledger::Height>(from_big_endian(bytes.substr(0, 8))),
                  static_cast<std::uint32_t>(from_big_endian(status))};
}

Status judge_envelope(const BlockContext& context, const ledger::Envelope& envelope,
                      const ledger::StateReader& state) {
  ledger::Overlay untouched(state);
  return Execution(context, envelope, untouched).judge();
}

}  // namespace aval::contracts
