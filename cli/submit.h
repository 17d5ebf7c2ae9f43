#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/session.h"
#include "contracts/finance.h"
#include "ledger/envelope.h"

namespace aval::cli {

/// A transaction's end as the API told it.
struct Outcome {
  std::string tx_id;
  std::string state;  // committed, rejected, expired, pending
  std::uint64_t height = 0;
  std::uint32_t status = 0;
  std::string code;
  std::string reason;
};

/// What to send: commands of one member, signed by its keys and by those of `counterparts`.
struct Submission {
  std::string member;
  std::vector<contracts::pb::Command> commands;
  std::vector<std::string> counterparts;  // members whose signature is needed as well
  bool governs = false;                   // signed by the member's governors in place of maker and checker
  std::string client_ref;                 // empty: a fresh one
  bool item_by_item = false;
};

/// Signs without sending: what --dry-run shows. Asks a node for the height that validity starts from.
Result<ledger::Envelope> prepare(const Session& session, const Submission& submission);

/// Signs, sends to one node and then to others until one answers, and waits for the end. Sending the
/// same bytes again is harmless, which is why it may try another node.
Result<Outcome> submit(const Session& session, const Submission& submission,
                       std::chrono::milliseconds wait = std::chrono::seconds(15));

/// Sends bytes that were signed before.
Result<Outcome> submit_bytes(const Session& session, ByteView envelope, std::chrono::milliseconds wait);

/// Posts a device's COSE_Sign1 to the first node that has a gateway, and waits for the end.
Result<Outcome> submit_attestation(const Session& session, ByteView cose_sign1,
                                   std::chrono::milliseconds wait = std::chrono::seconds(15));

/// Asks one node where a transaction stands.
Result<Outcome> find_transaction(const Session& session, const std::string& tx_id);

/// Reads one entity, checks the node's proof of it against the genesis, and parses it into `message`;
/// NotFound when it is proved absent. A node alone cannot make this return anything false but old.
Result<void> read_entity(const Session& session, const std::string& type, const std::string& id,
                         google::protobuf::Message& message);

}  // namespace aval::cli
