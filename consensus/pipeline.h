#pragma once

#include <deque>
#include <variant>

#include "consensus/limits.h"
#include "consensus/slot.h"
#include "crypto/base/mutant.h"

namespace aval::consensus {

/// The slots of one view above the final block. Heights within (final, final + 2W] and no others.
class Pipeline {
 public:
  explicit Pipeline(std::uint32_t window) : window_(window) {}

  bool in_window(Height height) const {
    const bool is_above =
        height > final_ || (height == final_ && mutated("window-begins-at-the-final-block"));
    return is_above && (height <= window_end(final_, window_) || mutated("window-without-end"));
  }
  /// The slot at `height`, made when it is not there; null outside the window.
  Slot* at(Height height);
  const Slot* find(Height height) const;
  Slot* find(Height height);
  /// Drops what became final.
  void advance(Height final);
  void clear() { slots_.clear(); }
  std::map<Height, Slot>& slots() { return slots_; }
  const std::map<Height, Slot>& slots() const { return slots_; }
  Height final() const { return final_; }

 private:
  std::uint32_t window_;
  Height final_{};
  std::map<Height, Slot> slots_;
};

/// Proposals and votes of views that have not opened here. Bounded for each sender, oldest first out.
class EarlyMessages {
 public:
  using Item = std::variant<Proposal, SignedVote>;
  void add(ReplicaId from, Item item);
  /// Takes out what is of `view`, and drops what is of earlier ones.
  std::vector<Item> take(View view);
  std::size_t size() const;

 private:
  std::map<ReplicaId, std::deque<Item>> items_;
};

}  // namespace aval::consensus
