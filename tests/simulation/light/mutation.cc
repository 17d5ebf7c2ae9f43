#include "tests/simulation/light/mutation.h"

#include <iostream>

#include "tests/simulation/light/light_cluster.h"
#include "tests/simulation/light/mutation_fields.h"
#include "tests/simulation/prng.h"
#include "tests/simulation/workers.h"

namespace aval::simulation {
namespace {

using consensus::Message;
using std::chrono::milliseconds;

constexpr std::size_t envelopes_of_run = 64;
constexpr std::uint64_t runs_for_target = 12;
constexpr std::uint64_t runs_max = 60;  // when none of those had anything to change, as with rare kinds
constexpr std::uint64_t mutations_max = 3;
constexpr std::size_t validators_of_run = 4;
constexpr std::size_t rounds_of_run = 8;

/// A field and a change of it. Targets are numbered through, pass by pass.
struct Target {
  const MutableField& field;
  Change change;
};

std::uint64_t targets() { return mutable_fields().size() * changes; }

Target target_of(std::uint64_t number) {
  return {mutable_fields()[number / changes % mutable_fields().size()],
          static_cast<Change>(number % changes)};
}

/// Changes what one validator sends.
class Mutator {
 public:
  Mutator(const Target& target, ReplicaId self, const ledger::ChainConfig& config, Prng prng)
      : target_(target), self_(self), config_(config), prng_(prng), left_(prng_.between(1, mutations_max)) {}

  std::vector<Message> in_place_of(const Message& message) {
    if (message.index() != target_.field.kind) return {message};
    const Message before = earlier_.value_or(message);
    earlier_ = message;
    Message changed = message;
    if (left_ == 0 || !prng_.chance(500) || !target_.field.apply(changed, before, target_.change))
      return {message};
    --left_;
    ++done_;
    if (target_.change != Change::Swap) return {signed_again(changed)};
    Message exchanged = before;
    target_.field.apply(exchanged, message, Change::Swap);
    return {signed_again(exchanged), signed_again(changed)};
  }
  std::uint64_t done() const { return done_; }

 private:
  Message signed_again(Message message) const {
    if (!target_.field.is_signed_again) return message;
    const crypto::PublicKey& key = config_.validators.validators[number(self_)].vote_key;
    const auto sign = [&](const crypto::Digest& digest) { return light_signature(key, digest); };
    if (auto* vote = std::get_if<consensus::SignedVote>(&message))
      vote->signature = sign(ledger::signing_digest(vote->vote));
    if (auto* proposal = std::get_if<consensus::Proposal>(&message))
      proposal->signature = sign(consensus::proposal_digest(config_.chain_id, proposal->epoch, proposal->view,
                                                            ledger::hash_of(proposal->block.header)));
    if (auto* wish = std::get_if<consensus::ViewChange>(&message))
      wish->signature = sign(consensus::signing_digest(config_.chain_id, *wish));
    if (auto* opened = std::get_if<consensus::NewView>(&message))
      opened->signature = sign(consensus::signing_digest(config_.chain_id, *opened));
    return message;
  }

