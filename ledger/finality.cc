#include "ledger/finality.h"

#include "ledger/canonical.h"
#include "ledger/finality_wire.h"

namespace aval::ledger {
namespace {

/// Refuses in the name of one kind of proof.
class Judge {
 public:
  Judge(const char* what, const crypto::Digest& chain_id) : what_(what), chain_id_(chain_id) {}

  Result<void> check_headers(const std::vector<Header>& headers) const {
    if (headers.empty()) return refused("no headers");
    if (headers.size() > proof_headers_max) return refused("more headers than a certificate can carry");
    for (std::size_t i = 0; i < headers.size(); ++i) {
      if (headers[i].chain_id != chain_id_) return refused("a header is of another chain");
      if (headers[i].epoch != headers.front().epoch) return refused("the headers are of several epochs");
      if (i == 0) continue;
      if (headers[i].height != next(headers[i - 1].height)) return refused("the headers skip a height");
      if (headers[i].parent != hash_of(headers[i - 1])) return refused("a header does not name the one below it");
    }
    return {};
  }

  Result<void> check_certified(const Certificate& certificate, const Header& header) const {
    if (certificate.phase != Phase::Commit) return refused("the certificate is not a commit certificate");
    if (certificate.epoch != header.epoch) return refused("the certificate is of another epoch");
    if (certificate.height != header.height) return refused("the certificate is of another height");
    if (certificate.block_hash != hash_of(header)) return refused("the certificate is of another block");
    return {};
  }

 private:
  unexpected refused(const char* why) const {
    return unexpected(Error::Code::Refused, std::string(what_) + ": " + why);
  }

  const char* what_;
  const crypto::Digest& chain_id_;
};

}  // namespace

Result<std::vector<Header>> read_headers(const ByteFields& fields, const std::string& what) {
  if (fields.empty()) return malformed(what + ": no headers");
  if (static_cast<std::size_t>(fields.size()) > proof_headers_max)
    return malformed(what + ": more headers than a certificate can carry");
  std::vector<Header> out;
  for (const Bytes& bytes : fields) {
    AVAL_ASSIGN(auto header, decode_header(bytes));
    out.push_back(std::move(header));
  }
  return out;
}

Result<std::vector<EpochStep>> read_epochs(const ByteFields& fields, const std::string& what) {
  if (static_cast<std::size_t>(fields.size()) > epoch_steps_max) return malformed(what + ": too many epochs");
  std::vector<EpochStep> out;
  for (const Bytes& bytes : fields) {
    AVAL_ASSIGN(auto step, decode_epoch_step(bytes));
    out.push_back(std::move(step));
  }
  return out;
}

Bytes encode_finality_proof(const FinalityProof& proof) {
  pb::FinalityProof wire;
  for (const Header& header : proof.headers) wire.add_headers(encode_header(header));
  wire.set_certificate(encode_certificate(proof.certificate));
  for (const EpochStep& step : proof.epochs) wire.add_epochs(encode_epoch_step(step));
  return canonical(wire);
}

Result<FinalityProof> decode_finality_proof(ByteView bytes) {
  pb::FinalityProof wire;
  AVAL_TRY(parse_canonical(bytes, wire, "finality proof"));
  FinalityProof proof;
  AVAL_ASSIGN(proof.headers, read_headers(wire.headers(), "finality proof"));
  AVAL_ASSIGN(proof.certificate, decode_certificate(wire.certificate()));
  AVAL_ASSIGN(proof.epochs, read_epochs(wire.epochs(), "finality proof"));
  return proof;
}

Result<ValidatorSet> verify_finality(const FinalityProof& proof, const crypto::Digest& chain_id,
                                     const ValidatorSet& genesis, const char* what) {
  const Judge judge(what, chain_id);
  AVAL_TRY(judge.check_headers(proof.headers));
  AVAL_TRY(judge.check_certified(proof.certificate, proof.headers.back()));
  AVAL_ASSIGN(ValidatorSet set, walk(genesis, proof.epochs, chain_id));
  AVAL_TRY(verify_certificate(proof.certificate, chain_id, set));
  return set;
}

}  // namespace aval::ledger
