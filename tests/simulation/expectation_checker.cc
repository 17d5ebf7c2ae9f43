#include "tests/simulation/expectation_checker.h"

#include <algorithm>

namespace aval::simulation {
namespace {

constexpr const char* invariant = "EXPECT";

std::string millis(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) + " ms";
}

bool is_about(const Span& span, ledger::ReplicaId node) {
  return span.nodes.empty() || std::find(span.nodes.begin(), span.nodes.end(), node) != span.nodes.end();
}

bool is_within(const Span& span, Duration at) { return span.from <= at && at < span.to; }

std::string span_text(const Span& span) { return " between " + millis(span.from) + " and " + millis(span.to); }

}  // namespace

ExpectationChecker::ExpectationChecker(const Expectations& wanted, std::vector<ledger::ReplicaId> honest,
                                       Verdict& verdict)
    : wanted_(wanted), honest_(std::move(honest)), verdict_(verdict) {}

void ExpectationChecker::on_final(ledger::ReplicaId node, ledger::Height height, Duration at) {
  const bool is_new_to_all = height > highest_final_;
  highest_final_ = std::max(highest_final_, height);
  for (const Span& span : wanted_.no_commits_between)
    if (is_within(span, at) && is_about(span, node) && (is_new_to_all || !span.nodes.empty()))
      verdict_.fail(invariant, "no_commits_between: a block became final" + span_text(span) + ": at " +
                                   named(node) + " after " + millis(at));
  if (!wanted_.commits_between.empty()) commits_.emplace_back(node, at);
}

void ExpectationChecker::on_vote(ledger::ReplicaId node, const ledger::Vote& vote, Duration at) {
  if (wanted_.no_votes_between.empty() || !cast_.emplace(node, vote).second) return;
  for (const Span& span : wanted_.no_votes_between)
    if (is_within(span, at) && is_about(span, node))
      verdict_.fail(invariant, "no_votes_between: a vote was cast" + span_text(span) + ": by " + named(node) +
                                   " after " + millis(at));
}

void ExpectationChecker::on_settled(Duration after_chaos) {
  if (wanted_.settled_within && after_chaos > *wanted_.settled_within)
    verdict_.fail(invariant, "settled_within_ms: " + millis(*wanted_.settled_within) + ", and it took " +
                                 millis(after_chaos));
}

void ExpectationChecker::check_commits_between() {
  for (const Span& span : wanted_.commits_between)
    for (const ledger::ReplicaId node : span.nodes.empty() ? honest_ : span.nodes)
      if (std::none_of(commits_.begin(), commits_.end(), [&](const auto& commit) {
            return commit.first == node && is_within(span, commit.second);
          }))
        verdict_.fail(invariant, "commits_between: no block became final at " + named(node) + span_text(span));
}

void ExpectationChecker::on_end(const Counters& counters) {
  if (counters.final_blocks < wanted_.commits_at_least)
    verdict_.fail(invariant, "commits_at_least " + std::to_string(wanted_.commits_at_least) +
                                 ": there were " + std::to_string(counters.final_blocks));
  if (counters.epochs < wanted_.epochs_at_least)
    verdict_.fail(invariant, "epochs_at_least " + std::to_string(wanted_.epochs_at_least) + ": there were " +
                                 std::to_string(counters.epochs));
  if (counters.evidence < wanted_.evidence_at_least)
    verdict_.fail(invariant, "evidence_at_least " + std::to_string(wanted_.evidence_at_least) +
                                 ": there were " + std::to_string(counters.evidence));
  if (highest_view_ < wanted_.view_at_least)
    verdict_.fail(invariant, "view_at_least " + std::to_string(wanted_.view_at_least) + ": the highest was " +
                                 std::to_string(highest_view_));
  if (wanted_.view_at_most && highest_view_ > *wanted_.view_at_most)
    verdict_.fail(invariant, "view_at_most " + std::to_string(*wanted_.view_at_most) + ": the highest was " +
                                 std::to_string(highest_view_));
  for (const auto& [name, count] : Counters::faults) {
    const auto least = wanted_.faults_at_least.find(std::string(name));
    if (least != wanted_.faults_at_least.end() && counters.*count < least->second)
      verdict_.fail(invariant, "faults_at_least " + std::to_string(least->second) + " of " + least->first +
                                   ": there were " + std::to_string(counters.*count));
  }
  check_commits_between();
}

}  // namespace aval::simulation
