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

struct CertificatesIn {
  std::vector<const Certificate*> out;
  void add(const std::optional<Certificate>& certificate) {
    if (certificate) out.push_back(&*certificate);
  }
  void operator()(const ViewChange& message) {
    add(message.prepared);
    add(message.final_certificate);
  }
  void operator()(const NewView& message) {
    for (const ViewChange& each : message.view_changes) (*this)(each);
  }
  void operator()(const FinalBlocks& message) {
    for (const auto& block : message.blocks) add(block.certificate);
  }
  template <class Other>
  void operator()(const Other&) {}
};

}  // namespace

const char* kind_of(const Message& message) { return std::visit(KindOf{}, message); }

std::vector<const Certificate*> certificates_in(const Message& message) {
  CertificatesIn found;
  std::visit(found, message);
  return std::move(found.out);
}

}  // namespace aval::consensus
