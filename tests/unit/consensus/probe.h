#pragma once

#include "consensus/replica.h"
#include "tests/unit/consensus/toy_world.h"

namespace aval::consensus::test {

constexpr View view_0{0};
constexpr View view_1{1};

/// One replica, with everybody else played by the test. Executions are answered at once.
class Probe {
 public:
  explicit Probe(std::uint32_t id, std::size_t n = 4, ledger::Parameters parameters = {});
  Probe(std::uint32_t id, const ledger::ChainConfig& config, Recovered recovered);

  const ledger::ChainConfig& config() const { return config_; }
  Header genesis() const { return ledger::genesis_header(config_); }
  UnixMillis wall_clock() const { return wall_clock_; }
  Replica& replica() { return *replica_; }
  ReplicaStatus status() const { return replica_->status(); }

  /// False when verify() refuses it.
  bool receive(std::uint32_t from, Message message);
  /// Every other replica says that it stands where this one does and wishes what it wishes, and time passes.
  void tick(std::uint64_t milliseconds);
  void others_say_the_same();
  bool wishes_to_leave() const;
  void cut_off() { hears_everybody_ = false; }
  void submit(std::uint32_t number);
  /// A batch of one envelope that everybody but this replica may have.
  BatchPtr batch(std::uint32_t origin, std::uint64_t counter) const;
  /// Receives the batch as well.
  BatchPtr known_batch(std::uint32_t origin, std::uint64_t counter);
  /// A fresh block of `view` on top of `parent`, one millisecond later, with a batch that is known here.
  Block fresh_block(const Header& parent, View view, std::uint64_t counter);

  /// What it has sent so far of one kind.
  template <class Kind>
  std::vector<Kind> sent() const {
    std::vector<Kind> out;
    for (const auto& send : sent_) {
      if (const auto* message = std::get_if<Kind>(&send.message)) out.push_back(*message);
    }
    return out;
  }
  std::vector<Vote> votes(Phase phase) const;
  bool has_voted(const Header& header, View view, Phase phase) const;
  void forget_sent() { sent_.clear(); }
  const std::vector<Send>& all_sent() const { return sent_; }
  const std::vector<Record>& journal() const { return journal_; }
  const std::vector<ledger::Evidence>& evidence() const { return evidence_; }
  const std::vector<ledger::CertifiedBlock>& ledger() const { return ledger_; }
  std::size_t executions() const { return executed_; }
  std::size_t discarded() const { return discarded_; }
  const std::optional<std::string>& fatal() const { return fatal_; }
  const std::optional<std::string>& key_elsewhere() const { return key_elsewhere_; }
  TimePoint now() const { return now_; }
  ToySigner& signer() { return signer_; }
  void corrupt_executor() { corrupt_ = true; }
  /// Executing the block at `height` gives these validators to the one above it.
  void end_epoch_at(Height height, ledger::ValidatorSet next) { ends_at_ = {height, std::move(next)}; }
  bool is_epoch_over() const { return epoch_over_; }
  void set_wall_clock(UnixMillis value) { wall_clock_ = value; }

 private:
  void step(Input input);
  void carry_out(Actions actions);
  const ledger::ValidatorSet& validators_after(Height height) const;

  ledger::ChainConfig config_;
  ToySigner signer_;
  std::unique_ptr<Replica> replica_;
  TimePoint now_{};
  UnixMillis wall_clock_ = 1'000'000;
  std::map<ExecutionId, crypto::Digest> executions_;
  crypto::Digest final_state_root_;
  std::vector<Send> sent_;
  std::vector<Record> journal_;
  std::vector<ledger::Evidence> evidence_;
  std::vector<ledger::CertifiedBlock> ledger_;
  std::size_t executed_ = 0;
  std::size_t discarded_ = 0;
  std::optional<std::string> fatal_;
  std::optional<std::string> key_elsewhere_;
  bool corrupt_ = false;
  bool hears_everybody_ = true;
  bool epoch_over_ = false;
  std::optional<std::pair<Height, ledger::ValidatorSet>> ends_at_;
};

}  // namespace aval::consensus::test
