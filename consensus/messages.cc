#include "consensus/messages.h"

namespace aval::consensus {
namespace {

struct KindOf {
  const char* operator()(const BatchMessage&) const { return "batch"; }
  const char* operator()(const Proposal&) const { return "proposal"; }
  const char* operator()(const SignedVote& vote) const {
    return vote.vote.phase == Phase::Prepare ? "prepare" : "commit";
  }
  const char* operator()(const ViewChange&) const { return "view_change"; }
  const char* operator()(const NewView&) const { return "new_view"; }
  const char* operator()(const StatusMessage&) const { return "status"; }
  const char* operator()(const FetchBatches&) const { return "fetch_batches"; }
  const char* operator()(const FetchBlock&) const { return "fetch_block"; }
  const char* operator()(const BlockReply&) const { return "block_reply"; }
  const char* operator()(const FetchFinal&) const { return "fetch_final"; }
  const char* operator()(const FinalBlocks&) const { return "final_blocks"; }
};

}  // namespace

const char* kind_of(const Message& message) { return std::visit(KindOf{}, message); }

}  // namespace aval::consensus
