#include "node/json_view.h"

#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "consensus/wire.h"
#include "contracts/status.h"

namespace aval::node {
namespace {

std::string_view name_of(TxState::Kind kind) {
  switch (kind) {
    case TxState::Kind::Unknown:
      return "unknown";
    case TxState::Kind::Pending:
      return "pending";
    case TxState::Kind::Committed:
      return "committed";
    case TxState::Kind::Rejected:
      return "rejected";
    case TxState::Kind::Expired:
      return "expired";
  }
  AVAL_CHECK(false);
}

std::string_view code_of(std::uint32_t status) { return contracts::code_of(contracts::Status{status}); }

void append_event(std::string& out, const ledger::Event& event) {
  out += R"({"type":)";
  append_json_string(out, event.type);
  out += R"(,"subject":)";
  append_json_string(out, event.subject);
  out += '}';
}

void append_result(std::string& out, const ledger::CommandResult& result) {
  fmt::format_to(std::back_inserter(out), R"({{"status":{},"code":"{}","events":[)", result.status,
                 code_of(result.status));
  const char* separator = "";
  for (const ledger::Event& event : result.events) {
    out += separator;
    append_event(out, event);
    separator = ",";
  }
  out += "]}";
}

void append_receipt(std::string& out, const ledger::Receipt& receipt) {
  fmt::format_to(std::back_inserter(out), R"(,"status":{},"code":"{}","reason":)", receipt.status,
                 code_of(receipt.status));
  append_json_string(out, contracts::sentence_of(contracts::Status{receipt.status}));
  out += R"(,"results":[)";
  const char* separator = "";
  for (const ledger::CommandResult& result : receipt.results) {
    out += separator;
    append_result(out, result);
    separator = ",";
  }
  out += ']';
}

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000U + static_cast<std::uint64_t>(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

Json peers_view(const std::vector<PeerState>& peers) {
  Json out = Json::array();
  for (const PeerState& peer : peers) {
    out.push_back(
        {{"member", peer.member}, {"connected", peer.connected}, {"height", number(peer.final_height)}});
  }
  return out;
}

}  // namespace

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

Json header_view(const ledger::Header& header) {
  return {{"chain_id", header.chain_id.hex()},
          {"epoch", number(header.epoch)},
          {"height", number(header.height)},
          {"parent", header.parent.hex()},
          {"proposer", number(header.proposer)},
          {"origin_view", number(header.origin_view)},
          {"time_ms", header.time_ms},
          {"batches_root", header.batches_root.hex()},
          {"tx_root", header.tx_root.hex()},
          {"receipt_root", header.receipt_root.hex()},
          {"state_root", header.state_root.hex()},
          {"validators_hash", header.validators_hash.hex()},
          {"params_hash", header.params_hash.hex()}};
}

Json certificate_view(const ledger::Certificate& certificate, const ledger::ValidatorSet& set) {
  Json signers = Json::array();
  for (const ledger::VoteSignature& vote : certificate.signatures) {
    if (set.contains(vote.validator)) signers.push_back(set.validators[number(vote.validator)].member);
  }
  return {{"height", number(certificate.height)}, {"view", number(certificate.view)}, {"signers", signers}};
}

Json block_view(const ledger::Header& header, const std::vector<ledger::Receipt>& receipts) {
  Json transactions = Json::array();
  for (const ledger::Receipt& receipt : receipts) {
    transactions.push_back(
        {{"tx_id", receipt.tx_id.hex()}, {"status", receipt.status}, {"code", code_of(receipt.status)}});
  }
  return {{"height", number(header.height)},
          {"hash", hash_of(header).hex()},
          {"header", header_view(header)},
          {"transactions", std::move(transactions)},
          {"certificate", nullptr}};
}

namespace {

/// Null for a seat that the set does not have.
Json member_of(ledger::ReplicaId seat, const ledger::ValidatorSet& set) {
  return number(seat) < set.validators.size() ? Json(set.validators[number(seat)].member) : Json(nullptr);
}

}  // namespace

Json evidence_view(const ledger::Evidence& evidence, const ledger::ValidatorSet& set) {
  return {{"validator", number(evidence.validator)},
          {"member", member_of(evidence.validator, set)},
          {"statement", ledger::name_of(evidence.statement)},
          {"epoch", number(evidence.epoch)},
          {"view", number(evidence.view)},
          {"height", number(evidence.height)},
          {"blocks", Json::array({evidence.first.hash.hex(), evidence.second.hash.hex()})},
          {"bytes", to_base64(ledger::encode_evidence(evidence))}};
}

Json new_view_entry(ByteView canonical, const ledger::ValidatorSet& set) {
  const auto place = consensus::place_of_new_view(canonical).value();
  return {{"validator", number(place.from)},
          {"member", member_of(place.from, set)},
          {"epoch", number(place.epoch)},
          {"view", number(place.view)},
          {"bytes", to_base64(canonical)}};
}

Json status_view(const std::string& member, const ledger::ChainConfig& chain, const NodeStatus& status) {
  const consensus::ReplicaStatus& replica = status.replica;
  return {{"member", member},
          {"chain_id", chain.chain_id.hex()},
          {"epoch", number(replica.epoch)},
          {"view", number(replica.view)},
          {"height", number(replica.final_header.height)},
          {"head_hash", status.head_hash.hex()},
          {"state_root", replica.final_header.state_root.hex()},
          {"durable_height", number(status.durable_height)},
          {"first_height", number(status.first_height)},
          {"is_primary", replica.is_primary},
          {"in_view_change", replica.in_view_change},
          {"in_flight", replica.in_flight},
          {"pending_batches", replica.pending_batches},
          {"pending_envelopes", replica.pending_envelopes},
          {"waiting_for", replica.waiting_for},
          {"fsyncs", status.fsyncs},
          {"scrubs", status.scrubs},
          {"transactions", status.transactions},
          {"rss_bytes", resident_bytes()},
          {"cpu_us", cpu_us()},
          {"peers", peers_view(status.peers)},
          {"ready", status.not_ready.empty()},
          {"not_ready", status.not_ready}};
}

std::string transaction_view(const std::optional<ledger::TxId>& tx_id, const TxState& state) {
  std::string out = "{";
  out.reserve(256);
  if (tx_id) fmt::format_to(std::back_inserter(out), R"("tx_id":"{}",)", tx_id->hex());
  fmt::format_to(std::back_inserter(out), R"("state":"{}")", name_of(state.kind));
  const bool has_receipt = state.kind == TxState::Kind::Committed || state.kind == TxState::Kind::Rejected;
  if (has_receipt || state.kind == TxState::Kind::Expired) {
    fmt::format_to(std::back_inserter(out), R"(,"height":{})", number(state.height));
  }
  if (has_receipt) append_receipt(out, state.receipt);
  out += '}';
  return out;
}

}  // namespace aval::node
