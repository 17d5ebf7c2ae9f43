#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "crypto/base/bytes.h"

namespace aval::ledger {

/// Read side of the state: a map from key to value, ordered by key bytes. Keys that start with '~'
/// are indexes (transaction ids, client references): replicated and deterministic, but outside the
/// authenticated tree. Every other key is authenticated. Keys are 1..256 bytes.
class StateReader {
 public:
  virtual ~StateReader() = default;
  virtual std::optional<Bytes> get(ByteView key) const = 0;
  /// Calls visit(key, value) for the keys that start with `prefix`, ascending, until it returns false.
  virtual void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const = 0;
};

inline bool is_index_key(ByteView key) { return !key.empty() && key.front() == '~'; }

/// What a block changes: key to new value, or to nothing when it is removed.
using WriteSet = std::map<Bytes, std::optional<Bytes>, std::less<>>;

/// Changes on top of a reader that can be kept or thrown away; overlays nest. The parent must outlive
/// the overlay, or be replaced with rebase().
class Overlay final : public StateReader {
 public:
  explicit Overlay(const StateReader& parent) : parent_(&parent) {}
  /// An empty overlay on top of this one. (`Overlay inner(outer)` would be a copy: it does not compile.)
  Overlay nested() const { return Overlay(static_cast<const StateReader&>(*this)); }
  Overlay(Overlay&&) = default;
  Overlay& operator=(Overlay&&) = default;
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  std::optional<Bytes> get(ByteView key) const override;
  void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const override;
  void put(ByteView key, ByteView value);
  void remove(ByteView key);
  /// Moves this overlay's writes into `target`, which must be its parent.
  void merge_into(Overlay& target);
  void clear() { writes_.clear(); }
  const WriteSet& writes() const { return writes_; }
  /// From now on reads through to `parent`, which must hold the same contents as the old one did.
  void rebase(const StateReader& parent) { parent_ = &parent; }

 private:
  const StateReader* parent_;
  WriteSet writes_;
};

/// A state held in memory: tests, simulator, offline replay.
class MemoryState final : public StateReader {
 public:
  std::optional<Bytes> get(ByteView key) const override;
  void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const override;
  void apply(const WriteSet& writes);

 private:
  std::map<Bytes, Bytes, std::less<>> entries_;
};

}  // namespace aval::ledger
