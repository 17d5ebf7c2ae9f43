#include "consensus/invariants.h"

#include <algorithm>
#include <tuple>

#include "consensus/limits.h"

namespace aval::consensus {
namespace {

auto place_of(View view, Height height) { return std::tuple(view, height); }

bool same_place(const Vote& a, const Vote& b) {
  return a.view == b.view && a.height == b.height && a.phase == b.phase;
}

const Vote* find(const std::vector<Vote>& votes, const Vote& vote) {
  const auto at =
      std::find_if(votes.begin(), votes.end(), [&](const Vote& other) { return same_place(vote, other); });
  return at == votes.end() ? nullptr : &*at;
}

std::optional<std::string> broken_view(const Facts& now) {
  if (now.view < now.entered) return "it is in a view below one that it entered";
  if (now.in_view_change != (now.view > now.entered))
    return "it is in a view change without wanting a later view";
  return std::nullopt;
}

std::optional<std::string> broken_vote(const Facts& now, const Vote& vote) {
  if (vote.view < now.entered) return "it remembers a vote of a view that is over";
  if (vote.view > now.entered) return "it voted in a view that has not opened";
  if (vote.height <= now.final_height) return "it remembers a vote at or below the final block";
  if (vote.height < now.tip) return "it voted below the tip of the view";
  // A later view that made other blocks final has put an end to what was prepared in this one.
  if (vote.phase != Phase::Commit || now.final_view > vote.view) return std::nullopt;
  if (!now.prepared) return "it committed without a prepare certificate";
  if (place_of(now.prepared->view, now.prepared->height) < place_of(vote.view, vote.height))
    return "it committed above the highest prepare certificate it knows";
  return std::nullopt;
}

std::optional<std::string> broken_bound(const Facts& now) {
  const std::size_t window = now.window;
  for (const Height height : now.slots) {
    if (height <= now.final_height || height > window_end(now.final_height, now.window))
      return "it has a slot outside the window";
  }
  if (now.slots.size() > window_factor * window) return "it has more slots than two windows";
  const std::size_t blocks_max = known_blocks_factor * window + 2 * final_blocks_max + now.restored_blocks;
  if (now.known_blocks > blocks_max) return "it keeps too many blocks";
  if (now.certificates > certificates_max + window_factor * window + now.known_blocks)
    return "it keeps too many certificates";
  if (now.early_messages > now.validators * early_messages_per_peer_max)
    return "it keeps too many early messages";
  if (now.proofs > now.validators * proofs_per_validator_max) return "it remembers too many contradictions";
  if (now.batches > now.validators * (batches_per_peer_max + handed_on_batches_per_peer_max)) return "it keeps too many batches";
  if (now.envelopes > own_envelopes_max) return "it keeps too many envelopes";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> broken_fact(const Facts& now) {
  if (auto broken = broken_view(now)) return broken;
  if (now.prepared && now.prepared->height <= now.final_height)
    return "it shows a prepare certificate at or below the final block";
  if (now.prepared && now.prepared->view > now.entered)
    return "it shows a prepare certificate of a view it has not entered";
  for (const Vote& vote : now.votes) {
    if (auto broken = broken_vote(now, vote)) return broken;
  }
  return broken_bound(now);
}

std::optional<std::string> broken_fact(const Facts& before, const Facts& now) {
  if (now.final_height < before.final_height) return "its final block went down";
  if (now.final_height == before.final_height && now.final_hash != before.final_hash)
    return "its final block became another one";
  if (now.view < before.view) return "its view went down";
  if (now.entered < before.entered) return "the view it entered went down";
  for (const Vote& vote : now.votes) {
    const Vote* known = find(before.votes, vote);
    if (known != nullptr && known->block_hash != vote.block_hash) return "it voted twice at one place";
    if (known == nullptr && vote.view < before.view) return "it voted in a view it had left";
  }
  for (const Vote& vote : before.votes) {
    const bool may_go = vote.height <= now.final_height || vote.view < now.entered;
    if (!may_go && find(now.votes, vote) == nullptr) return "it forgot a vote";
  }
  if (!before.prepared || now.final_height > before.final_height) return std::nullopt;
  if (!now.prepared) return "it forgot its prepare certificate";
  if (place_of(now.prepared->view, now.prepared->height) < place_of(before.prepared->view, before.prepared->height))
    return "its prepare certificate went down";
  return std::nullopt;
}

}  // namespace aval::consensus
