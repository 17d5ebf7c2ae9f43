#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consensus/journal.h"
#include "consensus/messages.h"
#include "ledger/evidence.h"

namespace aval::consensus {

/// Names one execution of a block's content on top of another one. Never reused; 0 is the final state.
enum class ExecutionId : std::uint64_t {};
constexpr ExecutionId final_state{0};

/// "Execute these batches on top of `parent`." Answered by an Executed input with the same id.
struct ExecuteRequest {
  ExecutionId id{};
  ExecutionId parent{};  // final_state, or an execution asked for earlier and not discarded
  Height height{};
  UnixMillis time_ms = 0;
  std::vector<BatchPtr> batches;  // in block order
};

/// "This execution is final: append it to the ledger and make it the final state." In height order.
struct FinaliseRequest {
  ExecutionId id{};
  ledger::CertifiedBlock block;
};

struct Send {
  std::optional<ReplicaId> to;  // nullopt: every other validator
  Message message;
};

/// Everything the replica wants done after a step. The driver carries it out in the order of the
/// fields, and whole Actions in the order they came: `persist` is on disk (one fdatasync for all)
/// before anything of `send` leaves, of this Actions or a later one, and before `finalise`.
/// `disseminate` depends on nothing and may leave at once.
struct Actions {
  std::vector<Send> disseminate;
  std::vector<ExecuteRequest> execute;
  std::vector<ExecutionId> discard;     // executions that no block needs any more
  std::vector<Record> persist;
  std::vector<Send> send;
  std::vector<FinaliseRequest> finalise;
  std::vector<ledger::Evidence> evidence;  // to be kept for people; nothing depends on it
  std::optional<TimePoint> wake_at;     // call step(Tick) no later than this; replaces the former one
  bool epoch_over = false;              // the last block of the epoch is in `finalise`
  std::optional<std::string> fatal;     // divergence from a certified root: stop with code 75
  /// This replica's own signature under what it does not know of: do nothing of the above, stop with code 76, and
  /// never vote with this key again.
  std::optional<std::string> key_elsewhere;
};

}  // namespace aval::consensus
