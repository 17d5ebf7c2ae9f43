#include "tests/simulation/agreement_checker.h"

#include <algorithm>

#include "contracts/context.h"
#include "contracts/invariants.h"
#include "contracts/keys.h"
#include "crypto/merkle.h"

namespace aval::simulation {
namespace {

std::string at(Height height) { return " at height " + std::to_string(number(height)); }

std::string differing(const BlockRoots& computed, const ledger::Header& header) {
  if (computed.tx_root != header.tx_root) return "transaction root";
  if (computed.receipt_root != header.receipt_root) return "receipt root";
  if (computed.state_root != header.state_root) return "state root";
  return {};
}

crypto::Digest root_of_receipts(const std::vector<ledger::Receipt>& receipts) {
  std::vector<crypto::Digest> leaves;
  for (const ledger::Receipt& receipt : receipts) leaves.push_back(ledger::leaf_of(receipt));
  return crypto::merkle_root(leaves);
}

crypto::Digest root_of_transactions(const std::vector<ledger::EnvelopePtr>& included) {
  std::vector<crypto::Digest> leaves;
  for (const ledger::EnvelopePtr& envelope : included)
    leaves.push_back(crypto::merkle_leaf(envelope->tx_id.view()));
  return crypto::merkle_root(leaves);
}

/// In this world everybody signs alone.
bool signed_by_sender(const ledger::Envelope& envelope, const ledger::StateReader& state) {
  const auto sender =
      contracts::find<contracts::pb::Member>(state, contracts::member_key(envelope.body.member));
  return sender &&
         std::all_of(envelope.signatures.begin(), envelope.signatures.end(), [&](const auto& signature) {
           return std::any_of(sender->keys().begin(), sender->keys().end(),
                              [&](const auto& key) { return key.public_key() == signature.key.view(); });
         });
}

}  // namespace

std::size_t quorum_counted(std::size_t n) {
  std::size_t f = 0;
  while (3 * (f + 1) + 1 <= n) ++f;
  std::size_t q = 1;
  while (2 * q < n + f + 1) ++q;  // two sets of q out of n share at least 2q - n
  return q;
}

bool votes_in(const ledger::ValidatorSet& set, ReplicaId id) {
  return number(id) < set.validators.size() &&
         set.validators[number(id)].standing == ledger::SeatStanding::Voter;
}

std::size_t voters_counted(const ledger::ValidatorSet& set) {
  std::size_t voters = 0;
  for (std::uint32_t i = 0; i < set.validators.size(); ++i)
    if (votes_in(set, ReplicaId{i})) ++voters;
  return voters;
}

std::optional<std::string> fault_of(const ledger::Certificate& certificate, ledger::Phase phase,
                                    const ledger::ChainConfig& config, ledger::SignatureCheck check) {
  const ledger::ValidatorSet& set = config.validators;
  if (certificate.phase != phase) return "it is of another phase";
  if (certificate.epoch != set.epoch) return "it is of another epoch";
  const ledger::Vote vote{config.chain_id,    certificate.epoch, certificate.view,
                          certificate.height, certificate.phase, certificate.block_hash};
  const crypto::Digest digest = ledger::signing_digest(vote);
  std::set<ReplicaId> signers;
  for (const ledger::VoteSignature& each : certificate.signatures) {
    if (!votes_in(set, each.validator)) return "it is signed by somebody without a vote";
    if (!check(set.validators[number(each.validator)].vote_key, digest, each.signature))
      return "the signature of " + named(each.validator) + " is wrong";
    signers.insert(each.validator);
  }
  const std::size_t voters = voters_counted(set);
  const std::size_t quorum = quorum_counted(voters);
  if (signers.size() >= quorum) return std::nullopt;
  return std::to_string(signers.size()) + " signers of " + std::to_string(voters) + ", where " +
         std::to_string(quorum) + " are needed";
}

Reference::Reference(const contracts::GenesisState& genesis, bool rebuilds)
    : epochs_(genesis.config), rebuilds_(rebuilds), last_root_(genesis.config.genesis_state_root) {
  state_.apply(genesis.state);
  tree_ = ledger::StateTree::of(state_);
}

std::optional<std::string> Reference::add(const ledger::CertifiedBlock& block) {
  const ledger::Header& header = block.block.header;
  const ledger::ChainConfig& config = epochs_.current();
  if (header.epoch != config.validators.epoch) return "it is of an epoch that is over, or has not begun";
  ledger::Overlay overlay(state_);
  const contracts::BlockContext context{config.chain_id, header.height, header.time_ms,
                                        config.parameters.validity_window_blocks};
  const contracts::ExecutedBlock executed = contracts::execute_block(context, block.batches, overlay);
  if (const auto fine = contracts::check_invariants(state_, overlay.writes()); !fine)
    return "money: " + fine.error().message;
  tree_ = tree_.with(overlay.writes());
  state_.apply(overlay.writes());
  last_root_ = header.state_root;
  const BlockRoots roots{root_of_transactions(executed.included), root_of_receipts(executed.receipts),
                         tree_.root()};
  if (const std::string which = differing(roots, header); !which.empty())
    return "the " + which + " is not that of a sequential execution";
  for (const ledger::EnvelopePtr& envelope : executed.included)
    if (auto fault = add_transaction(*envelope, header.height)) return fault;
  for (const ledger::Receipt& receipt : executed.receipts)
    if (receipt.status != 0) ++rejected_;
  if (auto fault = begin_epoch(header)) return fault;
  return rebuilds_ ? check_rebuilt() : std::nullopt;
}

/// The set of the state. To decompress its keys for each block would be a tenth of what a seed costs.
Result<ledger::ValidatorSet> Reference::named_validators() {
  Bytes named = state_.get(ledger::validators_key).value_or(Bytes());
  if (named == validators_bytes_) return validators_;
  AVAL_ASSIGN(validators_, ledger::decode_validators(named));
  validators_bytes_ = std::move(named);
  return validators_;
}

/// The sets that decide above `last` are those that its state names, and its header names no others.
std::optional<std::string> Reference::begin_epoch(const ledger::Header& last) {
  const ledger::ChainConfig& before = epochs_.current();
  const auto validators = named_validators();
  const auto parameters = ledger::decode_parameters(state_.get(ledger::parameters_key).value_or(Bytes()));
  if (!validators || !parameters) return "the state names no validators or no parameters";
  if (ledger::hash_of(*validators) != last.validators_hash ||
      ledger::hash_of(*parameters) != last.params_hash)
    return "the header names other validators or parameters than the state";
  if (*validators == before.validators && *parameters == before.parameters) return std::nullopt;
  if (validators->epoch != next(before.validators.epoch))
    return "the validators or parameters change within an epoch";
  ledger::ChainConfig config = before;
  config.validators = *validators;
  config.parameters = *parameters;
  config.base = last;
  epochs_.begin(config);
  return std::nullopt;
}

std::optional<std::string> Reference::add_transaction(const ledger::Envelope& envelope, Height height) {
  const std::string name = "transaction " + envelope.tx_id.hex().substr(0, 16);
  if (envelope.body.chain_id != epochs_.current().chain_id) return name + " is of another chain";
  if (envelope.body.valid_until < height) return name + " had expired";
  if (!ledger::signatures_valid(envelope)) return name + " has a wrong client signature";
  if (!signed_by_sender(envelope, state_)) return name + " is signed by another than its sender";
  const auto [known, is_new] = transactions_.emplace(envelope.tx_id, height);
  if (!is_new) return name + " is already" + at(known->second);
  return std::nullopt;
}

std::optional<std::string> Reference::check_rebuilt() const {
  if (ledger::StateTree::of(state_).root() == last_root_) return std::nullopt;
  return "the state root is not that of a tree built from all entries";
}

AgreementChecker::AgreementChecker(const contracts::GenesisState& genesis, ledger::SignatureCheck check,
                                   bool rebuilds, Verdict& verdict)
    : check_(check),
      verdict_(verdict),
      reference_(genesis, rebuilds),
      chain_{ledger::hash_of(ledger::genesis_header(genesis.config))} {}

void AgreementChecker::on_start(ReplicaId node, const ledger::Header& head) {
  if (head.height > highest() || ledger::hash_of(head) != hash_at(head.height))
    verdict_.fail("A2", named(node) + " starts from a block that was never final" + at(head.height));
  nodes_[node].head = head.height;
}

void AgreementChecker::on_certificate(ReplicaId node, const ledger::Certificate& certificate) {
  take_certificate(node, certificate);
}

void AgreementChecker::take_certificate(ReplicaId node, const ledger::Certificate& certificate) {
  nodes_[node].certified = std::max(nodes_[node].certified, certificate.height);
  const auto [known, is_new] = certificates_.emplace(certificate.height, certificate);
  if (!is_new && known->second == certificate) return;
  const ledger::ChainConfig* const config = reference_.epochs().find(certificate.epoch);
  if (config == nullptr || certificate.height <= ledger::base_header(*config).height)
    verdict_.fail("A3",
                  named(node) + " holds a commit certificate of another epoch" + at(certificate.height));
  else if (const auto fault = fault_of(certificate, ledger::Phase::Commit, *config, check_))
    verdict_.fail("A3", named(node) + " holds a commit certificate" + at(certificate.height) + ": " + *fault);
  if (known->second.block_hash != certificate.block_hash)
    verdict_.fail("A1", "two commit certificates for different blocks" + at(certificate.height));
  if (certificate.view < known->second.view) known->second = certificate;
}

void AgreementChecker::on_final(ReplicaId node, const ledger::CertifiedBlock& block,
                                const BlockRoots& computed) {
  const ledger::Header& header = block.block.header;
  const BlockHash hash = ledger::hash_of(header);
  NodeView& view = nodes_[node];
  if (header.height != next(view.head))
    return verdict_.fail("A2", named(node) + " goes from height " + std::to_string(number(view.head)) +
                                   " to " + std::to_string(number(header.height)));
  if (header.parent != hash_at(view.head))
    return verdict_.fail("A2",
                         named(node) + " has a block whose parent is not the one below" + at(header.height));
  view.head = header.height;
  if (block.certificate) take_certificate(node, *block.certificate);
  if (block.certificate && block.certificate->epoch != header.epoch)
    verdict_.fail("A3", named(node) + " has a final block certified by another epoch" + at(header.height));
  if (view.certified < header.height)
    verdict_.fail("A3", named(node) + " has a final block without any certificate" + at(header.height));
  if (const auto known = certificates_.find(header.height);
      known != certificates_.end() && known->second.block_hash != hash)
    verdict_.fail("A3", named(node) + " has another final block than the certified one" + at(header.height));
  if (header.height > highest())
    extend(block, hash);
  else if (hash != hash_at(header.height))
    verdict_.fail("A1", named(node) + " has another final block than others" + at(header.height));
  if (const std::string which = differing(computed, header); !which.empty())
    verdict_.fail("E1",
                  named(node) + " computed another " + which + " than the final block's" + at(header.height));
}

void AgreementChecker::extend(const ledger::CertifiedBlock& block, const BlockHash& hash) {
  chain_.push_back(hash);
  const auto fault = reference_.add(block);
  if (!fault) return;
  const bool is_about_transactions = fault->starts_with("transaction ");
  const bool is_about_money = fault->starts_with("money: ");
  verdict_.fail(is_about_transactions ? "A10"
                : is_about_money      ? "M"
                                      : "E1",
                *fault + at(block.block.header.height));
}

void AgreementChecker::on_end(ReplicaId node, const ledger::Header& head) {
  if (head.height != highest() || ledger::hash_of(head) != hash_at(highest()))
    verdict_.fail("C1", named(node) + " ends" + at(head.height) + " of " + std::to_string(number(highest())));
}

void AgreementChecker::on_acknowledged(const ledger::TxId& tx_id, Height height) {
  const auto known = reference_.transactions().find(tx_id);
  if (known == reference_.transactions().end() || known->second != height)
    verdict_.fail("B2", "transaction " + tx_id.hex().substr(0, 16) + " was acknowledged" + at(height) +
                            " and is not there");
}

void AgreementChecker::check_rebuilt() {
  if (const auto fault = reference_.check_rebuilt()) verdict_.fail("E1", *fault);
}

}  // namespace aval::simulation
