// Gives the stopped nodes of a development network a state of so many MiB, in 64 blocks that their own vote keys
// certify, so that figures of large states can be measured with real processes. What is in the blocks nobody sent:
// a replay of this chain finds it out, as it should.

#include <cstdio>
#include <cstdlib>

#include "contracts/genesis.h"
#include "crypto/key_file.h"
#include "crypto/merkle.h"
#include "crypto/signer.h"
#include "ledger/state_tree.h"
#include "node/journal_mirror.h"

namespace {

using namespace aval;

constexpr std::uint64_t blocks = 64;
constexpr std::size_t value_bytes = 4096;

template <class T>
T or_end(Result<T> result) {
  if (result) return *std::move(result);
  std::fprintf(stderr, "aval-large-state: %s\n", result.error().message.c_str());
  std::exit(1);
}

/// Entries that no compression makes smaller.
ledger::WriteSet entries(std::uint64_t block, std::size_t bytes) {
  ledger::WriteSet writes;
  for (std::uint64_t i = 0; i * value_bytes < bytes; ++i) {
    const crypto::Digest seed = crypto::sha256(big_endian(block) + big_endian(i));
    Bytes value;
    for (std::uint64_t part = 0; value.size() < value_bytes; ++part) value += crypto::sha256(Bytes(seed.view()) + big_endian(part)).view();
    writes.emplace("large/" + seed.hex(), std::move(value));
  }
  return writes;
}

class Chain {
 public:
  Chain(const contracts::GenesisState& genesis, std::vector<crypto::MemorySigner>& signers, std::size_t bytes)
      : config_(genesis.config), signers_(signers), tree_(ledger::StateTree().with(genesis.state)),
        head_(ledger::genesis_header(genesis.config)), bytes_(bytes / blocks) {}

  ledger::LedgerEntry next() {
    ledger::LedgerEntry entry;
    entry.writes = entries(ledger::number(head_.height), bytes_);
    tree_ = tree_.with(entry.writes);
    ledger::Header header = head_;
    header.height = ledger::next(head_.height);
    header.parent = hash_of(head_);
    header.time_ms += 1;
    header.state_root = tree_.root();
    const ledger::Vote vote{header.chain_id, header.epoch, {}, header.height, ledger::Phase::Commit, hash_of(header)};
    ledger::Certificate certificate{vote.epoch, vote.view, vote.height, vote.phase, vote.block_hash, {}};
    for (std::uint32_t i = 0; i < config_.validators.quorum(); ++i)
      certificate.signatures.push_back({ledger::ReplicaId{i}, or_end(signers_[i].sign(signing_digest(vote)))});
    entry.block = {{header, {}}, {}, std::move(certificate)};
    head_ = std::move(header);
    return entry;
  }

 private:
  const ledger::ChainConfig& config_;
  std::vector<crypto::MemorySigner>& signers_;
  ledger::StateTree tree_;
  ledger::Header head_;
  std::size_t bytes_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: aval-large-state NETWORK-FOLDER MIB\n"), 64;
  const std::filesystem::path folder = argv[1];
  const std::size_t bytes = std::strtoull(argv[2], nullptr, 10) << 20U;
  const auto genesis = or_end(contracts::read_genesis(folder / "genesis.json"));
  const std::string passphrase = or_end(crypto::read_passphrase_file(folder / "keys" / "passphrase"));
  const std::size_t nodes = genesis.config.validators.validators.size();
  std::vector<crypto::MemorySigner> signers;
  for (std::size_t i = 1; i <= nodes; ++i)
    signers.emplace_back(or_end(crypto::read_key_file(folder / ("node-" + std::to_string(i)) / "vote.pem", passphrase)));
  for (std::size_t i = 1; i <= nodes; ++i) {
    const auto data = folder / ("node-" + std::to_string(i)) / "data";
    for (const char* part : {"db", "votes", "snapshots"}) std::filesystem::remove_all(data / part);
    std::filesystem::create_directory(data / "votes");
    ledger::Ledger::Options options;
    options.on_fatal = [](const std::string& what) { std::fprintf(stderr, "%s\n", what.c_str()); std::exit(1); };
    const auto ledger = or_end(ledger::Ledger::open(data / "db", genesis.config, genesis.state, options));
    Chain chain(genesis, signers, bytes);
    for (std::uint64_t block = 0; block < blocks; ++block) ledger->append(chain.next(), false);
    node::JournalPlace place;
    place.directory = data / "votes";
    const auto journal = or_end(node::JournalFile::create(
        place, {genesis.config.chain_id, crypto::key_id(signers[i - 1].public_key()), genesis.config.validators.epoch}));
    node::mirror_journal(*ledger, journal);
    std::printf("node %zu: height %llu\n", i, static_cast<unsigned long long>(blocks));
  }
  return 0;
}
