#pragma once

// Internal to this room.

#include <optional>
#include <vector>

#include "crypto/base/bytes.h"

namespace aval::ledger {

/// State entries used lately, and keys known to have none, up to a number of bytes. A key belongs to
/// one of many small sets, by its hash; a set that is full gives up the entries it used longest ago, and
/// what is larger than a set is not kept. Nothing of this influences any result. Owned by one thread.
class StateCache {
 public:
  explicit StateCache(std::size_t bytes_max);

  /// What is known of `key`; nullptr when nothing is. Valid until the next call.
  const std::optional<Bytes>* find(ByteView key);
  /// Remembers the value of `key`, or that it has none.
  void remember(ByteView key, std::optional<Bytes> value);

 private:
  struct Entry {
    std::size_t hash;
    Bytes key;
    std::optional<Bytes> value;
  };
  using Set = std::vector<Entry>;  // used last first

  Set& set_of(std::size_t hash) { return sets_[hash % sets_.size()]; }
  /// Moves the entry of `key` to the front; false when there is none.
  static bool bring_forward(Set& set, std::size_t hash, ByteView key);

  std::size_t set_bytes_;
  std::vector<Set> sets_;
};

}  // namespace aval::ledger
