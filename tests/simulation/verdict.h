#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ledger/ids.h"

namespace aval::simulation {

/// A promise that did not hold: the invariant's name (README.md lists them) and what was seen.
struct Violation {
  std::string invariant;
  std::string what;
};

/// Where every checker reports. The first violation stands; what follows it is its consequence.
class Verdict {
 public:
  void fail(std::string_view invariant, std::string what) {
    if (!violation_) violation_ = Violation{std::string(invariant), std::move(what)};
  }
  bool failed() const { return violation_.has_value(); }
  const std::optional<Violation>& violation() const { return violation_; }

 private:
  std::optional<Violation> violation_;
};

inline std::string named(ledger::ReplicaId id) { return "replica " + std::to_string(number(id)); }

}  // namespace aval::simulation
