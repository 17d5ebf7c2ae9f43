#include "tests/simulation/real_storage.h"

#include "consensus/wire.h"
#include "ledger/state_tree.h"
#include "node/journal_mirror.h"
#include "tests/simulation/power_cut.h"

namespace aval::simulation {
namespace {

/// Where a process would end.
struct Stopped {
  std::string what;
};

/// Runs what writes to the ledger, whose failures have no other way out.
template <class Work>
Result<void> or_failure(const Work& work) {
  try {
    return work();
  } catch (const Stopped& stopped) {
    return unexpected(Error::Code::Io, stopped.what);
  }
}

std::vector<Bytes> encoded(const std::vector<consensus::Record>& records) {
  std::vector<Bytes> payloads;
  for (const consensus::Record& record : records) payloads.push_back(consensus::encode(record));
  return payloads;
}

/// A moment at which the power may go.
struct CutPoint {
  support::DiskImage durable;
  std::vector<support::PendingOperation> pending;
};

}  // namespace

RealStorage::RealStorage(const contracts::GenesisState& genesis, VoteKey vote_key)
    : genesis_(genesis),
      vote_key_(std::move(vote_key)),
      disk_(std::make_unique<support::SimulatedDisk>()),
      store_(std::make_unique<support::SimulatedStore>(*disk_)) {}

RealStorage::~RealStorage() = default;

node::StoragePlaces RealStorage::places() {
  node::StoragePlaces places;
  places.database = "/data/db";
  places.ledger.cache_bytes = 256U << 10U;
  places.ledger.write_buffer_bytes = 64U << 10U;
  places.ledger.on_fatal = [](const std::string& what) { throw Stopped{what}; };
  places.ledger.disk = store_.get();
  places.votes.directory = "/data/votes";
  places.votes.disk = disk_.get();
  places.votes.chunk_bytes = 64U << 10U;
  return places;
}

Result<consensus::Recovered> RealStorage::open() {
  try {
    const node::StoragePlaces at = places();
    AVAL_ASSIGN(auto ledger, ledger::Ledger::open(at.database, genesis_.config, genesis_.state, at.ledger));
    const crypto::PublicKey key = vote_key_(ledger->config());
    AVAL_ASSIGN(recovery_, node::recover(at, std::move(ledger), key));
  } catch (const Stopped& stopped) {
    return unexpected(Error::Code::Io, stopped.what);
  }
  if (ledger::StateTree::of(recovery_->ledger->state()).root() != recovery_->ledger->head().state_root)
    return unexpected(Error::Code::Corrupt, "the state on disk does not have the root of its head");
  return recovery_->recovered;
}

Result<void> RealStorage::persist(const std::vector<consensus::Record>& records) {
  for (const Bytes& payload : encoded(records)) recovery_->journal.add(payload);
  return recovery_->journal.commit();
}

Result<void> RealStorage::append(const ledger::LedgerEntry& entry) {
  return or_failure([&]() -> Result<void> {
    recovery_->ledger->append(entry, false);
    return {};
  });
}

Result<void> RealStorage::force() {
  return or_failure([&]() -> Result<void> {
    node::mirror_journal(*recovery_->ledger, recovery_->journal);
    return {};
  });
}

Result<void> RealStorage::restart_journal(const std::vector<consensus::Record>& records) {
  return or_failure([&] {
    auto& journal = recovery_->journal;
    return node::restart_journal(*recovery_->ledger, journal, journal.binding(), encoded(records));
  });
}

Result<void> RealStorage::begin_epoch(bool is_named) {
  return or_failure([&] {
    const ledger::ChainConfig& chain = recovery_->ledger->config();
    const crypto::Digest key = is_named ? crypto::key_id(vote_key_(chain)) : crypto::Digest{};
    return node::restart_journal(*recovery_->ledger, recovery_->journal,
                                 {chain.chain_id, key, chain.validators.epoch}, {});
  });
}

void RealStorage::crash(const std::vector<consensus::Record>& under_way, Prng& prng) {
  std::vector<CutPoint> points = {{disk_->durable(), disk_->pending()}};
  disk_->watch([&] { points.push_back({disk_->durable(), disk_->pending()}); });
  if (recovery_ && !under_way.empty()) AVAL_CHECK(persist(under_way));
  disk_->watch({});
  const CutPoint& point = points[prng.below(points.size())];
  support::DiskImage image = image_after_cut(point.durable, point.pending, prng);
  disk_->cut_power();
  recovery_.reset();
  store_.reset();
  disk_ = std::make_unique<support::SimulatedDisk>(std::move(image));
  store_ = std::make_unique<support::SimulatedStore>(*disk_);
}

}  // namespace aval::simulation
