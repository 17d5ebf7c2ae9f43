#include "consensus/journal.h"

namespace aval::consensus {
namespace {

/// The epoch that a record is of; a batch is of none.
struct EpochOf {
  std::optional<Epoch> operator()(const BatchRecord&) const { return std::nullopt; }
  std::optional<Epoch> operator()(const BlockRecord& record) const { return record.block.header.epoch; }
  std::optional<Epoch> operator()(const VoteRecord& record) const { return record.vote.epoch; }
  std::optional<Epoch> operator()(const PreparedRecord& record) const { return record.certificate.epoch; }
  std::optional<Epoch> operator()(const ViewChangeRecord& record) const { return record.message.epoch; }
  std::optional<Epoch> operator()(const NewViewRecord& record) const { return record.message.epoch; }
  std::optional<Epoch> operator()(const FinalRecord& record) const { return record.certificate.epoch; }
};

}  // namespace

Recovered of_epoch(Epoch epoch, Recovered recovered) {
  std::erase_if(recovered.records, [&](const Record& record) {
    return std::visit(EpochOf{}, record).value_or(epoch) != epoch;
  });
  auto& certificate = recovered.final_certificate;
  if (certificate && certificate->epoch != epoch) certificate.reset();
  return recovered;
}

}  // namespace aval::consensus
