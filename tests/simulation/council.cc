#include "tests/simulation/council.h"

#include "ledger/canonical.h"
#include "tests/simulation/load.h"
#include "tests/support/signers.h"

namespace aval::simulation {
namespace {

using ledger::ReplicaId;
using support::bytes_of;
using support::key_of;
using support::UnitNonceSigner;

namespace pb = contracts::pb;

constexpr ledger::Height never{50'000};               // no run gets there
constexpr std::uint32_t first_later_scalar = 10'000;  // of vote keys that come into use later
constexpr std::uint32_t keys_of_a_change = 100;
constexpr Duration newcomer_poll = std::chrono::milliseconds(50);

Bytes signed_by(std::uint32_t scalar, const crypto::Digest& digest) {
  return Bytes(UnitNonceSigner(scalar).sign(digest).value().view());
}

}  // namespace

Council::Council(World world, const Plan& plan, const contracts::GenesisState& genesis, Keyring& keys)
    : world_(std::move(world)), plan_(plan), genesis_(genesis), keys_(keys) {}

void Council::begin(const Prng& prng) {
  prng_ = prng;
  begun_ = world_.queue.now();
  schedule();
}

/// The changes are spread over the chaos; what is late is made in the healed world, one after another.
void Council::schedule() {
  if (is_done()) return;
  const auto share = plan_.chaos.length / static_cast<Duration::rep>(plan_.membership.size());
  const TimePoint due = begun_ + static_cast<Duration::rep>(made_) * share + prng_.up_to(share);
  world_.queue.at(std::max(due, world_.queue.now()), [this] { decide(); });
}

void Council::decide() {
  epoch_before_ = seats().epoch;
  switch (plan_.membership[made_]) {
    case MemberChange::Seat:
      return seat_newcomer();
    case MemberChange::Promote:
      return await_newcomer();
    case MemberChange::Remove:
      return remove(draw_voter());
    case MemberChange::RemovePrimary:
      return remove(seats().contains(world_.primary()) ? world_.primary() : draw_voter());
    case MemberChange::Rotate:
      return rotate_somebody();
    case MemberChange::Parameters:
      return set_parameters();
  }
}

ReplicaId Council::draw_voter() {
  const std::vector<ReplicaId> voters = seats().voters();
  return voters[prng_.below(voters.size())];
}

std::string Council::text() const {
  if (plan_.membership.empty()) return {};
  std::string out = "\n    " + std::to_string(made_) + " of " + std::to_string(plan_.membership.size()) +
                    " changes are made, in epoch " + std::to_string(number(seats().epoch));
  for (const ledger::TxId& tx_id : pending_) out += ", waiting for " + tx_id.hex().substr(0, 16);
  return out;
}

// ---- what is decided

void Council::seat_newcomer() {
  const std::uint32_t seat = number(newcomer());
  Change change;
  pb::SeatObserver& observer = *change.mutable_seat_observer();
  observer.set_member(bank_name(seat));
  observer.set_vote_key(bytes_of(key_of(first_vote_scalar + seat)));
  observer.set_tls_key(bytes_of(key_of(first_tls_scalar + seat)));
  observer.set_address("127.0.0.1:" + std::to_string(7000 + seat));
  propose(change, &Counters::seated);
}

/// It says that it is ready once it has its seat in its own ledger, with a block it has.
void Council::await_newcomer() {
  const auto head = world_.head_of(newcomer());
  const ledger::Height seated = ledger::base_header(world_.epochs.current()).height;
  if (!head || head->height < seated) return world_.queue.after(newcomer_poll, [this] { await_newcomer(); });
  pb::Command command;
  pb::DeclareReady& ready = *command.mutable_declare_ready();
  ready.set_height(number(head->height));
  ready.set_block_hash(Bytes(ledger::hash_of(*head).view()));
  const auto digest =
      crypto::tagged(crypto::Tag::Ready,
                     {genesis_.config.chain_id.view(), big_endian(number(head->height)), ready.block_hash()});
  ready.set_signature(signed_by(first_vote_scalar + number(newcomer()), digest));
  send({sealed(newcomer(), command)}, &Council::promote_newcomer);
}

void Council::promote_newcomer() {
  Change change;
  change.mutable_promote_observer()->set_member(bank_name(number(newcomer())));
  propose(change, &Counters::promoted);
}

void Council::remove(ReplicaId seat) {
  Change change;
  change.mutable_remove_seat()->set_member(bank_name(number(seat)));
  propose(change, &Counters::removed);
}

/// A member does this alone, for its own seat.
void Council::rotate_somebody() {
  const ReplicaId seat = draw_voter();
  const std::uint32_t scalar = first_later_scalar + ++drawn_ * keys_of_a_change + number(seat);
  const Bytes key = bytes_of(keys_.add(scalar));
  pb::Command command;
  pb::RotateSeat& rotation = *command.mutable_rotate_seat();
  rotation.set_vote_key(key);
  rotation.set_possession(
      signed_by(scalar, crypto::tagged(crypto::Tag::Possession,
                                       {genesis_.config.chain_id.view(), key, bank_name(number(seat))})));
  kind_ = &Counters::rotated;
  send({sealed(seat, command)}, &Council::enact);
}

void Council::set_parameters() {
  ledger::Parameters parameters = world_.epochs.current().parameters;
  const auto before = parameters;
  while (parameters == before) {
    parameters.batch_envelopes_max = static_cast<std::uint32_t>(prng_.between(1, 50));
    parameters.batch_delay_ms = static_cast<std::uint32_t>(prng_.between(0, 10));
  }
  Change change;
  change.mutable_set_parameters()->set_parameters(ledger::encode_parameters(parameters));
  propose(change, &Counters::reparametrised);
}

// ---- how it is decided

void Council::propose(const Change& change, std::uint64_t Counters::*kind) {
  change_ = change;
  kind_ = kind;
  proposer_ = draw_voter();
  pb::Command command;
  pb::ProposeChange& proposal = *command.mutable_propose_change();
  proposal.set_id("change-" + std::to_string(++drawn_));
  *proposal.mutable_change() = change;
  proposal.set_expires_height(number(never));
  send({sealed(proposer_, command)}, &Council::approve);
}

/// By as many as are missing, the proposer not counted.
void Council::approve() {
  pb::Command command;
  pb::ApproveChange& approval = *command.mutable_approve_change();
  approval.set_proposal("change-" + std::to_string(drawn_));
  approval.set_change_digest(Bytes(crypto::tagged(crypto::Tag::Change, ledger::canonical(change_)).view()));
  std::vector<ledger::EnvelopePtr> approvals;
  for (const ReplicaId voter : seats().voters())
    if (voter != proposer_ && approvals.size() + 1 < seats().quorum())
      approvals.push_back(sealed(voter, command));
  drawn_ += static_cast<std::uint32_t>(approvals.size());
  send(approvals, &Council::enact);
}

void Council::enact() {
  if (seats().epoch != next(epoch_before_))
    return world_.verdict.fail("G1", "a change with all its approvals has begun no epoch after " +
                                         std::to_string(number(epoch_before_)));
  ++(world_.counters.*kind_);
  ++made_;
  if (kind_ == &Counters::seated) world_.wake(newcomer());
  schedule();
}

ledger::EnvelopePtr Council::sealed(ReplicaId seat, const pb::Command& command) {
  ledger::Body body;
  body.chain_id = genesis_.config.chain_id;
  body.member = bank_name(number(seat));
  body.client_ref = "council-" + std::to_string(drawn_) + "-" + std::to_string(command.kind_case());
  body.valid_until = never;
  body.commands.push_back(ledger::canonical(command));
  UnitNonceSigner governor(first_governor_scalar + number(seat));
  return std::make_shared<const ledger::Envelope>(ledger::sign_envelope(body, {&governor}).value());
}

void Council::send(const std::vector<ledger::EnvelopePtr>& envelopes, Next next) {
  next_ = next;
  for (const ledger::EnvelopePtr& envelope : envelopes) pending_.insert(envelope->tx_id);
  world_.ask(envelopes);
}

/// Goes on when all is final, and not in the midst of what made it so.
void Council::on_final(const ledger::TxId& tx_id) {
  if (pending_.erase(tx_id) == 0 || !pending_.empty()) return;
  world_.queue.after(std::chrono::milliseconds(1), [this] { (this->*std::exchange(next_, nullptr))(); });
}

}  // namespace aval::simulation
