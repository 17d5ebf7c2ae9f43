#include "tests/simulation/joins/join_world.h"

#include <stdexcept>

#include "tests/support/simulated_store.h"
#include "tests/unit/ledger/fixtures.h"

namespace aval::simulation {
namespace {

constexpr std::uint64_t blocks = 16;
constexpr std::uint64_t epoch_end = 4;  // from there on the state says who validates
constexpr std::array<std::uint64_t, 3> snapshot_at = {epoch_end, 9, 14};
constexpr std::size_t stock_bytes = 1'050'000;  // fills a chunk

/// Every second block puts two large entries into the state, so that a snapshot has several chunks.
ledger::LedgerEntry next_entry(ledger::ChainBuilder& builder, const ledger::ChainConfig& genesis, std::uint64_t height) {
  if (height == epoch_end) {
    ledger::ValidatorSet next_set = genesis.validators;
    next_set.epoch = next(next_set.epoch);
    return builder.last_entry(next_set);
  }
  const bool is_certified = height % 3 != 0;
  ledger::LedgerEntry entry = builder.next_entry(2, is_certified);
  if (height % 2 == 0 || !is_certified) return entry;
  for (const char* half : {"a", "b"})
    entry.writes["stock/" + std::to_string(height) + half] = ledger::Numbers(height).bytes(stock_bytes);
  return builder.changed(std::move(entry));
}

}  // namespace

JoinWorld::JoinWorld(std::size_t validators) : genesis(ledger::chain_without_state(validators)) {
  support::SimulatedDisk disk;
  support::SimulatedStore store(disk);
  const auto ledger = ledger::Ledger::open("/chain/db", genesis, {}, options_on(store)).value();
  ledger::ChainBuilder builder(genesis);
  for (std::uint64_t height = 1; height <= blocks; ++height) {
    entries.push_back(next_entry(builder, genesis, height));
    ledger->append(entries.back(), false);
    if (std::count(snapshot_at.begin(), snapshot_at.end(), height) > 0)
      snapshots.push_back(take_snapshot(*ledger->snapshot()));
  }
  for (TakenSnapshot& each : snapshots)
    each.finality = ledger->snapshot()->finality_proof(each.manifest.height).value();
}

ledger::Ledger::Options options_on(ledger::StoreDisk& disk) {
  ledger::Ledger::Options options;
  options.cache_bytes = 256U << 10U;
  options.write_buffer_bytes = 4U << 20U;
  options.on_fatal = [](const std::string& what) { throw std::runtime_error(what); };
  options.disk = &disk;
  return options;
}

TakenSnapshot take_snapshot(const ledger::LedgerSnapshot& ledger) {
  TakenSnapshot out;
  out.manifest = ledger::cut_snapshot(ledger, [&](ByteView chunk) -> Result<void> {
                   out.chunks.emplace_back(chunk);
                   return {};
                 }).value();
  return out;
}

}  // namespace aval::simulation
