#include "consensus/wire.h"

#include "consensus/limits.h"
#include "ledger/canonical.h"

// Generated code does not keep our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpedantic"
#include "consensus/consensus.pb.h"
#pragma GCC diagnostic pop

namespace aval::consensus {
namespace {

using ledger::ChainConfig;

unexpected malformed(std::string why) { return unexpected(Error::Code::Malformed, std::move(why)); }

void put(std::string* field, ByteView bytes) { field->assign(bytes.data(), bytes.size()); }

/// Reads a value of fixed width; the error names `field`.
template <class Value>
Result<void> read(ByteView bytes, const char* field, Value& out) {
  auto value = Value::from_bytes(bytes);
  if (!value) return malformed(std::string(field) + ": " + value.error().message);
  out = *value;
  return {};
}

Result<ReplicaId> read_sender(std::uint32_t id, const ChainConfig& config) {
  if (!config.validators.contains(ReplicaId{id})) return malformed("sender is not in the validator set");
  return ReplicaId{id};
}

// --- batches and blocks

Result<BatchPtr> read_batch(ByteView bytes, const ChainConfig& config) {
  const auto& limits = config.parameters;
  if (bytes.size() > limits.batch_bytes_max) return malformed("batch: more bytes than batch_bytes_max");
  AVAL_ASSIGN(ledger::Batch batch, ledger::decode_batch(bytes));
  if (!config.validators.contains(batch.origin))
    return malformed("batch: origin is not in the validator set");
  if (batch.envelopes.size() > limits.batch_envelopes_max)
    return malformed("batch: more envelopes than batch_envelopes_max");
  for (const auto& envelope : batch.envelopes) {
    if (envelope->bytes.size() > limits.envelope_bytes_max)
      return malformed("batch: an envelope has more bytes than envelope_bytes_max");
  }
  return BatchPtr(std::make_shared<const ledger::Batch>(std::move(batch)));
}

Result<Block> read_block(ByteView bytes, const ChainConfig& config) {
  AVAL_ASSIGN(Block block, ledger::decode_block(bytes));
  if (block.batches.size() > config.parameters.block_batches_max)
    return malformed("block: more batches than block_batches_max");
  return block;
}

Result<Certificate> read_certificate(ByteView bytes, Phase phase, const ChainConfig& config) {
  AVAL_ASSIGN(Certificate certificate, ledger::decode_certificate(bytes));
  if (certificate.phase != phase) return malformed("certificate: of the other phase");
  if (certificate.signatures.size() > config.validators.size())
    return malformed("certificate: more signatures than validators");
  return certificate;
}

Result<void> read_certificate_if_any(ByteView bytes, Phase phase, const ChainConfig& config,
                                     std::optional<Certificate>& out) {
  if (bytes.empty()) return {};
  AVAL_ASSIGN(out, read_certificate(bytes, phase, config));
  return {};
}

// --- votes and proposals

void write(const Vote& vote, pb::Vote& wire) {
  put(wire.mutable_chain_id(), vote.chain_id.view());
  wire.set_epoch(number(vote.epoch));
  wire.set_view(number(vote.view));
  wire.set_height(number(vote.height));
  wire.set_phase(static_cast<std::uint32_t>(vote.phase));
  put(wire.mutable_block_hash(), vote.block_hash.view());
}

Result<Vote> read_vote(const pb::Vote& wire) {
  if (wire.phase() != static_cast<std::uint32_t>(Phase::Prepare) &&
      wire.phase() != static_cast<std::uint32_t>(Phase::Commit))
    return malformed("vote: unknown phase");
  Vote vote;
  AVAL_TRY(read(wire.chain_id(), "vote: chain_id", vote.chain_id));
  vote.epoch = Epoch{wire.epoch()};
  vote.view = View{wire.view()};
  vote.height = Height{wire.height()};
  vote.phase = static_cast<Phase>(wire.phase());
  AVAL_TRY(read(wire.block_hash(), "vote: block_hash", vote.block_hash));
  return vote;
}

void write(const SignedVote& message, pb::SignedVote& wire) {
  write(message.vote, *wire.mutable_vote());
  wire.set_from(number(message.from));
  put(wire.mutable_signature(), message.signature.view());
}

Result<SignedVote> read_signed_vote(const pb::SignedVote& wire, const ChainConfig& config) {
  SignedVote message;
  AVAL_ASSIGN(message.vote, read_vote(wire.vote()));
  AVAL_ASSIGN(message.from, read_sender(wire.from(), config));
  AVAL_TRY(read(wire.signature(), "vote: signature", message.signature));
  return message;
}

void write(const Proposal& message, pb::Proposal& wire) {
  wire.set_epoch(number(message.epoch));
  wire.set_view(number(message.view));
  wire.set_block(ledger::encode_block(message.block));
  wire.set_from(number(message.from));
  put(wire.mutable_signature(), message.signature.view());
}

Result<Proposal> read_proposal(const pb::Proposal& wire, const ChainConfig& config) {
  Proposal message;
  message.epoch = Epoch{wire.epoch()};
  message.view = View{wire.view()};
  AVAL_ASSIGN(message.block, read_block(wire.block(), config));
  AVAL_ASSIGN(message.from, read_sender(wire.from(), config));
  AVAL_TRY(read(wire.signature(), "proposal: signature", message.signature));
  return message;
}

// --- view changes

void write_unsigned(const ViewChange& message, pb::ViewChange& wire) {
  wire.set_epoch(number(message.epoch));
  wire.set_view(number(message.view));
  wire.set_from(number(message.from));
  wire.set_final_header(ledger::encode_header(message.final_header));
  if (message.final_certificate)
    wire.set_final_certificate(ledger::encode_certificate(*message.final_certificate));
  if (message.prepared) wire.set_prepared(ledger::encode_certificate(*message.prepared));
  for (const Header& header : message.headers) wire.add_headers(ledger::encode_header(header));
}

void write(const ViewChange& message, pb::ViewChange& wire) {
  write_unsigned(message, wire);
  put(wire.mutable_signature(), message.signature.view());
}

Result<ViewChange> read_view_change(const pb::ViewChange& wire, const ChainConfig& config) {
  const std::size_t headers_max = std::size_t{window_factor} * config.parameters.pipeline_window;
  if (static_cast<std::size_t>(wire.headers_size()) > headers_max)
    return malformed("view change: more headers than two windows");
  ViewChange message;
  message.epoch = Epoch{wire.epoch()};
  message.view = View{wire.view()};
  AVAL_ASSIGN(message.from, read_sender(wire.from(), config));
  AVAL_ASSIGN(message.final_header, ledger::decode_header(wire.final_header()));
  AVAL_TRY(
      read_certificate_if_any(wire.final_certificate(), Phase::Commit, config, message.final_certificate));
  AVAL_TRY(read_certificate_if_any(wire.prepared(), Phase::Prepare, config, message.prepared));
  for (const auto& bytes : wire.headers()) {
    AVAL_ASSIGN(auto header, ledger::decode_header(bytes));
    message.headers.push_back(std::move(header));
  }
  AVAL_TRY(read(wire.signature(), "view change: signature", message.signature));
  return message;
}

void write_unsigned(const NewView& message, pb::NewView& wire) {
  wire.set_epoch(number(message.epoch));
  wire.set_view(number(message.view));
  wire.set_from(number(message.from));
  for (const ViewChange& entry : message.view_changes) write(entry, *wire.add_view_changes());
}

void write(const NewView& message, pb::NewView& wire) {
  write_unsigned(message, wire);
  put(wire.mutable_signature(), message.signature.view());
}

Result<NewView> read_new_view(const pb::NewView& wire, const ChainConfig& config) {
  if (static_cast<std::size_t>(wire.view_changes_size()) > config.validators.size())
    return malformed("new view: more view changes than validators");
  NewView message;
  message.epoch = Epoch{wire.epoch()};
  message.view = View{wire.view()};
  AVAL_ASSIGN(message.from, read_sender(wire.from(), config));
  for (const auto& entry : wire.view_changes()) {
    AVAL_ASSIGN(auto view_change, read_view_change(entry, config));
    message.view_changes.push_back(std::move(view_change));
  }
  AVAL_TRY(read(wire.signature(), "new view: signature", message.signature));
  return message;
}

// --- asking and answering

Result<FetchBatches> read_fetch_batches(const pb::FetchBatches& wire, const ChainConfig& config) {
  if (static_cast<std::size_t>(wire.digests_size()) > config.parameters.block_batches_max)
    return malformed("fetch batches: more digests than block_batches_max");
  FetchBatches message;
  for (const auto& bytes : wire.digests()) {
    crypto::Digest digest;
    AVAL_TRY(read(bytes, "fetch batches: digest", digest));
    message.digests.push_back(digest);
  }
  return message;
}

Result<FinalBlocks> read_final_blocks(const pb::FinalBlocks& wire) {
  if (static_cast<std::size_t>(wire.blocks_size()) > final_blocks_max)
    return malformed("final blocks: more than " + std::to_string(final_blocks_max));
  FinalBlocks message;
  for (const auto& bytes : wire.blocks()) {
    AVAL_ASSIGN(auto block, ledger::decode_certified_block(bytes));
    message.blocks.push_back(std::move(block));
  }
  return message;
}

struct MessageWriter {
  pb::Message& wire;
  void operator()(const BatchMessage& m) const { wire.set_batch(m.batch->bytes); }
  void operator()(const Proposal& m) const { write(m, *wire.mutable_proposal()); }
  void operator()(const SignedVote& m) const { write(m, *wire.mutable_vote()); }
  void operator()(const ViewChange& m) const { write(m, *wire.mutable_view_change()); }
  void operator()(const NewView& m) const { write(m, *wire.mutable_new_view()); }
  void operator()(const StatusMessage& m) const {
    auto& status = *wire.mutable_status();
    status.set_epoch(number(m.epoch));
    status.set_view(number(m.view));
    status.set_final_height(number(m.final_height));
    status.set_in_view_change(m.in_view_change);
    status.set_wishes_to_leave(m.wishes_to_leave);
  }
  void operator()(const FetchBatches& m) const {
    auto& fetch = *wire.mutable_fetch_batches();
    for (const auto& digest : m.digests) put(fetch.add_digests(), digest.view());
  }
  void operator()(const FetchBlock& m) const { put(wire.mutable_fetch_block(), m.hash.view()); }
  void operator()(const BlockReply& m) const { wire.set_block_reply(ledger::encode_block(m.block)); }
  void operator()(const FetchFinal& m) const { wire.set_fetch_final(number(m.first)); }
  void operator()(const FinalBlocks& m) const {
    auto& final_blocks = *wire.mutable_final_blocks();
    for (const auto& block : m.blocks) final_blocks.add_blocks(ledger::encode_certified_block(block));
  }
};

struct RecordWriter {
  pb::Record& wire;
  void operator()(const BatchRecord& r) const { wire.set_batch(r.batch->bytes); }
  void operator()(const BlockRecord& r) const {
    wire.mutable_block()->set_view(number(r.view));
    wire.mutable_block()->set_block(ledger::encode_block(r.block));
  }
  void operator()(const VoteRecord& r) const { write(r.vote, *wire.mutable_vote()); }
  void operator()(const PreparedRecord& r) const {
    wire.set_prepared(ledger::encode_certificate(r.certificate));
  }
  void operator()(const ViewChangeRecord& r) const { write(r.message, *wire.mutable_view_change()); }
  void operator()(const NewViewRecord& r) const { write(r.message, *wire.mutable_new_view()); }
  void operator()(const FinalRecord& r) const { wire.set_final(ledger::encode_certificate(r.certificate)); }
};

StatusMessage read_status(const pb::Status& wire) {
  return {Epoch{wire.epoch()}, View{wire.view()}, Height{wire.final_height()}, wire.in_view_change(),
          wire.wishes_to_leave()};
}

/// A Result of one alternative as a Result of the variant.
template <class Variant, class Value>
Result<Variant> as(Result<Value> value) {
  if (!value) return unexpected(value.error());
  return Variant(std::move(value).value());
}

template <class Variant, class Wrapper>
Result<Variant> wrapped_batch(ByteView bytes, const ChainConfig& config) {
  AVAL_ASSIGN(auto batch, read_batch(bytes, config));
  return Variant(Wrapper{std::move(batch)});
}

template <class Wrapper>
Result<Record> wrapped_certificate(ByteView bytes, Phase phase, const ChainConfig& config) {
  AVAL_ASSIGN(auto certificate, read_certificate(bytes, phase, config));
  return Record(Wrapper{std::move(certificate)});
}

Result<Record> read_block_record(const pb::BlockRecord& wire, const ChainConfig& config) {
  AVAL_ASSIGN(auto block, read_block(wire.block(), config));
  return Record(BlockRecord{View{wire.view()}, std::move(block)});
}

}  // namespace

Bytes encode(const Message& message) {
  pb::Message wire;
  std::visit(MessageWriter{wire}, message);
  return ledger::canonical(wire);
}

Result<Message> decode_message(ByteView bytes, const ChainConfig& config) {
  pb::Message wire;
  AVAL_TRY(ledger::parse_canonical(bytes, wire, "peer message"));
  switch (wire.kind_case()) {
    case pb::Message::kBatch:
      return wrapped_batch<Message, BatchMessage>(wire.batch(), config);
    case pb::Message::kProposal:
      return as<Message>(read_proposal(wire.proposal(), config));
    case pb::Message::kVote:
      return as<Message>(read_signed_vote(wire.vote(), config));
    case pb::Message::kViewChange:
      return as<Message>(read_view_change(wire.view_change(), config));
    case pb::Message::kNewView:
      return as<Message>(read_new_view(wire.new_view(), config));
    case pb::Message::kStatus:
      return Message(read_status(wire.status()));
    case pb::Message::kFetchBatches:
      return as<Message>(read_fetch_batches(wire.fetch_batches(), config));
    case pb::Message::kFetchBlock: {
      FetchBlock fetch;
      AVAL_TRY(read(wire.fetch_block(), "fetch block: hash", fetch.hash));
      return Message(fetch);
    }
    case pb::Message::kBlockReply: {
      AVAL_ASSIGN(auto block, read_block(wire.block_reply(), config));
      return Message(BlockReply{std::move(block)});
    }
    case pb::Message::kFetchFinal:
      return Message(FetchFinal{Height{wire.fetch_final()}});
    case pb::Message::kFinalBlocks:
      return as<Message>(read_final_blocks(wire.final_blocks()));
    case pb::Message::KIND_NOT_SET:
      break;
  }
  return malformed("peer message: of no known kind");
}

std::optional<NewViewPlace> place_of_new_view(ByteView bytes) {
  pb::Message wire;
  if (!ledger::parse_canonical(bytes, wire, "peer message") || !wire.has_new_view()) return std::nullopt;
  const pb::NewView& message = wire.new_view();
  return NewViewPlace{Epoch{message.epoch()}, View{message.view()}, ReplicaId{message.from()}};
}

Bytes encode(const Record& record) {
  pb::Record wire;
  std::visit(RecordWriter{wire}, record);
  return ledger::canonical(wire);
}

Result<Record> decode_record(ByteView bytes, const ChainConfig& config) {
  pb::Record wire;
  AVAL_TRY(ledger::parse_canonical(bytes, wire, "journal record"));
  switch (wire.kind_case()) {
    case pb::Record::kBatch:
      return wrapped_batch<Record, BatchRecord>(wire.batch(), config);
    case pb::Record::kBlock:
      return read_block_record(wire.block(), config);
    case pb::Record::kVote: {
      AVAL_ASSIGN(const auto vote, read_vote(wire.vote()));
      return Record(VoteRecord{vote});
    }
    case pb::Record::kPrepared:
      return wrapped_certificate<PreparedRecord>(wire.prepared(), Phase::Prepare, config);
    case pb::Record::kViewChange: {
      AVAL_ASSIGN(auto message, read_view_change(wire.view_change(), config));
      return Record(ViewChangeRecord{std::move(message)});
    }
    case pb::Record::kNewView: {
      AVAL_ASSIGN(auto message, read_new_view(wire.new_view(), config));
      return Record(NewViewRecord{std::move(message)});
    }
    case pb::Record::kFinal:
      return wrapped_certificate<FinalRecord>(wire.final(), Phase::Commit, config);
    case pb::Record::KIND_NOT_SET:
      break;
  }
  return malformed("journal record: of no known kind");
}

Bytes signed_bytes(const ViewChange& message) {
  pb::ViewChange wire;
  write_unsigned(message, wire);
  return ledger::canonical(wire);
}

Bytes signed_bytes(const NewView& message) {
  pb::NewView wire;
  write_unsigned(message, wire);
  return ledger::canonical(wire);
}

}  // namespace aval::consensus
