#include "tests/simulation/light/mutation_fields.h"

#include <algorithm>
#include <concepts>
#include <type_traits>

#include "ledger/batch.h"

namespace aval::simulation {
namespace {

using namespace consensus;

// ---- one value

template <class T>
concept Number = std::integral<T> || std::is_enum_v<T>;

template <class Kind>
std::size_t kind_index() {
  return Message(Kind{}).index();
}

template <Number T>
std::uint64_t as_number(T value) {
  if constexpr (std::is_enum_v<T>)
    return static_cast<std::uint64_t>(static_cast<std::underlying_type_t<T>>(value));
  else
    return static_cast<std::uint64_t>(value);
}

/// True when it made a difference.
template <Number T>
bool change_value(T& value, const T& old, Change change) {
  const T before = value;
  const auto set = [&](std::uint64_t number) {
    if constexpr (std::is_enum_v<T>)
      value = static_cast<T>(static_cast<std::underlying_type_t<T>>(number));
    else
      value = static_cast<T>(number);
  };
  switch (change) {
    case Change::Increment:
      set(as_number(value) + 1);
      break;
    case Change::Decrement:
      set(as_number(value) - 1);
      break;
    case Change::Zero:
      set(0);
      break;
    case Change::Most:
      set(UINT64_MAX);
      break;
    case Change::Old:
    case Change::Swap:
      value = old;
  }
  return value != before;
}

/// Digests and signatures.
template <class T>
concept Fixed = std::same_as<T, crypto::Digest> || std::same_as<T, crypto::Signature>;

template <Fixed T>
bool change_value(T& value, const T& old, Change change) {
  const T before = value;
  switch (change) {
    case Change::Increment:
      ++value.bytes.back();
      break;
    case Change::Decrement:
      --value.bytes.front();
      break;
    case Change::Zero:
      value.bytes.fill(0);
      break;
    case Change::Most:
      value.bytes.fill(0xff);
      break;
    case Change::Old:
    case Change::Swap:
      value = old;
  }
  return value != before;
}

template <class T>
bool change_value(std::vector<T>& list, const std::vector<T>& old, Change change) {
  const std::vector<T> before = list;
  switch (change) {
    case Change::Increment:
      if (!list.empty()) list.push_back(before.back());
      break;
    case Change::Decrement:
      if (!list.empty()) list.pop_back();
      break;
    case Change::Zero:
      list.clear();
      break;
    case Change::Most:
      list.insert(list.end(), before.begin(), before.end());
      break;
    case Change::Old:
      list = old;
      break;
    case Change::Swap:
      if (list.size() > 1) std::swap(list.front(), list.back());
      return list.size() > 1;
  }
  return list.size() != before.size();
}

/// `find` gives the address of the value in a message, or null.
template <class Kind, auto find>
bool apply(Message& message, const Message& donor, Change change) {
  auto* const value = find(std::get<Kind>(message));
  if (value == nullptr) return false;
  Message copy = donor;
  const auto* const old = find(std::get<Kind>(copy));
  return change_value(*value, old == nullptr ? *value : *old, change);
}

/// A batch is shared and never changes, so another one takes its place; changed in a copy.
template <auto find>
bool apply_to_batch(Message& message, const Message& donor, Change change) {
  auto batch = std::make_shared<ledger::Batch>(*std::get<BatchMessage>(message).batch);
  ledger::Batch old = *std::get<BatchMessage>(donor).batch;
  if (!change_value(*find(*batch), *find(old), change)) return false;
  const bool is_content = batch->digest == std::get<BatchMessage>(message).batch->digest &&
                          batch->bytes == std::get<BatchMessage>(message).batch->bytes;
  std::get<BatchMessage>(message).batch =
      is_content ? ledger::make_batch(batch->origin, batch->counter, batch->envelopes) : batch;
  return true;
}

// ---- the parts that several kinds share

/// A member of a part that may be absent: `find_part` gives the part's address, or null.
template <class Kind, auto find_part, auto member>
MutableField part_field(const std::string& name) {
  constexpr auto find = [](Kind& message) {
    auto* const part = find_part(message);
    return part == nullptr ? nullptr : &(part->*member);
  };
  return {kind_index<Kind>(), name, &apply<Kind, find>};
}

template <class Kind, auto find_header>
void add_header(std::vector<MutableField>& out, const std::string& at) {
  const auto add = [&]<auto member>(const char* name) {
    out.push_back(part_field<Kind, find_header, member>(at + name));
  };
  add.template operator()<&Header::chain_id>("chain_id");
  add.template operator()<&Header::epoch>("epoch");
  add.template operator()<&Header::height>("height");
  add.template operator()<&Header::parent>("parent");
  add.template operator()<&Header::proposer>("proposer");
  add.template operator()<&Header::origin_view>("origin_view");
  add.template operator()<&Header::time_ms>("time_ms");
  add.template operator()<&Header::batches_root>("batches_root");
  add.template operator()<&Header::tx_root>("tx_root");
  add.template operator()<&Header::receipt_root>("receipt_root");
  add.template operator()<&Header::state_root>("state_root");
  add.template operator()<&Header::validators_hash>("validators_hash");
  add.template operator()<&Header::params_hash>("params_hash");
}

template <class Kind, auto find_certificate>
void add_certificate(std::vector<MutableField>& out, const std::string& at) {
  const auto add = [&]<auto member>(const char* name) {
    out.push_back(part_field<Kind, find_certificate, member>(at + name));
  };
  add.template operator()<&Certificate::epoch>("epoch");
  add.template operator()<&Certificate::view>("view");
  add.template operator()<&Certificate::height>("height");
  add.template operator()<&Certificate::phase>("phase");
  add.template operator()<&Certificate::block_hash>("block_hash");
  add.template operator()<&Certificate::signatures>("signatures");
}

template <class Kind, auto member>
MutableField field(const char* name) {
  return {kind_index<Kind>(), name, &apply<Kind, [](Kind& message) { return &(message.*member); }>};
}

template <class Kind, auto member>
MutableField signature_field(const char* name) {
  MutableField out = field<Kind, member>(name);
  out.is_signed_again = false;
  return out;
}

Certificate* address_of(std::optional<Certificate>& certificate) {
  return certificate ? &*certificate : nullptr;
}

// ---- the kinds

template <auto member>
MutableField batch_field(const char* name) {
  return {kind_index<BatchMessage>(), name,
          &apply_to_batch<[](ledger::Batch& batch) { return &(batch.*member); }>};
}

void add_batch(std::vector<MutableField>& out) {
  out.push_back(batch_field<&ledger::Batch::origin>("batch.origin"));
  out.push_back(batch_field<&ledger::Batch::counter>("batch.counter"));
  out.push_back(batch_field<&ledger::Batch::digest>("batch.digest"));
  out.push_back(batch_field<&ledger::Batch::envelopes>("batch.envelopes"));
}

void add_proposal(std::vector<MutableField>& out) {
  out.push_back(field<Proposal, &Proposal::epoch>("proposal.epoch"));
  out.push_back(field<Proposal, &Proposal::view>("proposal.view"));
  out.push_back(field<Proposal, &Proposal::from>("proposal.from"));
  out.push_back(signature_field<Proposal, &Proposal::signature>("proposal.signature"));
  out.push_back({kind_index<Proposal>(), "proposal.block.batches",
                 &apply<Proposal, [](Proposal& m) { return &m.block.batches; }>});
  add_header<Proposal, [](Proposal& m) { return &m.block.header; }>(out, "proposal.block.header.");
}

template <auto member>
MutableField vote_field(const char* name) {
  return {kind_index<SignedVote>(), name,
          &apply<SignedVote, [](SignedVote& m) { return &(m.vote.*member); }>};
}

void add_vote(std::vector<MutableField>& out) {
  out.push_back(vote_field<&Vote::chain_id>("vote.chain_id"));
  out.push_back(vote_field<&Vote::epoch>("vote.epoch"));
  out.push_back(vote_field<&Vote::view>("vote.view"));
  out.push_back(vote_field<&Vote::height>("vote.height"));
  out.push_back(vote_field<&Vote::phase>("vote.phase"));
  out.push_back(vote_field<&Vote::block_hash>("vote.block_hash"));
  out.push_back(field<SignedVote, &SignedVote::from>("vote.from"));
  out.push_back(signature_field<SignedVote, &SignedVote::signature>("vote.signature"));
}

void add_view_change(std::vector<MutableField>& out) {
  out.push_back(field<ViewChange, &ViewChange::epoch>("view_change.epoch"));
  out.push_back(field<ViewChange, &ViewChange::view>("view_change.view"));
  out.push_back(field<ViewChange, &ViewChange::from>("view_change.from"));
  out.push_back(field<ViewChange, &ViewChange::headers>("view_change.headers"));
  out.push_back(signature_field<ViewChange, &ViewChange::signature>("view_change.signature"));
  add_header<ViewChange, [](ViewChange& m) { return &m.final_header; }>(out, "view_change.final_header.");
  add_certificate<ViewChange, [](ViewChange& m) { return address_of(m.final_certificate); }>(
      out, "view_change.final_certificate.");
  add_certificate<ViewChange, [](ViewChange& m) { return address_of(m.prepared); }>(out,
                                                                                    "view_change.prepared.");
}

void add_new_view(std::vector<MutableField>& out) {
  out.push_back(field<NewView, &NewView::epoch>("new_view.epoch"));
  out.push_back(field<NewView, &NewView::view>("new_view.view"));
  out.push_back(field<NewView, &NewView::from>("new_view.from"));
  out.push_back(field<NewView, &NewView::view_changes>("new_view.view_changes"));
  out.push_back(signature_field<NewView, &NewView::signature>("new_view.signature"));
}

void add_questions(std::vector<MutableField>& out) {
  out.push_back(field<StatusMessage, &StatusMessage::epoch>("status.epoch"));
  out.push_back(field<StatusMessage, &StatusMessage::view>("status.view"));
  out.push_back(field<StatusMessage, &StatusMessage::final_height>("status.final_height"));
  out.push_back(field<StatusMessage, &StatusMessage::in_view_change>("status.in_view_change"));
  out.push_back(field<StatusMessage, &StatusMessage::wishes_to_leave>("status.wishes_to_leave"));
  out.push_back(field<FetchBatches, &FetchBatches::digests>("fetch_batches.digests"));
  out.push_back(field<FetchBlock, &FetchBlock::hash>("fetch_block.hash"));
  out.push_back(field<FetchFinal, &FetchFinal::first>("fetch_final.first"));
}

void add_answers(std::vector<MutableField>& out) {
  out.push_back({kind_index<BlockReply>(), "block_reply.block.batches",
                 &apply<BlockReply, [](BlockReply& m) { return &m.block.batches; }>});
  add_header<BlockReply, [](BlockReply& m) { return &m.block.header; }>(out, "block_reply.block.header.");
  out.push_back(field<FinalBlocks, &FinalBlocks::blocks>("final_blocks.blocks"));
  out.push_back({kind_index<FinalBlocks>(), "final_blocks.last.batches",
                 &apply<FinalBlocks, [](FinalBlocks& m) { return &m.blocks.back().batches; }>});
  out.push_back({kind_index<FinalBlocks>(), "final_blocks.last.block.batches",
                 &apply<FinalBlocks, [](FinalBlocks& m) { return &m.blocks.back().block.batches; }>});
  add_header<FinalBlocks, [](FinalBlocks& m) { return &m.blocks.back().block.header; }>(
      out, "final_blocks.last.block.header.");
  add_certificate<FinalBlocks, [](FinalBlocks& m) { return address_of(m.blocks.back().certificate); }>(
      out, "final_blocks.last.certificate.");
}

std::vector<MutableField> list_fields() {
  std::vector<MutableField> out;
  add_batch(out);
  add_proposal(out);
  add_vote(out);
  add_view_change(out);
  add_new_view(out);
  add_questions(out);
  add_answers(out);
  return out;
}

}  // namespace

const std::vector<MutableField>& mutable_fields() {
  static const std::vector<MutableField> fields = list_fields();
  return fields;
}

}  // namespace aval::simulation
