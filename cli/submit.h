#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/session.h"
#include "contracts/finance.pb.h"
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
  std::string client_ref;                 // empty: a fresh one
  bool item_by_item = false;
};

/// Signs, sends to one node and then to others until one answers, and waits for the end. Sending the
/// same bytes again is harmless, which is why it may try another node.
Result<Outcome> submit(const Session& session, const Submission& submission,
                       std::chrono::milliseconds wait = std::chrono::seconds(15));

/// Sends bytes that were signed before.
Result<Outcome> submit_bytes(const Session& session, ByteView envelope, std::chrono::milliseconds wait);

/// Reads one entity as canonical bytes into `message`; NotFound when it is not there.
Result<void> read_entity(const Session& session, const std::string& type, const std::string& id,
                         google::protobuf::MessageLite& message);

}  // namespace aval::cli
