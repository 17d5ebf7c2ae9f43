#include "ledger/certificate.h"

#include <algorithm>

#include "crypto/base/mutant.h"
#include "ledger/canonical.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

bool is_phase(std::uint32_t value) {
  return value == static_cast<std::uint32_t>(Phase::Prepare) ||
         value == static_cast<std::uint32_t>(Phase::Commit);
}

Result<VoteSignature> read_vote(const pb::VoteSignature& wire) {
  VoteSignature out{ReplicaId{wire.validator()}, {}};
  AVAL_TRY(read_field(wire.signature(), "certificate: signature", out.signature));
  return out;
}

Result<void> append_vote(const VoteSignature& next, std::vector<VoteSignature>& list) {
  if (!list.empty() && next.validator <= list.back().validator)
    return malformed("certificate: signatures not ascending by distinct validators");
  list.push_back(next);
  return {};
}

Result<std::vector<VoteSignature>> read_votes(const pb::Certificate& wire) {
  const auto count = static_cast<std::size_t>(wire.signatures_size());
  if (count == 0) return malformed("certificate: no signatures");
  if (count > validators_max) return malformed("certificate: more signatures than a set has validators");
  std::vector<VoteSignature> out;
  out.reserve(count);
  for (const auto& entry : wire.signatures()) {
    AVAL_ASSIGN(const auto vote, read_vote(entry));
    AVAL_TRY(append_vote(vote, out));
  }
  return out;
}

Result<Validator> read_validator(const pb::Validator& wire) {
  if (wire.standing() > static_cast<std::uint32_t>(SeatStanding::Left))
    return malformed("validators: a seat of unknown standing");
  Validator out;
  out.member = wire.member();
  out.address = wire.address();
  out.standing = static_cast<SeatStanding>(wire.standing());
  AVAL_ASSIGN(out.vote_key, crypto::PublicKey::from_bytes(wire.vote_key()));
  AVAL_ASSIGN(out.tls_key, crypto::PublicKey::from_bytes(wire.tls_key()));
  return out;
}

unexpected bad_certificate(std::string why) {
  return unexpected(Error::Code::Refused, "certificate: " + std::move(why));
}

Result<void> check_signers(const std::vector<VoteSignature>& votes, const ValidatorSet& set) {
  for (std::size_t i = 0; i < votes.size(); ++i) {
    const bool is_enough = mutated("certificate-by-a-seat-without-vote") && set.has_seat(votes[i].validator);
    if (!set.contains(votes[i].validator) && !is_enough)
      return bad_certificate("signed by a validator that is not in the set");
    if (i > 0 && votes[i].validator <= votes[i - 1].validator && !mutated("certificate-counts-a-voter-twice"))
      return bad_certificate("signatures not ascending by distinct validators");
  }
  return {};
}

Result<void> check_shape(const Certificate& certificate, const ValidatorSet& set) {
  if (set.size() == 0) return bad_certificate("the validator set is empty");
  if (certificate.epoch != set.epoch) return bad_certificate("of another epoch than the validator set");
  if (!is_phase(static_cast<std::uint32_t>(certificate.phase))) return bad_certificate("of an unknown phase");
  if (certificate.signatures.size() != set.quorum())
    return bad_certificate("carries " + std::to_string(certificate.signatures.size()) +
                   " signatures, the quorum is " + std::to_string(set.quorum()));
  return check_signers(certificate.signatures, set);
}

Vote vote_of(const Certificate& certificate, const crypto::Digest& chain_id) {
  return {chain_id,           certificate.epoch, certificate.view,
          certificate.height, certificate.phase, certificate.block_hash};
}

}  // namespace

crypto::Digest hash_of(const ValidatorSet& set) {
  return crypto::tagged(crypto::Tag::Validators, encode_validators(set));
}

