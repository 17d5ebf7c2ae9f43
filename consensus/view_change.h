#pragma once

#include <vector>

#include "consensus/messages.h"

/// What leaving a view and opening the next one must show. Pure functions of messages: what a new
/// view begins with can be recomputed by anybody from the view changes it quotes.
namespace aval::consensus {

/// Views go round the voters.
ReplicaId primary_of(View view, const ledger::ValidatorSet& set);

/// Refused, saying why, unless the message stands on its own: signed by its sender, its final block
/// certified, its prepare certificate valid, of an earlier view, and linked to the final block by
/// headers that follow each other.
Result<void> validate(const ViewChange& message, const ledger::ChainConfig& config,
                      ledger::SignatureCheck check);

/// Refused unless it is signed by the primary of its view and quotes exactly q view changes to that
/// view, each valid, by distinct senders in ascending order.
Result<void> validate(const NewView& message, const ledger::ChainConfig& config,
                      ledger::SignatureCheck check);

/// What a view begins with: the block of the highest certificate, by (view, height), among those shown.
struct Tip {
  View view{};  // of that certificate
  Height height{};
  BlockHash hash;
  /// Somebody showed a commit certificate of it: the view continues above it. Otherwise it was
  /// prepared, may be final somewhere, and the view must first bring it to an end.
  bool is_final = false;
  /// Hashes of the blocks below it and itself, ascending, ending with `hash`; empty when final.
  std::vector<BlockHash> chain;
  /// Who showed that certificate, and so has the blocks if it is honest.
  std::vector<ReplicaId> holders;
  bool operator==(const Tip&) const = default;
};

/// `base`, on which the epoch stands, is the tip when nobody shows any certificate. The rule and why it
/// is safe: README.md.
Tip tip_of(const std::vector<ViewChange>& view_changes, const Header& base);

/// The commit certificate of the greatest height that `view_changes` show, or null.
const Certificate* highest_final(const std::vector<ViewChange>& view_changes);

/// The highest view that more than `n` of these, of distinct senders, reach. With n = f at least one
/// honest replica wants to be there or further. View 0 when there are no more than n.
View reached_by_more_than(std::size_t n, std::vector<View> views);

}  // namespace aval::consensus
