#include "ledger/receipt.h"

#include "ledger/canonical.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

void write_result(const CommandResult& result, pb::CommandResult& wire) {
  wire.set_status(result.status);
  for (const Event& event : result.events) {
    auto* entry = wire.add_events();
    entry->set_type(event.type);
    entry->set_subject(event.subject);
    entry->set_data(event.data);
  }
}

CommandResult take_result(pb::CommandResult& wire) {
  CommandResult result;
  result.status = wire.status();
  result.events.reserve(static_cast<std::size_t>(wire.events_size()));
  for (auto& event : *wire.mutable_events())
    result.events.push_back({std::move(*event.mutable_type()), std::move(*event.mutable_subject()),
                             std::move(*event.mutable_data())});
  return result;
}

}  // namespace

Bytes encode_receipt(const Receipt& receipt) {
  pb::Receipt wire;
  put_field(wire.mutable_tx_id(), receipt.tx_id.view());
  wire.set_status(receipt.status);
  for (const CommandResult& result : receipt.results) write_result(result, *wire.add_results());
  return canonical(wire);
}

Result<Receipt> decode_receipt(ByteView bytes) {
  pb::Receipt wire;
  AVAL_TRY(parse_canonical(bytes, wire, "receipt"));
  if (static_cast<std::size_t>(wire.results_size()) > commands_max)
    return malformed("receipt: more than 1000 results");
  Receipt receipt;
  AVAL_TRY(read_field(wire.tx_id(), "receipt: tx_id", receipt.tx_id));
  receipt.status = wire.status();
  receipt.results.reserve(static_cast<std::size_t>(wire.results_size()));
  for (auto& result : *wire.mutable_results()) receipt.results.push_back(take_result(result));
  return receipt;
}

crypto::Digest leaf_of(const Receipt& receipt) { return crypto::merkle_leaf(encode_receipt(receipt)); }

}  // namespace aval::ledger
