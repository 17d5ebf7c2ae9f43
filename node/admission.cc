#include "node/admission.h"

#include "contracts/keys.h"
#include "node/waiting_room.h"

namespace aval::node {

namespace {

Result<void> check_bounds(const ledger::Envelope& envelope, const ledger::Header& head,
                          const ledger::ChainConfig& config) {
  if (envelope.body.chain_id != config.chain_id) {
    return unexpected(Error::Code::Refused, "the envelope is for chain " + envelope.body.chain_id.hex() +
                                                ", this node serves " + config.chain_id.hex());
  }
  if (envelope.body.valid_until <= head.height) {
    return unexpected(Error::Code::Expired, "the envelope was valid until height " +
                                                std::to_string(ledger::number(envelope.body.valid_until)) +
                                                ", the chain is at " + std::to_string(ledger::number(head.height)));
  }
  return {};
}

/// Of a transaction below the base the state knows how it ended, not what its commands gave.
std::optional<TxState> find_without_block(const ledger::LedgerSnapshot& ledger, const ledger::TxId& tx_id) {
  if (ledger.base().height == ledger::Height{}) return std::nullopt;
  const auto bytes = ledger.get(contracts::tx_index_key(tx_id.view()));
  if (!bytes) return std::nullopt;
  const contracts::TxRecord record = contracts::decode_tx_record(*bytes).value();
  return final_state_of(record.height, ledger::Receipt{tx_id, record.status, {}});
}

}  // namespace

Result<void> judge(const ledger::Envelope& envelope, const LedgerView& view) {
  const auto status = contracts::judge_envelope(next_block(view), envelope, *view.ledger);
  if (status == contracts::Status::Applied) return {};
  const std::string why = std::string(contracts::code_of(status)) + ": " + std::string(contracts::sentence_of(status));
  const bool reused = status == contracts::Status::ClientRefReused;
  return unexpected(reused ? Error::Code::Conflict : Error::Code::Refused, why);
}

contracts::BlockContext next_block(const LedgerView& view) {
  const ledger::Header head = view.ledger->head();
  contracts::BlockContext context;
  context.chain_id = view.chain->chain_id;
  context.height = next(head.height);
  context.time_ms = head.time_ms + 1;
  context.validity_window_blocks = view.chain->parameters.validity_window_blocks;
  return context;
}

std::optional<TxState> find_final(const ledger::LedgerSnapshot& ledger, const ledger::TxId& tx_id) {
  const auto location = ledger.find(tx_id);
  if (!location) return find_without_block(ledger, tx_id);
  auto receipts = ledger.receipts(location->height);
  AVAL_CHECK(location->index < receipts.size());
  return final_state_of(location->height, std::move(receipts[location->index]));
}

Result<Admission> admit(ByteView envelope_bytes, const LedgerView& view) {
  const std::size_t bytes_max = view.chain->parameters.envelope_bytes_max;
  if (envelope_bytes.size() > bytes_max) {
    return unexpected(Error::Code::Malformed, "the envelope has " + std::to_string(envelope_bytes.size()) +
                                                  " bytes, at most " + std::to_string(bytes_max) + " are taken");
  }
  AVAL_ASSIGN(ledger::Envelope decoded, ledger::decode_envelope(envelope_bytes));
  const auto envelope = std::make_shared<const ledger::Envelope>(std::move(decoded));
  if (auto end = find_final(*view.ledger, envelope->tx_id)) return Admission(std::move(*end));
  AVAL_TRY(check_bounds(*envelope, view.ledger->head(), *view.chain));
  AVAL_TRY(judge(*envelope, view));
  if (!ledger::signatures_valid(*envelope)) {
    return unexpected(Error::Code::Refused, "a signature of the envelope does not verify");
  }
  return Admission(envelope);
}

}  // namespace aval::node
