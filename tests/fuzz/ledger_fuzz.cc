#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "ledger/batch.h"
#include "ledger/certificate.h"
#include "ledger/envelope.h"
#include "ledger/epoch_step.h"
#include "ledger/evidence.h"
#include "ledger/export.h"
#include "ledger/ledger_view.h"
#include "ledger/parameters.h"
#include "ledger/receipt.h"
#include "ledger/snapshot.h"
#include "ledger/state_tree.h"
#include "tests/fuzz/target.h"

namespace aval::fuzz {
namespace {

using namespace ledger;

/// The round trip and nothing else: what decodes is its own bytes.
template <auto decode, auto encode>
bool codec(ByteView bytes) {
  return round_trip(bytes, decode, encode).has_value();
}

/// An envelope keeps the bytes it came from, and its body is what the transaction id was taken of.
bool envelope(ByteView bytes) {
  const auto read = decode_envelope(bytes);
  if (!read) return false;
  AVAL_CHECK(read->bytes == bytes);
  AVAL_CHECK(encode_body(read->body) == read->body_bytes);
  AVAL_CHECK(read->tx_id == crypto::tagged(crypto::Tag::Tx, read->body_bytes));
  return true;
}

Bytes made_again(const Batch& batch) {
  return make_batch(batch.origin, batch.counter, batch.envelopes)->bytes;
}

/// Nobody's validators: a proof that was not made for them proves nothing to them.
ValidatorSet strangers() {
  ValidatorSet set;
  set.validators.resize(4);
  return set;
}

bool receipt_proof(ByteView bytes) {
  const auto proof = round_trip(bytes, &decode_receipt_proof, &encode_receipt_proof);
  if (proof) AVAL_CHECK(!verify_receipt_proof(*proof, crypto::Digest{}, strangers()));
  return proof.has_value();
}

bool finality_proof(ByteView bytes) {
  const auto proof = round_trip(bytes, &decode_finality_proof, &encode_finality_proof);
  if (proof) AVAL_CHECK(!verify_finality(*proof, crypto::Digest{}, strangers(), "proof"));
  return proof.has_value();
}

/// No proof shows two values of one key under one root.
bool state_proof(ByteView bytes) {
  static const auto root = StateTree().with({{"a", "1"}, {"b", "2"}, {"c", "3"}}).root();
  const auto proof = round_trip(bytes, &decode_state_proof, &encode_state_proof);
  if (!proof) return false;
  AVAL_CHECK(!verify_state(root, "a", "2", *proof));
  AVAL_CHECK(!verify_state(root, "a", std::nullopt, *proof));
  AVAL_CHECK(!verify_state(root, "d", "1", *proof));
  return true;
}

bool parameters(ByteView bytes) {
  const auto read = round_trip(bytes, &decode_parameters, &encode_parameters);
  if (read) AVAL_CHECK(check_bounds(*read).has_value());
  return read.has_value();
}

bool evidence(ByteView bytes) {
  const auto read = round_trip(bytes, &decode_evidence, &encode_evidence);
  if (read) AVAL_CHECK(in_order(*read) == *read);
  return read.has_value();
}

/// A file in memory, by its name. Empty when the system has none to give.
class MemoryFile {
 public:
  explicit MemoryFile(ByteView bytes) : descriptor_(::memfd_create("aval-fuzz", MFD_CLOEXEC)) {
    AVAL_CHECK(descriptor_ >= 0);
    AVAL_CHECK(::write(descriptor_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

/// A whole export is its header, the frames of its blocks, and an end whose checksum holds: all of it.
bool export_file(ByteView bytes) {
  constexpr std::size_t front = 12 + 32;
  constexpr std::size_t end = 4 + 8 + 32;
  if (bytes.size() < front) return false;
  crypto::Digest chain_id;
  bytes.substr(12, 32).copy(static_cast<char*>(static_cast<void*>(chain_id.bytes.data())), 32);
  const MemoryFile file(bytes);
  auto reader = ExportReader::open(file.path(), chain_id);
  if (!reader) return false;
  std::size_t used = front;
  for (;;) {
    const auto next = reader->next();
    if (!next) return false;
    if (!*next) break;
    used += 4 + encode_certified_block(**next).size();
  }
  AVAL_CHECK(used + end == bytes.size());
  return true;
}

}  // namespace

std::vector<Target> ledger_targets() {
  return {{"body", &codec<&decode_body, &encode_body>},
          {"envelope", &envelope},
          {"batch", &codec<&decode_batch, &made_again>},
          {"header", &codec<&decode_header, &encode_header>},
          {"block", &codec<&decode_block, &encode_block>},
          {"certificate", &codec<&decode_certificate, &encode_certificate>},
          {"certified_block", &codec<&decode_certified_block, &encode_certified_block>},
          {"receipt", &codec<&decode_receipt, &encode_receipt>},
          {"receipt_proof", &receipt_proof},
          {"finality_proof", &finality_proof},
          {"manifest", &codec<&decode_manifest, &encode_manifest>},
          {"state_proof", &state_proof},
          {"parameters", &parameters},
          {"evidence", &evidence},
          {"validators", &codec<&decode_validators, &encode_validators>},
          {"epoch_step", &codec<&decode_epoch_step, &encode_epoch_step>},
          {"location", &codec<&decode_location, &encode_location>},
          {"export_file", &export_file}};
}

}  // namespace aval::fuzz
