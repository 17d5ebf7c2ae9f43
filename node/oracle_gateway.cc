#include "node/oracle_gateway.h"

#include <algorithm>

#include "contracts/finance.h"
#include "contracts/keys.h"
#include "ledger/canonical.h"
#include "node/admission.h"

namespace aval::node {

namespace {

constexpr std::uint64_t validity_step_max = 1000;

/// What the next block would say of the transaction.
contracts::Status rehearse(const ledger::Envelope& envelope, const LedgerView& view) {
  const auto block = next_block(view);
  if (const auto judged = contracts::judge_envelope(block, envelope, *view.ledger); judged != contracts::Status::Applied)
    return judged;
  ledger::Overlay overlay(*view.ledger);
  const auto batch = ledger::make_batch(ledger::ReplicaId{}, 0, {std::make_shared<const ledger::Envelope>(envelope)});
  const auto executed = contracts::execute_block(block, {batch}, overlay);
  if (executed.receipts.empty()) return contracts::Status::Applied;  // in the chain already: it has its answer there
  return static_cast<contracts::Status>(executed.receipts.front().status);
}

/// The end of the transaction that a client reference names already.
std::optional<TxState> find_end_of_reference(const ledger::LedgerSnapshot& ledger, const ledger::Body& body) {
  const auto named = ledger.get(contracts::ref_index_key(body.member, body.client_ref));
  if (!named) return std::nullopt;
  const auto tx_id = crypto::Digest::from_bytes(*named);
  return tx_id ? find_final(ledger, *tx_id) : std::nullopt;
}

}  // namespace

ledger::Body OracleGateway::body_for(ByteView cose_sign1, const LedgerView& view) const {
  contracts::pb::Command command;
  command.mutable_attest()->set_cose_sign1(Bytes(cose_sign1));
  const std::uint64_t window = view.chain->parameters.validity_window_blocks;
  const std::uint64_t step = std::clamp<std::uint64_t>(window / 4, 1, validity_step_max);
  ledger::Body body;
  body.chain_id = view.chain->chain_id;
  body.member = member_;
  body.client_ref = crypto::sha256(cose_sign1).hex();
  body.valid_until = ledger::Height{(ledger::number(view.ledger->head().height) / step + 2) * step};
  body.commands = {ledger::canonical(command)};
  return body;
}

Result<std::variant<TxState, Bytes>> OracleGateway::wrap(ByteView cose_sign1, const LedgerView& view) {
  using Wrapped = std::variant<TxState, Bytes>;
  const ledger::Body body = body_for(cose_sign1, view);
  AVAL_ASSIGN(const ledger::Envelope envelope, ledger::sign_envelope(body, {&signer_}));
  const contracts::Status status = rehearse(envelope, view);
  if (status == contracts::Status::Applied) return Wrapped(envelope.bytes);
  if (status == contracts::Status::ClientRefReused) {
    if (auto end = find_end_of_reference(*view.ledger, body)) return Wrapped(std::move(*end));
  }
  return unexpected(Error::Code::Refused,
                    std::string(contracts::code_of(status)) + ": " + std::string(contracts::sentence_of(status)));
}

}  // namespace aval::node
