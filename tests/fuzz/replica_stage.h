#pragma once

#include <deque>
#include <map>
#include <set>
#include <vector>

#include "consensus/replica.h"
#include "tests/fuzz/promise_judge.h"
#include "tests/fuzz/script.h"
#include "tests/unit/consensus/toy_world.h"

namespace aval::fuzz {

/// Validator 1 of four, as it is, with the others played around it.
///   - 3 lies: it signs whatever the script says, proposes in its views whatever it likes, and shows any
///     certificate that exists.
///   - 0 and 2 are honest and of the same mind: they sign the votes that 1 has sent, as long as they have
///     not left that view, and the view changes that 1 has sent. Their proposals may be anybody's, since
///     safety is made of votes alone.
/// So no more than f lie, and whatever happens, restarts from its journal among it, the replica must not
/// stop, find a divergence, take back what it said, or finalise anything but one chain. A certain batch
/// ends the epoch, and with it the play. Its invariants are checked by itself after every step.
class ReplicaStage {
 public:
  ReplicaStage();
  /// One event, chosen by the script.
  void act(Script& script);
  bool is_over() const { return is_over_; }
  bool has_final_block() const { return ledger::number(final_.height) > 0; }

 private:
  using Header = ledger::Header;

  void begin();
  void step(consensus::Input input);
  void carry_out(consensus::Actions actions);
  void answer_later(const consensus::ExecuteRequest& request);
  void finalise(const consensus::FinaliseRequest& request);
  void keep(const consensus::Send& send);
  void keep(const ledger::Block& block);
  void keep(const ledger::Vote& vote, std::uint32_t from);
  void receive(std::uint32_t from, consensus::Message message);

  void pass_time(Script& script);
  void submit(Script& script);
  void bring_batch(Script& script);
  void propose(Script& script);
  void echo_vote(Script& script);
  void lie_with_vote(Script& script);
  void echo_view_change(Script& script);
  void lie_with_view_change(Script& script);
  void open_view(Script& script);
  void say_status(Script& script);
  void answer_execution(Script& script);
  void bring_bytes(Script& script);
  void bring_final_block(Script& script);
  void bring_block(Script& script);
  void reflect(Script& script);
  void all_agree(Script& script);
  void restart(Script& script);

  ledger::BatchPtr batch_of(Script& script) const;
  ledger::Block block_of(Script& script);
  const ledger::Block* known_block(Script& script) const;
  void sign_as(std::uint32_t peer, const ledger::Vote& vote);
  /// A certificate of the votes that were cast, with the liar's.
  std::optional<ledger::Certificate> certificate(const ledger::Vote& vote) const;
  ledger::Vote vote_for(const Header& header, ledger::View view, ledger::Phase phase) const;

  ledger::ChainConfig config_;
  consensus::test::ToySigner signer_;
  std::unique_ptr<consensus::Replica> replica_;
  TimePoint now_{};
  UnixMillis wall_clock_ = 1'000'000;
  Header final_;
  std::optional<ledger::Certificate> final_certificate_;
  std::vector<ledger::Block> chain_;
  std::vector<consensus::Record> journal_;
  PromiseJudge judge_;
  bool is_over_ = false;
  std::map<consensus::ExecutionId, crypto::Digest> states_;
  std::deque<consensus::Executed> unanswered_;
  std::vector<ledger::Block> blocks_;
  std::vector<ledger::Vote> own_votes_;
  std::map<ledger::Vote, std::set<std::uint32_t>> cast_;
  std::map<std::uint32_t, ledger::View> left_for_;
  std::map<ledger::View, std::map<ledger::ReplicaId, consensus::ViewChange>> view_changes_;
  std::optional<consensus::ViewChange> own_view_change_;
  std::deque<consensus::Message> said_;
};

}  // namespace aval::fuzz
