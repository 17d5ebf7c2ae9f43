#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <variant>
#include <vector>

#include "consensus/replica.h"
#include "tests/simulation/evidence_checker.h"
#include "tests/simulation/verdict.h"
#include "tests/simulation/vote_checker.h"
#include "tests/unit/consensus/toy_world.h"

namespace aval::simulation {

/// What light runs have in common, made once in a process: chains, and envelopes that nobody signed,
/// since clients are not the point here.
class LightWorld {
 public:
  explicit LightWorld(std::size_t envelopes);
  const ledger::ChainConfig& chain(std::size_t validators);
  const ledger::EnvelopePtr& envelope(std::size_t i) const { return envelopes_[i % envelopes_.size()]; }

 private:
  std::map<std::size_t, ledger::ChainConfig> chains_;
  std::vector<ledger::EnvelopePtr> envelopes_;
};

/// The digest, and the key it is of: a signature that costs nothing and proves nothing.
crypto::Signature light_signature(const crypto::PublicKey& key, const crypto::Digest& digest);
bool check_light_signature(const crypto::PublicKey& key, const crypto::Digest& digest,
                           const crypto::Signature& signature);

/// Replicas and nothing else: no contracts, no bytes, no disk. A message takes a millisecond, so does an
/// execution, whose root is a hash of what led to it. Some ids may be there twice, as twins with one
/// key. Honest replicas are judged after every event: one history, no vote contradicted, what was
/// committed in every later view, nothing of theirs refused, none that stops itself.
class LightCluster {
 public:
  /// Replicas by number: the ids first, then the second one of each twin.
  using Instance = std::size_t;
  /// What leaves `from` for `to` in place of `message`.
  using Tamper =
      std::function<std::vector<consensus::Message>(ReplicaId from, ReplicaId to, const consensus::Message&)>;

  struct Setup {
    std::size_t validators = 4;
    std::vector<ReplicaId> twins;  // each of them is hostile
    std::set<ReplicaId> hostile;   // and so are these
    consensus::FaultSwitches faults;
  };
  struct Counts {
    std::uint64_t events = 0;
    std::uint64_t final_blocks = 0;  // heights that an honest replica made final
    std::uint64_t views_opened = 0;
    std::uint64_t contradictions = 0;  // places for which a hostile key signed a second hash
    std::uint64_t evidence = 0;        // found by honest replicas
    std::uint64_t refused = 0;         // messages of hostile replicas that verify() refused
  };

  LightCluster(LightWorld& world, const Setup& setup, Verdict& verdict);
  LightCluster(const LightCluster&) = delete;
  LightCluster& operator=(const LightCluster&) = delete;

  std::size_t instances() const { return nodes_.size(); }
  /// `group[i]`: instance i hears those of its own group only, from now on.
  void split(std::vector<std::uint32_t> group) { group_ = std::move(group); }
  void set_tamper(Tamper tamper) { tamper_ = std::move(tamper); }
  /// To every instance of the id.
  void submit(ReplicaId id, const ledger::EnvelopePtr& envelope);
  /// Until so much time has passed or a promise is broken.
  void run(Duration length);
  Counts counts() const;

 private:
  struct Node {
    ReplicaId id{};
    std::unique_ptr<crypto::Signer> signer;
    std::unique_ptr<consensus::Replica> replica;
    std::map<consensus::ExecutionId, crypto::Digest> executions;
    crypto::Digest final_root;
    std::vector<ledger::CertifiedBlock> ledger;
    std::optional<TimePoint> wake_at;
  };
  using MessagePtr = std::shared_ptr<const consensus::Verified>;
  struct Event {
    TimePoint due;
    Instance to = 0;
    std::variant<MessagePtr, consensus::Executed> what;
  };

  void add(ReplicaId id, const Setup& setup);
  bool run_next(TimePoint until);
  void step(Instance at, consensus::Input input);
  void carry_out(Instance at, consensus::Actions actions);
  void note(Instance at, const consensus::Record& record);
  void execute(Instance at, const consensus::ExecuteRequest& request);
  void finalise(Instance at, consensus::FinaliseRequest request);
  void certify(ReplicaId id, const ledger::Certificate& certificate);
  void send(Instance from, const consensus::Send& order);
  void transmit(Instance from, ReplicaId to, const MessagePtr& message);
  MessagePtr verified(ReplicaId from, const consensus::Message& message);
  void answer(Instance from, ReplicaId to, Height first);
  void count_contradiction(const consensus::SignedVote& vote);
  bool is_honest(ReplicaId id) const { return !hostile_.contains(id); }
  UnixMillis wall_clock() const;

  const ledger::ChainConfig& config_;
  const ledger::Header genesis_;
  std::set<ReplicaId> hostile_;
  Verdict& verdict_;
  std::vector<Node> nodes_;
  std::map<ReplicaId, std::vector<Instance>> instances_of_;
  std::vector<std::uint32_t> group_;
  Tamper tamper_;
  std::deque<Event> events_;  // ascending by time, as all take equally long
  TimePoint now_;

  std::map<Height, BlockHash> history_;
  std::map<Height, ledger::Certificate> committed_;
  VoteChecker votes_;
  EpochBook epochs_;
  EvidenceChecker evidence_;
  std::map<std::tuple<ReplicaId, View, Height, ledger::Phase>, BlockHash> hostile_votes_;
  Counts counts_;
};

}  // namespace aval::simulation
