#include "ledger/stored_block.h"

#include "crypto/base/mutant.h"
#include "crypto/merkle.h"
#include "ledger/batch.h"

namespace aval::ledger {
namespace {

unexpected not_as_it_was(Height height, const std::string& what) {
  return unexpected(Error::Code::Corrupt, "the block at height " + std::to_string(number(height)) + ": " + what);
}

/// As the block above names it; the head is known by heart.
std::optional<BlockHash> name_of(Height height, const LedgerSnapshot& ledger) {
  if (height == ledger.head().height) return hash_of(ledger.head());
  const auto above = ledger.header(next(height));
  return above ? std::optional(above->parent) : std::nullopt;
}

bool holds_its_batches(const CertifiedBlock& stored) {
  const std::vector<BatchRef>& refs = stored.block.batches;
  return std::equal(refs.begin(), refs.end(), stored.batches.begin(), stored.batches.end(),
                    [](const BatchRef& ref, const BatchPtr& batch) { return ref == ref_of(*batch); });
}

bool are_of(const std::vector<Receipt>& receipts, const Header& header) {
  std::vector<crypto::Digest> transactions;
  std::vector<crypto::Digest> leaves;
  for (const Receipt& receipt : receipts) {
    transactions.push_back(crypto::merkle_leaf(receipt.tx_id.view()));
    leaves.push_back(leaf_of(receipt));
  }
  return crypto::merkle_root(transactions) == header.tx_root && crypto::merkle_root(leaves) == header.receipt_root;
}

bool certifies(const Certificate& certificate, const Header& header, const LedgerSnapshot& ledger) {
  const auto set = ledger.validators(header.epoch);
  return set && certificate.phase == Phase::Commit && certificate.height == header.height &&
         certificate.block_hash == hash_of(header) && verify_certificate(certificate, header.chain_id, *set).has_value();
}

}  // namespace

Result<void> check_stored_block(const LedgerSnapshot& ledger, Height height) {
  const auto stored = ledger.block(height);
  if (!stored) return not_as_it_was(height, "it is not there");
  const Header& header = stored->block.header;
  if (hash_of(header) != name_of(height, ledger)) return not_as_it_was(height, "another one stands there");
  if (!holds_its_batches(*stored)) return not_as_it_was(height, "its batches are not those it names");
  if (stored->certificate && !certifies(*stored->certificate, header, ledger))
    return not_as_it_was(height, "its certificate is not of it");
  const std::vector<Receipt> receipts = ledger.receipts(height);
  if (!are_of(receipts, header) && !mutated("stored-receipts-unread"))
    return not_as_it_was(height, "its receipts do not have the roots it names");
  for (std::uint32_t i = 0; i < receipts.size(); ++i)
    if (ledger.find(receipts[i].tx_id) != TxLocation{height, i})
      return not_as_it_was(height, "a transaction of it is not to be found");
  return {};
}

}  // namespace aval::ledger
