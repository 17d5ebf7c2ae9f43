#include <algorithm>

#include "consensus/wire.h"
#include "ledger/state_tree.h"
#include "node/journal_mirror.h"
#include "tests/storage/scripted_node.h"

namespace aval::storage_test {
namespace {

using ledger::Height;
using ledger::number;

constexpr std::uint64_t blocks_read_back = 3;
constexpr std::uint64_t all_blocks = 1'000;

bool begins_with(const std::vector<Bytes>& records, const std::vector<Bytes>& beginning) {
  return records.size() >= beginning.size() &&
         std::equal(beginning.begin(), beginning.end(), records.begin());
}

std::string at(std::uint64_t height) { return " at height " + std::to_string(height); }

/// Compares one opened storage with what was promised.
class Comparison {
 public:
  Comparison(const Script& script, const node::Recovery& opened, const Promises& promises,
             std::uint64_t blocks)
      : script_(script),
        opened_(opened),
        promises_(promises),
        blocks_(blocks),
        head_(number(opened.ledger->head().height)) {
    for (const consensus::Record& record : opened.recovered.records)
      records_.push_back(consensus::encode(record));
  }

  std::optional<std::string> difference() const {
    if (head_ > script_.blocks()) return "a block nobody made" + at(head_);
    if (opened_.ledger->head() != script_.header(head_)) return "another block" + at(head_);
    if (ledger::StateTree::of(opened_.ledger->state()).root() != opened_.ledger->head().state_root)
      return "a state that is not the one" + at(head_);
    if (const auto missing = missing_block()) return missing;
    if (const auto missing = missing_record()) return missing;
    return missing_end();
  }

 private:
  std::optional<std::string> missing_block() const {
    const auto snapshot = opened_.ledger->snapshot();
    for (std::uint64_t height = head_; height > 0 && height + blocks_ > head_; --height) {
      const auto block = snapshot->block(Height{height});
      if (!block || block->block != script_.entry(height).block.block) return "no block" + at(height);
      for (const auto& transaction : script_.entry(height).transactions)
        if (!snapshot->find(transaction->tx_id)) return "no transaction" + at(height);
    }
    return std::nullopt;
  }

  std::optional<std::string> missing_record() const {
    for (const auto& journal : promises_.journals)
      if (begins_with(records_, journal)) return std::nullopt;
    return "a vote is forgotten: " + std::to_string(records_.size()) + " records, promised were " +
           std::to_string(promises_.journals.front().size());
  }

  /// Final blocks that the ledger has not got must be whole in the journal.
  std::optional<std::string> missing_end() const {
    for (std::uint64_t height = head_ + 1; height <= promises_.final_height; ++height) {
      std::vector<Bytes> needed = script_.before_prepare(height);
      for (const Bytes& end : script_.at_end(height)) needed.push_back(end);
      for (const Bytes& record : needed)
        if (std::find(records_.begin(), records_.end(), record) == records_.end())
          return "neither ledger nor journal has what is final" + at(height);
    }
    return std::nullopt;
  }

  const Script& script_;
  const node::Recovery& opened_;
  const Promises& promises_;
  std::uint64_t blocks_;  // below the head that are read back
  std::uint64_t head_;
  std::vector<Bytes> records_;
};

Result<node::Recovery> open(const Script& script, support::SimulatedDisk& disk,
                            support::SimulatedStore& store) {
  return node::recover(places_on(disk, store), script.genesis(), script.vote_key());
}

/// A start that was normal is good for a life: one more promise, one more start.
std::optional<std::string> live_on(const Script& script, node::Recovery opened,
                                   support::SimulatedDisk& disk) {
  const std::size_t records = opened.recovered.records.size();
  const std::uint64_t next = number(opened.ledger->head().height) + 1;
  const std::vector<Bytes> payloads = script.before_prepare(std::min<std::uint64_t>(next, script.blocks()));
  for (const Bytes& payload : payloads) opened.journal.add(payload);
  if (!opened.journal.commit()) return "cannot write its journal";
  if (next <= script.blocks()) opened.ledger->append(script.entry(next), false);
  node::mirror_journal(*opened.ledger, opened.journal);
  opened.ledger.reset();
  support::SimulatedDisk again(disk.durable());
  support::SimulatedStore store(again);
  const auto reopened = open(script, again, store);
  if (!reopened) return "does not start again: " + reopened.error().message;
  if (reopened->recovered.records.size() != records + payloads.size())
    return "loses what it writes after a crash";
  return std::nullopt;
}

Judgement judge(const Script& script, const support::DiskImage& image, const Promises& promises,
                std::uint64_t blocks) {
  support::SimulatedDisk disk(image);
  support::SimulatedStore store(disk);
  auto opened = open(script, disk, store);
  if (!opened) {
    Judgement refused{Judgement::End::Recovering, opened.error().message, {}};
    if (opened.error().code != Error::Code::Corrupt) refused.wrong = "refused as " + opened.error().message;
    return refused;
  }
  Judgement normal;
  normal.wrong = Comparison(script, *opened, promises, blocks).difference();
  if (!normal.wrong) normal.wrong = live_on(script, *std::move(opened), disk);
  return normal;
}

Judgement judge_or_stop(const Script& script, const support::DiskImage& image, const Promises& promises,
                        std::uint64_t blocks) {
  try {
    return judge(script, image, promises, blocks);
  } catch (const Stopped& stopped) {
    return {Judgement::End::Stopped, stopped.what, {}};
  }
}

}  // namespace

Judgement start_and_judge(const Script& script, const support::DiskImage& image, const Promises& promises) {
  return judge_or_stop(script, image, promises, blocks_read_back);
}

Judgement start_and_read_all(const Script& script, const support::DiskImage& image,
                             const Promises& promises) {
  return judge_or_stop(script, image, promises, all_blocks);
}

}  // namespace aval::storage_test
