#pragma once

#include <set>
#include <vector>

#include "ledger/certificate.h"
#include "tests/simulation/counters.h"
#include "tests/simulation/script.h"
#include "tests/simulation/verdict.h"

namespace aval::simulation {

/// EXPECT: what the scenario demands of the honest nodes beyond the invariants.
class ExpectationChecker {
 public:
  ExpectationChecker(const Expectations& wanted, std::vector<ledger::ReplicaId> honest, Verdict& verdict);

  /// `at` is the time since the beginning of the run.
  void on_final(ledger::ReplicaId node, ledger::Height height, Duration at);
  void on_vote(ledger::ReplicaId node, const ledger::Vote& vote, Duration at);
  void on_view(ledger::View view) { highest_view_ = std::max(highest_view_, number(view)); }
  /// Everybody had settled so long after the end of the chaos.
  void on_settled(Duration after_chaos);
  void on_end(const Counters& counters);

 private:
  void check_commits_between();

  Expectations wanted_;
  std::vector<ledger::ReplicaId> honest_;
  Verdict& verdict_;
  std::uint64_t highest_view_ = 0;
  ledger::Height highest_final_{};
  std::set<std::pair<ledger::ReplicaId, ledger::Vote>> cast_;
  std::vector<std::pair<ledger::ReplicaId, Duration>> commits_;
};

}  // namespace aval::simulation
