#include "consensus/waiting.h"

namespace aval::consensus {
namespace {

std::string text(std::uint64_t value) { return std::to_string(value); }

/// "replica 1", "replicas 1 and 3", "replicas 1, 2 and 3".
std::string replicas_missing(const Self& self, const VoteSet& votes) {
  std::vector<std::uint32_t> missing;
  for (const ReplicaId id : self.chain().validators.voters()) {
    if (!votes.has(id)) missing.push_back(number(id));
  }
  std::string out = missing.size() == 1 ? "replica " : "replicas ";
  for (std::size_t i = 0; i < missing.size(); ++i) {
    if (i > 0) out += i + 1 == missing.size() ? " and " : ", ";
    out += text(missing[i]);
  }
  return out;
}

std::string at(Height height, View view) {
  return " at height " + text(number(height)) + ", view " + text(number(view));
}

std::string waiting_for_block(const Self& self, const BlockTree& tree, const Slot& slot,
                              const std::string& where) {
  const auto& hash = slot.linked ? slot.linked : slot.carried;
  const KnownBlock* entry = hash ? tree.find(*hash) : nullptr;
  if (!hash && slot.proposed) return "the parent of the block" + where;
  if (entry == nullptr) return "the block" + where;
  if (!entry->is_complete()) return "batches of the block" + where;
  if (!tree.has_executed(*hash)) return "the execution of the block" + where;
  if (!slot.prepared) return "prepares of " + replicas_missing(self, slot.prepares) + where;
  return "commits of " + replicas_missing(self, slot.commits) + where;
}

std::string waiting_for_view(const Self& self, const Promises& promises, const ViewChanger& changer) {
  const View view = promises.view();
  const std::size_t leaving = changer.leaving_for(view);
  if (leaving < self.quorum())
    return "view changes to view " + text(number(view)) + ", " + text(leaving) + " of " +
           text(self.quorum()) + " are here";
  return "replica " + text(number(self.primary(view))) + " to open view " + text(number(view));
}

}  // namespace

std::string waiting_for(const Self& self, const BlockTree& tree, const Ordering& ordering,
                        const Promises& promises, const ViewChanger& changer, const CatchUp& catch_up,
                        const Pool& pool) {
  if (self.is_mute() && self.holds_vote()) return "a restart: the device that holds the vote key failed";
  if (promises.in_view_change()) return "waiting for " + waiting_for_view(self, promises, changer);
  if (catch_up.is_behind() && ordering.in_flight() == 0)
    return "waiting for final blocks from other replicas";
  for (const auto& [height, slot] : ordering.pipeline().slots()) {
    return "waiting for " + waiting_for_block(self, tree, slot, at(height, ordering.view()));
  }
  if (pool.is_empty()) return "";
  if (self.is_primary(ordering.view())) return "waiting for its own next block to be executed";
  return "waiting for a proposal of replica " + text(number(self.primary(ordering.view()))) +
         at(next(tree.final_height()), ordering.view());
}

}  // namespace aval::consensus
