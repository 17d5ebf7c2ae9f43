#include "node/final_blocks.h"

#include "ledger/ids.h"

namespace aval::node {

namespace {

std::size_t bytes_of(const ledger::CertifiedBlock& block) {
  std::size_t bytes = 1024;  // header and certificate, roughly
  for (const auto& batch : block.batches) bytes += batch->bytes.size();
  return bytes;
}

}  // namespace

std::optional<consensus::FinalBlocks> read_final_blocks(const ledger::LedgerSnapshot& ledger, ledger::Height first,
                                                        std::size_t bytes_wanted, std::size_t blocks_max) {
  consensus::FinalBlocks answer;
  std::size_t certified = 0;  // blocks up to the last one with a certificate
  std::size_t bytes = 0;
  for (ledger::Height height = first; height <= ledger.head().height && answer.blocks.size() < blocks_max;
       height = next(height)) {
    auto block = ledger.block(height);
    if (!block) break;
    const bool is_of_later_epoch =
        !answer.blocks.empty() && block->block.header.epoch != answer.blocks.front().block.header.epoch;
    if (is_of_later_epoch) break;
    bytes += bytes_of(*block);
    const bool has_certificate = block->certificate.has_value();
    answer.blocks.push_back(std::move(*block));
    if (has_certificate) certified = answer.blocks.size();
    if (has_certificate && bytes >= bytes_wanted) break;
  }
  answer.blocks.resize(certified);
  if (answer.blocks.empty()) return std::nullopt;
  return answer;
}

}  // namespace aval::node
