#pragma once

#include <cstddef>
#include <cstdint>

#include "ledger/chain_config.h"

/// Every bound of this room that is not a ledger parameter, and what happens at it.
namespace aval::consensus {

/// Heights above the final one for which votes and proposals are taken, in windows W. The primary
/// keeps at most W blocks in flight; the second window is for a replica that is behind it.
constexpr std::uint32_t window_factor = 2;

/// Blocks in one FinalBlocks. Longer answers do not decode; the asker asks again for the rest.
constexpr std::size_t final_blocks_max = 64;

/// Envelopes of this node's own clients that wait to be packed; more are dropped, newest first.
constexpr std::size_t own_envelopes_max = 10'000;
/// Of them, those of one member.
constexpr std::size_t own_envelopes_per_member_max = 5'000;

/// Batches, and their bytes, that one peer has brought and that are not final. More are not kept: a
/// block that names one makes the replica ask for it.
constexpr std::size_t batches_per_peer_max = 512;
constexpr std::size_t batch_bytes_per_peer_max = std::size_t{12} << 20U;
/// Batches of others that one peer hands on, beside its own. Few, so that each is ordered soon; what
/// does not fit is handed on again later. Together with its own ones they stay below the 16 MiB that
/// one validator may occupy here.
constexpr std::size_t handed_on_batches_per_peer_max = 64;
constexpr std::size_t handed_on_bytes_per_peer_max = std::size_t{3} << 20U;

/// Batches that became final last, remembered so that a late copy is not taken for new work. A replica
/// that starts reads at most as many blocks to know them.
constexpr std::size_t final_digests_max = 2'048;

/// Batches sent again, and batches handed on to a primary that may lack them, in one interval.
constexpr std::size_t resent_batches_max = 8;
constexpr std::size_t forwarded_batches_max = 16;

/// The oldest batches of each lane that a primary is judged by. Several, because a primary that orders
/// one batch at a time would otherwise always take just the one that it was asked about.
constexpr std::size_t watched_batches_per_lane_max = 8;

/// Proposals and votes of later views kept for each sender; the oldest give way.
constexpr std::size_t early_messages_per_peer_max = 64;

/// Contradictions proved of one validator in one life of a replica, each of another place: a liar may sign as
/// much as it likes, and one proof is enough.
constexpr std::size_t proofs_per_validator_max = 8;

/// What a primary is measured by: blocks of the present view, views before it for each validator, and
/// intervals of the work done.
constexpr std::size_t block_times_max = 31;
constexpr std::size_t work_intervals_max = 64;

/// Blocks above the final one that are kept, in windows W: those of the view, and those voted for in
/// earlier views, which somebody may still show as the tip of a later one. The one whose view lies
/// furthest back gives way.
constexpr std::uint32_t known_blocks_factor = 16;

/// Commit certificates above the final block of blocks that are not here, beside two windows of them: every view
/// that opens may show one. The highest tells what there is, the lowest become final next; of those between
/// them the highest gives way, as its block brings it along.
constexpr std::size_t certificates_max = final_blocks_max;

/// The last height that votes and proposals are taken for when `final` is the last final one.
inline ledger::Height window_end(ledger::Height final, std::uint32_t pipeline_window) {
  const std::uint64_t span = std::uint64_t{pipeline_window} * window_factor;
  const std::uint64_t from = ledger::number(final);
  return ledger::Height{from > UINT64_MAX - span ? UINT64_MAX : from + span};
}

}  // namespace aval::consensus
