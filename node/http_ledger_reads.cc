#include <charconv>

#include <nlohmann/json.hpp>

#include "contracts/status.h"
#include "node/http_reads.h"
#include "node/json_view.h"
#include "node/problem.h"

namespace aval::node {
namespace {

HttpResponse raw(Bytes bytes) {
  HttpResponse response;
  response.content_type = protobuf_type;
  response.body = std::move(bytes);
  return response;
}

std::optional<ledger::Height> height_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool has_leading_zero = text.size() > 1 && text.front() == '0';
  if (error != std::errc() || end != text.data() + text.size() || has_leading_zero) return std::nullopt;
  return ledger::Height{value};
}

HttpResponse bad_tx_id() { return problem(Problem::Malformed, "a transaction id is 64 hexadecimal digits"); }

/// The certificate that makes the block at `height` final: its own, or the next one above.
std::optional<ledger::Certificate> certificate_over(const ledger::LedgerSnapshot& ledger,
                                                    ledger::Height height) {
  const ledger::Height head = ledger.head().height;
  for (ledger::Height at = height; at <= head; at = next(at)) {
    const auto block = ledger.block(at);
    if (block && block->certificate) return block->certificate;
  }
  return std::nullopt;
}

HttpResponse raw_block(const ledger::LedgerSnapshot& ledger, ledger::Height height) {
  const auto block = ledger.block(height);
  if (!block) return problem(Problem::NotFound, "height 0 has no block; the genesis is at /v1/genesis");
  return raw(encode_certified_block(*block));
}

/// This node began with a snapshot and never had the blocks before it.
bool is_before_base(const ledger::LedgerSnapshot& ledger, ledger::Height height) {
  return height > ledger::Height{} && height <= ledger.base().height;
}

HttpResponse before_base(const ledger::LedgerSnapshot& ledger) {
  return problem(Problem::NotFound, "this node began with a snapshot and has the blocks from height " +
                                        std::to_string(number(next(ledger.base().height))) + " on; ask another node");
}

}  // namespace

HttpResponse read_transaction(const ReadCall& call) {
  const auto tx_id = crypto::Digest::from_hex(call.names[0]);
  if (!tx_id) return bad_tx_id();
  HttpResponse response;
  response.body = transaction_view(*tx_id, call.backend.find(*tx_id));
  return response;
}

HttpResponse read_receipt(const ReadCall& call) {
  const auto tx_id = crypto::Digest::from_hex(call.names[0]);
  if (!tx_id) return bad_tx_id();
  const auto proof = call.backend.view().ledger->receipt_proof(*tx_id);
  if (!proof) {
    const TxState::Kind kind = call.backend.find(*tx_id).kind;
    const bool is_over = kind == TxState::Kind::Committed || kind == TxState::Kind::Rejected;
    if (is_over && call.backend.view().ledger->base().height > ledger::Height{}) return before_base(*call.backend.view().ledger);
    const bool never = kind == TxState::Kind::Unknown || kind == TxState::Kind::Expired;
    return never ? problem(Problem::NotFound, "no transaction of this id is in the chain or on its way")
                 : problem(Problem::NotFinal, "the transaction has no receipt yet");
  }
  Bytes encoded = encode_receipt_proof(*proof);
  if (call.wants_protobuf) return raw(std::move(encoded));
  const std::uint32_t status = proof->receipt.status;
  return ok({{"tx_id", tx_id->hex()},
             {"height", number(proof->finality.headers.front().height)},
             {"status", status},
             {"code", contracts::code_of(contracts::Status{status})},
             {"proof", to_base64(encoded)}});
}

HttpResponse read_block(const ReadCall& call) {
  const auto height = height_of(call.names[0]);
  if (!height) return problem(Problem::Malformed, "a height is a decimal number");
  const LedgerView view = call.backend.view();
  if (is_before_base(*view.ledger, *height)) return before_base(*view.ledger);
  const auto header = view.ledger->header(*height);
  if (!header) return problem(Problem::NotFound, "the chain has no block of this height yet");
  if (call.wants_protobuf) return raw_block(*view.ledger, *height);
  if (number(*height) == 0) return ok(block_view(*header, {}));
  Json block = block_view(*header, view.ledger->receipts(*height));
  if (const auto certificate = certificate_over(*view.ledger, *height)) {
    block["certificate"] = certificate_view(*certificate, view.ledger->validators(certificate->epoch).value());
  }
  return ok(block);
}

}  // namespace aval::node
