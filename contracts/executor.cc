#include "contracts/executor.h"

#include <algorithm>
#include <optional>

#include "contracts/commands.h"
#include "contracts/keys.h"
#include "contracts/member.h"

namespace aval::contracts {
namespace {

constexpr std::size_t tx_record_bytes = 12;

/// A command of an envelope, or nothing when its bytes are not one.
using DecodedCommand = std::optional<pb::Command>;

std::vector<DecodedCommand> decode_commands(const ledger::Body& body) {
  std::vector<DecodedCommand> commands(body.commands.size());
  for (std::size_t i = 0; i < commands.size(); ++i) {
    pb::Command& command = commands[i].emplace();
    if (!ledger::parse_canonical(body.commands[i], command, "command")) commands[i].reset();
  }
  return commands;
}

std::vector<std::string> counterparts_of(const std::vector<DecodedCommand>& commands) {
  std::vector<std::string> members;
  for (const DecodedCommand& command : commands) {
    std::string member = command ? counterpart_of(*command) : std::string();
    if (is_id(member)) members.push_back(std::move(member));
  }
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  return members;
}

/// An envelope that leaves no trace: for another chain, expired, or in the chain already.
bool is_skipped(const BlockContext& block, const ledger::Envelope& envelope,
                const ledger::StateReader& state) {
  if (envelope.body.chain_id != block.chain_id) return true;
  if (envelope.body.valid_until < block.height) return true;
  return state.get(tx_index_key(envelope.tx_id.view())).has_value();
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

  ledger::Receipt run() {
    ledger::Receipt receipt;
    receipt.tx_id = envelope_.tx_id;
    const Status judged = judge();
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
    if (valid_too_long(block_, envelope_)) return Status::ValidityTooLong;
    const Status signers = Signers::judge(envelope_, counterparts_of(commands_), state_, signers_);
    if (signers != Status::Applied) return signers;
    sender_signed_ = true;
    return is_ref_taken(envelope_, state_) ? Status::ClientRefReused : Status::Applied;
  }

 private:
  ledger::CommandResult run_one(const DecodedCommand& command, ledger::Overlay& target) {
    const auto refused = [](Status status) {
      return ledger::CommandResult{static_cast<std::uint32_t>(status), {}};
    };
    if (!command) return refused(Status::Malformed);
    if (const Status permitted = signers_.permits(*command); permitted != Status::Applied)
      return refused(permitted);
    ledger::Overlay changes = target.nested();
    ContractContext context(block_, signers_, changes);
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
      if (receipt.status != 0) return roll_back(receipt);
    }
    changes.merge_into(state_);
  }

  void roll_back(ledger::Receipt& receipt) const {
    const std::size_t failed = receipt.results.size() - 1;
    receipt.results.assign(commands_.size(), {static_cast<std::uint32_t>(Status::RolledBack), {}});
    receipt.results[failed].status = receipt.status;
  }

  /// Every included transaction is remembered. Its reference is taken only when the sender's own keys
  /// signed, or anybody could use up another member's references.
  void record(const ledger::Receipt& receipt, Status judged) {
    state_.put(tx_index_key(envelope_.tx_id.view()), encode_tx_record({block_.height, receipt.status}));
    if (!sender_signed_ || judged == Status::ClientRefReused) return;
    state_.put(ref_index_key(envelope_.body.member, envelope_.body.client_ref), envelope_.tx_id.view());
  }

  const BlockContext& block_;
  const ledger::Envelope& envelope_;
  ledger::Overlay& state_;
  std::vector<DecodedCommand> commands_;
  Signers signers_;
  bool sender_signed_ = false;
};

}  // namespace

ExecutedBlock execute_block(const BlockContext& context, const std::vector<ledger::BatchPtr>& batches,
                            ledger::Overlay& state) {
  ExecutedBlock executed;
  for (const ledger::BatchPtr& batch : batches) {
    for (const ledger::EnvelopePtr& envelope : batch->envelopes) {
      if (is_skipped(context, *envelope, state)) continue;
      executed.receipts.push_back(Execution(context, *envelope, state).run());
      executed.included.push_back(envelope);
    }
  }
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
