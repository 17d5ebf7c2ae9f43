#include "ledger/state.h"

namespace aval::ledger {
namespace {

constexpr std::size_t key_bytes_max = 256;

void check_key(ByteView key) { AVAL_CHECK(!key.empty() && key.size() <= key_bytes_max); }

bool starts_with(ByteView key, ByteView prefix) { return key.substr(0, prefix.size()) == prefix; }

/// The writes under one prefix, taken in step with the ascending keys of what lies below them.
class PendingWrites {
 public:
  using Visit = std::function<bool(ByteView, ByteView)>;

  PendingWrites(const WriteSet& writes, ByteView prefix, const Visit& visit)
      : prefix_(prefix), visit_(visit), next_(writes.lower_bound(prefix)), end_(writes.end()) {}

  /// Visits the writes below `key`, or all for nullopt; false when the visitor had enough.
  bool visit_below(std::optional<ByteView> key) {
    for (; has_next() && (!key || next_->first < *key); ++next_)
      if (next_->second && !visit_(next_->first, *next_->second)) return false;
    return true;
  }

  /// Visits the entry below the overlay, or the write that hides it.
  bool visit_entry(ByteView key, ByteView value) {
    if (!visit_below(key)) return false;
    if (!has_next() || next_->first != key) return visit_(key, value);
    const auto hiding = next_++;
    return !hiding->second || visit_(hiding->first, *hiding->second);
  }

 private:
  bool has_next() const { return next_ != end_ && starts_with(next_->first, prefix_); }

  ByteView prefix_;
  const Visit& visit_;
  WriteSet::const_iterator next_;
  WriteSet::const_iterator end_;
};

void set(WriteSet& writes, ByteView key, std::optional<Bytes> value) {
  check_key(key);
  const auto at = writes.lower_bound(key);
  if (at != writes.end() && at->first == key)
    at->second = std::move(value);
  else
    writes.emplace_hint(at, Bytes(key), std::move(value));
}

}  // namespace

std::optional<Bytes> Overlay::get(ByteView key) const {
  const auto at = writes_.find(key);
  return at == writes_.end() ? parent_->get(key) : at->second;
}

void Overlay::scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const {
  PendingWrites pending(writes_, prefix, visit);
  bool go_on = true;
  parent_->scan(prefix,
                [&](ByteView key, ByteView value) { return go_on = pending.visit_entry(key, value); });
  if (go_on) pending.visit_below(std::nullopt);
}

void Overlay::put(ByteView key, ByteView value) { set(writes_, key, Bytes(value)); }

void Overlay::remove(ByteView key) { set(writes_, key, std::nullopt); }

void Overlay::merge_into(Overlay& target) {
  AVAL_CHECK(parent_ == &target);
  for (auto& [key, value] : writes_) target.writes_.insert_or_assign(key, std::move(value));
  writes_.clear();
}

std::optional<Bytes> MemoryState::get(ByteView key) const {
  const auto at = entries_.find(key);
  if (at == entries_.end()) return std::nullopt;
  return at->second;
}

void MemoryState::scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const {
  for (auto at = entries_.lower_bound(prefix); at != entries_.end() && starts_with(at->first, prefix); ++at)
    if (!visit(at->first, at->second)) return;
}

void MemoryState::apply(const WriteSet& writes) {
  for (const auto& [key, value] : writes) {
    check_key(key);
    if (value)
      entries_.insert_or_assign(key, *value);
    else
      entries_.erase(key);
  }
}

}  // namespace aval::ledger
