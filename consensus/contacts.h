#pragma once

#include <algorithm>
#include <map>

#include "consensus/step.h"

namespace aval::consensus {

/// When each peer was last heard. A replica that cannot hear a quorum does not leave its view: nobody
/// could follow it, and its promise to stay away would outlast the broken link that made it.
class Contacts {
 public:
  void heard(ReplicaId peer, TimePoint now) { last_[peer] = now; }
  /// Looks again whether `enough` peers were heard since `since`. True when that is so and was not so
  /// when looked at before: the link is back.
  bool regains(std::size_t enough, TimePoint since) {
    const bool heard_enough = hears_enough_;
    hears_enough_ = heard_since(since) >= enough;
    return hears_enough_ && !heard_enough;
  }
  /// How many peers were heard since then.
  std::size_t heard_since(TimePoint since) const {
    return static_cast<std::size_t>(
        std::count_if(last_.begin(), last_.end(), [&](const auto& entry) { return entry.second >= since; }));
  }
  bool hears_enough() const { return hears_enough_; }

 private:
  std::map<ReplicaId, TimePoint> last_;
  bool hears_enough_ = false;
};

}  // namespace aval::consensus
