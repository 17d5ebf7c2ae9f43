#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "crypto/signer.h"
#include "ledger/batch.h"
#include "ledger/chain_config.h"
#include "ledger/ledger.h"
#include "ledger/state_tree.h"

/// What the tests of this room share: keys, chains and numbers that are the same in every run.
namespace aval::ledger {

/// SplitMix64: numbers that look random and are the same in every run.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next();
  /// Below `bound`, which is not 0.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
  Bytes bytes(std::size_t count);

 private:
  std::uint64_t state_;
};

/// The key with scalar `number` + 1.
crypto::MemorySigner signer(std::uint32_t number);
crypto::Digest digest_of(ByteView text);

/// A chain of `count` validators, whose vote keys are signer(0), signer(1) and so on.
ChainConfig chain_of(std::size_t count);
/// The same on an empty genesis state, as ChainBuilder has it.
ChainConfig chain_without_state(std::size_t count);

Body sample_body(const crypto::Digest& chain_id, std::uint64_t number);
EnvelopePtr sample_envelope(const crypto::Digest& chain_id, std::uint64_t number);

Receipt sample_receipt(const TxId& tx_id, std::uint32_t status);
Header sample_header();
ReceiptProof sample_receipt_proof();

/// Signs `vote` by the first `count` validators of a chain_of().
Certificate certify(const Vote& vote, std::size_t count);
Vote commit_vote(const Header& header);

/// Makes the blocks of a chain one after the other, on an empty genesis state.
class ChainBuilder {
 public:
  explicit ChainBuilder(const ChainConfig& config) : config_(config), head_(genesis_header(config)) {}

  /// The next block, with `count` transactions in two batches and one state entry per transaction.
  LedgerEntry next_entry(std::size_t count, bool with_certificate);
  /// The last block of the epoch, certified: `next` decides about those above it.
  LedgerEntry last_entry(const ValidatorSet& next);
  /// `entry`, the one made last, with writes of the test's own: certified, and the head.
  LedgerEntry changed(LedgerEntry entry);
  const Header& head() const { return head_; }

 private:
  void finish(LedgerEntry& entry, Header header, bool with_certificate);

  ChainConfig config_;
  Header head_;
  StateTree tree_;
  std::uint64_t made_ = 0;
};

/// A directory of its own that goes away with the object.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

Bytes read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, ByteView bytes);
/// Replaces one byte of a file in its place.
void write_byte(const std::filesystem::path& path, std::size_t offset, char byte);

}  // namespace aval::ledger
