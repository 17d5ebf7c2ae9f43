#pragma once

#include <optional>
#include <set>
#include <string>

#include "node/chunk_fetch.h"
#include "node/snapshot_choice.h"

namespace aval::node {

/// Gets a ledger for a node that has none: asks its peers who has a snapshot, chooses one that f+1 voters have,
/// fetches it from all that have it, and fills a database with it. Without sockets, threads and clocks: links,
/// messages and time come in, questions and remarks go out. What was fetched stays in its place over a crash, and the next
/// joiner goes on from there.
class SnapshotJoiner {
 public:
  struct Place {
    std::filesystem::path path;  // of the database
    ledger::Ledger::Options options;
  };
  struct Question {
    ledger::ReplicaId to{};
    SnapshotMessage message;
  };
  struct Remark {
    enum class Kind { Progress, Failure, BadSource, Alarm };
    Kind kind = Kind::Progress;
    std::string text;
    std::optional<ledger::ReplicaId> about;  // of BadSource
  };
  struct Actions {
    std::vector<Question> ask;
    std::vector<Remark> say;
  };

  /// `genesis` must outlive it. `self`: never asked.
  SnapshotJoiner(const ledger::ChainConfig& genesis, ledger::ReplicaId self, Place place, TimePoint now);

  /// To be called some ten times a second, with the peers that there is a link to.
  Actions tick(TimePoint now, const std::set<ledger::ReplicaId>& linked);
  /// A peer said this: the payload of a frame of kind Snapshot.
  Actions hear(TimePoint now, ledger::ReplicaId peer, ByteView payload);
  /// When it is over: true when a whole ledger stands in its place, false when there is no snapshot to be had,
  /// an error when the disk fails.
  const std::optional<Result<bool>>& outcome() const { return outcome_; }

 private:
  void ask_for_offers(TimePoint now, const std::set<ledger::ReplicaId>& linked);
  void choose(TimePoint now);
  void go_on_fetching(TimePoint now);
  void begin_again(TimePoint now);
  void install();
  void on_offer(TimePoint now, ledger::ReplicaId peer, SnapshotOffer offer);
  void on_chunk(TimePoint now, ledger::ReplicaId peer, const SnapshotChunk& chunk);
  void blame(ledger::ReplicaId peer, std::string what);
  void report(std::string text, Remark::Kind kind = Remark::Kind::Progress) {
    actions_.say.push_back({kind, std::move(text), std::nullopt});
  }
  std::string height() const { return std::to_string(ledger::number(chosen_->manifest.height)); }

  const ledger::ChainConfig& genesis_;
  ledger::ReplicaId self_;
  Place place_;
  SnapshotChoice choice_;
  std::map<ledger::ReplicaId, TimePoint> ask_not_before_;
  TimePoint round_begun_;
  TimePoint progress_told_;
  std::optional<TimePoint> first_answer_;
  std::uint32_t rounds_ = 0;
  std::optional<SnapshotChoice::Choice> chosen_;
  std::optional<ledger::SnapshotImport> import_;
  std::optional<ChunkFetch> fetch_;
  std::optional<Result<bool>> outcome_;
  Actions actions_;  // of the call under way
};

}  // namespace aval::node
