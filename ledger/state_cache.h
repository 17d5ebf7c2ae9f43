#pragma once

// Internal to this room.

#include <list>
#include <map>
#include <optional>

#include "crypto/base/bytes.h"

namespace aval::ledger {

/// The state entries used last, and keys known to have none, up to a number of bytes.
/// What it holds has no influence on any result. Owned by one thread.
class StateCache {
 public:
  explicit StateCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// What is known of `key`; nullptr when nothing is. Valid until the next call.
  const std::optional<Bytes>* find(ByteView key);
  /// Remembers the value of `key`, or that it has none.
  void remember(ByteView key, std::optional<Bytes> value);

 private:
  struct Entry {
    Bytes key;
    std::optional<Bytes> value;
  };
  using Entries = std::list<Entry>;

  static std::size_t cost_of(const Entry& entry);
  void forget(Entries::iterator entry);

  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  Entries entries_;  // used last first
  std::map<ByteView, Entries::iterator> by_key_;
};

}  // namespace aval::ledger
