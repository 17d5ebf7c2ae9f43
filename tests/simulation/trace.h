#pragma once

#include <iosfwd>
#include <optional>
#include <set>
#include <string_view>

#include "crypto/base/time.h"
#include "crypto/hash.h"
#include "ledger/ids.h"

namespace aval::simulation {

/// One thing that happened in the world. Fields that do not apply keep their defaults.
struct TraceEvent {
  std::string_view event;  // such as "send", "deliver", "crash"
  std::uint32_t node = 0;
  std::optional<ledger::ReplicaId> peer = {};
  std::string_view kind = {};  // of a message or a fault
  std::uint64_t view = 0;
  std::uint64_t height = 0;
  ByteView digest = {};  // of the bytes, or of the block
  std::uint64_t epoch = 0;
  ByteView parent = {};       // of a block
  std::uint64_t signers = 0;  // of a certificate: bit i for validator i
};

/// Everything that happened, as one hash and, when asked for, as lines of JSON. Two runs of a seed
/// are equal exactly when their hashes are.
class Trace {
 public:
  /// `lines` may be null; it must outlive the trace.
  explicit Trace(std::ostream* lines) : lines_(lines) {}
  /// The first line: what the run is about. Not part of the hash.
  void begin(std::uint64_t seed, std::size_t replicas, const std::set<ledger::ReplicaId>& hostile);
  void note(TimePoint at, const TraceEvent& event);
  crypto::Digest hash() const;

 private:
  void write_line(TimePoint at, const TraceEvent& event);

  std::ostream* lines_;
  Bytes pending_;
  crypto::Digest so_far_;
};

}  // namespace aval::simulation
