#pragma once

#include "crypto/base/bytes.h"
#include "ledger/chain_config.h"

namespace aval::node {

constexpr std::uint32_t protocol_min = 1;
constexpr std::uint32_t protocol_max = 1;
constexpr std::size_t hello_bytes = 124;

/// The first thing either end of a link says, under TLS. Two nodes that differ in any of this would
/// not understand each other, and say so by name instead of falling silent.
///   hello = "AVALHELO", protocol min (4), protocol max (4), chain id (32), epoch (8),
///           validators hash (32), parameters hash (32), replica id (4); integers big endian
struct Hello {
  std::uint32_t protocol_min = node::protocol_min;
  std::uint32_t protocol_max = node::protocol_max;
  crypto::Digest chain_id;
  ledger::Epoch epoch{};
  crypto::Digest validators;
  crypto::Digest parameters;
  ledger::ReplicaId replica{};  // no_seat: it has none yet, as far as its own ledger goes
  bool operator==(const Hello&) const = default;
};

Hello hello_of(const ledger::ChainConfig& config, ledger::ReplicaId self);

Bytes encode_hello(const Hello& hello);
Result<Hello> decode_hello(ByteView bytes);

/// Refused, starting with the name of the mismatch (CHAIN_MISMATCH, PROTOCOL_MISMATCH, PARAMS_MISMATCH,
/// VALIDATORS_MISMATCH), unless the two ends can work together. Of two in different epochs one is behind and
/// is to catch up, so only those in one epoch must agree about validators and parameters.
Result<void> compatible(const Hello& ours, const Hello& theirs);

}  // namespace aval::node
