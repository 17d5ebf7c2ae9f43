#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "node/snapshot_messages.h"
#include "tests/simulation/joins/join_world.h"

namespace aval::simulation {

/// What a hostile validator says to somebody who joins.
enum class SourceDeed {
  Silent,       // nothing
  Stale,        // offers its first snapshot for ever
  Forged,       // offers, and gives, a snapshot with a chunk of its own making
  Unproved,     // shows a block to be final with signatures that do not hold
  Misnamed,     // offers one snapshot with the proof of another
  WrongBytes,   // a chunk with one bit turned
  OtherChunk,   // the true bytes of another chunk
  NoChunk,      // has let go what it offers
  TooLate,      // the truth, when nobody waits for it any more
  Garbage,      // bytes that are no message
  Unasked,      // chunks that nobody asked it for, with the truth among them
  Turncoat,     // the truth at first
};
constexpr std::array<std::string_view, 12> source_deeds = {
    "silent", "stale", "forged", "unproved", "misnamed", "wrong-bytes", "other-chunk", "no-chunk", "too-late", "garbage",
    "unasked", "turncoat"};

/// One validator as the joiner meets it: how it answers, with the snapshots that it has by now.
class JoinSource {
 public:
  struct Answer {
    Duration after{};
    Bytes bytes;
  };

  /// `deed`: nullopt for an honest one.
  JoinSource(const JoinWorld& world, std::size_t newest, std::optional<SourceDeed> deed)
      : world_(world), newest_(newest), deed_(deed) {}

  bool is_honest() const { return !deed_; }
  std::optional<SourceDeed> deed() const { return deed_; }
  std::uint64_t deeds() const { return deeds_; }
  /// Takes the next snapshot; the newest two stay.
  void take_next() { newest_ = std::min(newest_ + 1, world_.snapshots.size() - 1); }
  std::vector<Answer> answer(const node::SnapshotMessage& question, Prng& prng);

 private:
  const TakenSnapshot* at(ledger::Height height) const;
  node::SnapshotOffer offer();
  node::SnapshotChunk chunk(const node::AskChunk& ask, Prng& prng);
  void falsify(node::SnapshotChunk& chunk, const TakenSnapshot& snapshot, Prng& prng);
  std::vector<Answer> with_unasked(const node::SnapshotMessage& truth, Prng& prng);

  const JoinWorld& world_;
  std::size_t newest_;
  std::optional<SourceDeed> deed_;
  std::uint64_t deeds_ = 0;
  std::uint64_t chunks_given_ = 0;
};

/// The chunk that forgers agree upon, in place of a snapshot's last one.
Bytes forged_chunk(const TakenSnapshot& snapshot);

}  // namespace aval::simulation