  Target target_;
  ReplicaId self_;
  const ledger::ChainConfig& config_;
  Prng prng_;
  std::uint64_t left_;
  std::uint64_t done_ = 0;
  std::optional<Message> earlier_;
};

/// In the simulator's terms: treachery is changes made, rejected what verify() refused, transactions runs.
/// Rounds with one validator cut off now and then, so that views change and somebody is behind.
void run_once(const Target& target, std::uint64_t seed, Verdict& verdict, Counters& counters) {
  static LightWorld world(envelopes_of_run);
  Prng prng(seed);
  const ReplicaId liar{static_cast<std::uint32_t>(prng.below(validators_of_run))};
  LightCluster::Setup setup;
  setup.validators = validators_of_run;
  setup.hostile = {liar};
  LightCluster cluster(world, setup, verdict);
  Mutator mutator(target, liar, world.chain(validators_of_run), prng.fork());
  cluster.set_tamper(
      [&](ReplicaId, ReplicaId, const Message& message) { return mutator.in_place_of(message); });
  for (std::size_t round = 0; round < rounds_of_run; ++round) {
    std::vector<std::uint32_t> group(validators_of_run, 0);
    if (prng.chance(600)) group[prng.below(validators_of_run)] = 1;
    if (prng.chance(300)) group[prng.below(validators_of_run)] = 1;
    cluster.split(group);
    for (std::size_t i = 0; i < 2; ++i)
      cluster.submit(ReplicaId{static_cast<std::uint32_t>(prng.below(validators_of_run))},
                     world.envelope(2 * round + i));
    // Some end in the middle of a block, so that views begin with blocks that not everybody has.
    cluster.run(prng.chance(600) ? prng.between(milliseconds(1), milliseconds(7))
                                 : prng.between(milliseconds(20), milliseconds(130)));
  }
  cluster.split(std::vector<std::uint32_t>(validators_of_run, 0));
  cluster.run(milliseconds(150));
  counters.treachery += mutator.done();
  counters.events += cluster.counts().events;
  counters.final_blocks += cluster.counts().final_blocks;
  counters.rejected += cluster.counts().refused;
}

Outcome run_target(std::uint64_t target) {
  Outcome outcome;
  const auto goes_on = [&](std::uint64_t runs) {
    return !outcome.violation &&
           (runs < runs_for_target || (outcome.counters.treachery == 0 && runs < runs_max));
  };
  for (std::uint64_t i = 0; goes_on(i); ++i) {
    Verdict verdict;
    run_once(target_of(target), target * runs_max + i, verdict, outcome.counters);
    ++outcome.counters.transactions;
    outcome.violation = verdict.violation();
    if (outcome.violation)
      outcome.violation->what += "\n  " + target_of(target).field.name +
                                 "; reproduce: aval-sim mutate --target " + std::to_string(target);
  }
  return outcome;
}

/// What was changed, of the fields and of their changes.
struct Coverage {
  std::set<std::string> fields;
  std::set<std::uint64_t> cells;
};

void print_untouched(const Coverage& coverage) {
  for (const MutableField& each : mutable_fields())
    if (!coverage.fields.contains(each.name)) std::cout << "never changed: " << each.name << '\n';
}

}  // namespace

int run_mutations(const MutationOptions& options) {
  WorkOrder order{{}, options.jobs, false, run_target};
  if (options.one) order.seeds = {*options.one};
  for (std::uint64_t i = 0; i < options.passes * targets() && !options.one; ++i) order.seeds.push_back(i);
  const std::vector<Outcome> outcomes = run_in_processes(order);
  Counters counters;
  Coverage coverage;
  std::size_t failures = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    counters.add(outcomes[i].counters);
    if (outcomes[i].counters.treachery > 0) {
      coverage.fields.insert(target_of(order.seeds[i]).field.name);
      coverage.cells.insert(order.seeds[i] % targets());
    }
    if (!outcomes[i].violation) continue;
    ++failures;
    std::cout << "invariant=" << outcomes[i].violation->invariant << ": " << outcomes[i].violation->what
              << '\n';
  }
  const bool is_whole = options.one || coverage.fields.size() == mutable_fields().size();
  if (!is_whole) print_untouched(coverage);
  std::cout << "stage=mutation runs=" << counters.transactions << " failures=" << failures
            << " kinds=" << std::variant_size_v<Message> << " fields=" << coverage.fields.size() << "/"
            << mutable_fields().size() << " changes=" << coverage.cells.size() << "/" << targets()
            << " mutations=" << counters.treachery << " refused=" << counters.rejected
            << " final_blocks=" << counters.final_blocks << " events=" << counters.events
            << " floor=" << (is_whole ? "ok" : "missed") << std::endl;
  return failures > 0 || !is_whole ? 1 : 0;
}

}  // namespace aval::simulation
