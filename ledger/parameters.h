#pragma once

#include <cstdint>

#include "crypto/hash.h"

namespace aval::ledger {

/// No genesis can set a parameter above its limit; decoders refuse what is larger before they look
/// at any parameter.
constexpr std::uint32_t batch_envelopes_limit = 5000;
constexpr std::uint32_t batch_bytes_limit = 8 * 1024 * 1024;
constexpr std::uint32_t block_batches_limit = 1024;
constexpr std::uint32_t pipeline_window_limit = 64;

/// Ledger parameters: everything consensus depends on that is not a rule, and which rules hold. Set by
/// genesis, changed by governance, the same for a whole epoch. Units in the names; layout: ledger.proto, message Parameters.
struct Parameters {
  std::uint32_t batch_envelopes_max = 500;
  std::uint32_t batch_bytes_max = 256 * 1024;
  std::uint32_t block_bytes_max = 2 * 1024 * 1024;
  std::uint32_t block_batches_max = 64;
  std::uint32_t pipeline_window = 4;
  std::uint32_t view_timeout_base_ms = 1000;
  std::uint32_t view_timeout_max_ms = 16000;
  std::uint32_t retransmit_interval_ms = 250;
  std::uint32_t batch_delay_ms = 2;
  std::uint32_t clock_tolerance_ms = 5000;
  std::uint32_t validity_window_blocks = 100000;
  std::uint32_t envelope_bytes_max = 64 * 1024;
  std::uint32_t snapshot_interval_blocks = 0;  // a snapshot at every height it divides; 0: none
  std::uint32_t rules_version = 0;  // of blocks, consensus and contracts; who does not know it goes no further
  bool operator==(const Parameters&) const = default;
};

/// Malformed, naming the parameter, when a value is outside its bounds or two contradict each other.
Result<void> check_bounds(const Parameters& parameters);

Bytes encode_parameters(const Parameters& parameters);
/// Refuses non-canonical bytes and values outside their bounds (each named in the message).
Result<Parameters> decode_parameters(ByteView bytes);
/// tagged(Parameters, canonical Parameters).
crypto::Digest hash_of(const Parameters& parameters);

}  // namespace aval::ledger
