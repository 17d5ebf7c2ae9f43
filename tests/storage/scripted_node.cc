#include "tests/storage/scripted_node.h"

#include "consensus/wire.h"
#include "node/journal_mirror.h"

namespace aval::storage_test {
namespace {

using ledger::Height;
using ledger::Phase;
using support::SimulatedDisk;
using support::SimulatedStore;

constexpr std::size_t transactions_in_block = 12;
constexpr std::uint64_t blocks_between_forces = 7;
constexpr std::uint64_t blocks_between_journals = 12;

Bytes encoded(consensus::Record record) { return consensus::encode(record); }

}  // namespace

Script::Script(std::size_t blocks) {
  genesis_.config = ledger::chain_of(4);
  ledger::ChainBuilder builder(genesis_.config);
  for (std::size_t i = 0; i < blocks; ++i)
    entries_.push_back(builder.next_entry(transactions_in_block, true));
}

ledger::Header Script::header(std::uint64_t height) const {
  return height == 0 ? ledger::genesis_header(genesis_.config) : entry(height).block.block.header;
}

ledger::Vote Script::vote(std::uint64_t height, Phase phase) const {
  ledger::Vote vote = ledger::commit_vote(header(height));
  vote.phase = phase;
  return vote;
}

std::vector<Bytes> Script::before_prepare(std::uint64_t height) const {
  const ledger::CertifiedBlock& block = entry(height).block;
  std::vector<Bytes> payloads;
  for (const ledger::BatchPtr& batch : block.batches)
    payloads.push_back(encoded(consensus::BatchRecord{batch}));
  payloads.push_back(encoded(consensus::BlockRecord{block.certificate->view, block.block}));
  payloads.push_back(encoded(consensus::VoteRecord{vote(height, Phase::Prepare)}));
  return payloads;
}

std::vector<Bytes> Script::before_commit(std::uint64_t height) const {
  ledger::Certificate prepared = *entry(height).block.certificate;
  prepared.phase = Phase::Prepare;
  return {encoded(consensus::PreparedRecord{prepared}),
          encoded(consensus::VoteRecord{vote(height, Phase::Commit)})};
}

std::vector<Bytes> Script::at_end(std::uint64_t height) const {
  return {encoded(consensus::FinalRecord{*entry(height).block.certificate})};
}

node::StoragePlaces places_on(SimulatedDisk& disk, SimulatedStore& store) {
  node::StoragePlaces places;
  places.database = "/data/db";
  places.ledger.cache_bytes = 1U << 20U;
  places.ledger.write_buffer_bytes = 64U << 10U;
  places.ledger.on_fatal = [](const std::string& what) { throw Stopped{what}; };
  places.ledger.disk = &store;
  places.votes.directory = "/data/votes";
  places.votes.disk = &disk;
  places.votes.chunk_bytes = 64U << 10U;
  return places;
}

ScriptedNode::ScriptedNode(const Script& script, SimulatedDisk& disk)
    : script_(script), disk_(disk), store_(disk) {}

Result<void> ScriptedNode::start() {
  AVAL_ASSIGN(recovery_, node::recover(places_on(disk_, store_), script_.genesis(), script_.vote_key()));
  promises_.has_begun = true;
  return {};
}

Result<void> ScriptedNode::promise(const std::vector<Bytes>& payloads) {
  for (const Bytes& payload : payloads) recovery_->journal.add(payload);
  AVAL_TRY(recovery_->journal.commit());
  auto& promised = promises_.journals.front();
  promised.insert(promised.end(), payloads.begin(), payloads.end());
  return {};
}

Result<void> ScriptedNode::add_block() {
  const std::uint64_t next = height() + 1;
  AVAL_TRY(promise(script_.before_prepare(next)));
  AVAL_TRY(promise(script_.before_commit(next)));
  AVAL_TRY(promise(script_.at_end(next)));
  promises_.final_height = next;
  recovery_->ledger->append(script_.entry(next), false);
  return {};
}

void ScriptedNode::force() { node::mirror_journal(*recovery_->ledger, recovery_->journal); }

/// The votes of the last block stand for those that a replica still needs.
Result<void> ScriptedNode::restart_journal() {
  const std::vector<Bytes> kept = script_.before_commit(height());
  promises_.journals.push_back(kept);
  AVAL_TRY(node::restart_journal(*recovery_->ledger, recovery_->journal, recovery_->journal.binding(), kept));
  promises_.journals = {kept};
  return {};
}

Result<void> ScriptedNode::live_through_a_block() {
  AVAL_TRY(add_block());
  if (height() % blocks_between_forces == 0) force();
  if (height() % blocks_between_journals == 0) AVAL_TRY(restart_journal());
  return {};
}

}  // namespace aval::storage_test