Bytes encode_validators(const ValidatorSet& set) {
  pb::ValidatorSet wire;
  wire.set_epoch(number(set.epoch));
  for (const Validator& validator : set.validators) {
    auto* entry = wire.add_validators();
    entry->set_member(validator.member);
    put_field(entry->mutable_vote_key(), validator.vote_key.view());
    put_field(entry->mutable_tls_key(), validator.tls_key.view());
    entry->set_address(validator.address);
    entry->set_standing(static_cast<std::uint32_t>(validator.standing));
  }
  return canonical(wire);
}

Result<ValidatorSet> decode_validators(ByteView bytes) {
  pb::ValidatorSet wire;
  AVAL_TRY(parse_canonical(bytes, wire, "validators"));
  if (static_cast<std::size_t>(wire.validators_size()) > validators_max)
    return malformed("validators: more seats than a set may have");
  ValidatorSet set{Epoch{wire.epoch()}, {}};
  for (const pb::Validator& entry : wire.validators()) {
    AVAL_ASSIGN(auto validator, read_validator(entry));
    set.validators.push_back(std::move(validator));
  }
  return set;
}

std::size_t ValidatorSet::size() const {
  return static_cast<std::size_t>(std::count_if(validators.begin(), validators.end(), [](const Validator& seat) {
    return seat.standing == SeatStanding::Voter;
  }));
}

std::vector<ReplicaId> ValidatorSet::voters() const {
  std::vector<ReplicaId> out;
  for (std::uint32_t i = 0; i < validators.size(); ++i) {
    if (contains(ReplicaId{i})) out.push_back(ReplicaId{i});
  }
  return out;
}

Bytes encode_vote(const Vote& vote) {
  pb::Vote wire;
  if (!mutated("vote-without-chain-id")) put_field(wire.mutable_chain_id(), vote.chain_id.view());
  wire.set_epoch(number(vote.epoch));
  wire.set_view(number(vote.view));
  wire.set_height(number(vote.height));
  wire.set_phase(static_cast<std::uint32_t>(vote.phase));
  put_field(wire.mutable_block_hash(), vote.block_hash.view());
  return canonical(wire);
}

crypto::Digest signing_digest(const Vote& vote) {
  return crypto::tagged(crypto::Tag::Vote, encode_vote(vote));
}

Bytes encode_certificate(const Certificate& certificate) {
  pb::Certificate wire;
  wire.set_epoch(number(certificate.epoch));
  wire.set_view(number(certificate.view));
  wire.set_height(number(certificate.height));
  wire.set_phase(static_cast<std::uint32_t>(certificate.phase));
  put_field(wire.mutable_block_hash(), certificate.block_hash.view());
  for (const VoteSignature& vote : certificate.signatures) {
    auto* entry = wire.add_signatures();
    entry->set_validator(number(vote.validator));
    put_field(entry->mutable_signature(), vote.signature.view());
  }
  return canonical(wire);
}

Result<Certificate> decode_certificate(ByteView bytes) {
  pb::Certificate wire;
  AVAL_TRY(parse_canonical(bytes, wire, "certificate"));
  if (!is_phase(wire.phase())) return malformed("certificate: unknown phase");
  Certificate out;
  out.epoch = Epoch{wire.epoch()};
  out.view = View{wire.view()};
  out.height = Height{wire.height()};
  out.phase = static_cast<Phase>(wire.phase());
  AVAL_TRY(read_field(wire.block_hash(), "certificate: block_hash", out.block_hash));
  AVAL_ASSIGN(out.signatures, read_votes(wire));
  return out;
}

Result<void> verify_certificate(const Certificate& certificate, const crypto::Digest& chain_id,
                                const ValidatorSet& set, SignatureCheck check) {
  AVAL_TRY(check_shape(certificate, set));
  const crypto::Digest digest = signing_digest(vote_of(certificate, chain_id));
  for (const VoteSignature& vote : certificate.signatures) {
    if (!check(set.validators[number(vote.validator)].vote_key, digest, vote.signature))
      return bad_certificate("the signature of validator " + std::to_string(number(vote.validator)) +
                     " does not verify");
  }
  return {};
}

}  // namespace aval::ledger
