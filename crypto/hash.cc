#include "crypto/hash.h"

#include <algorithm>
#include <cstring>

#include "crypto/base/mutant.h"
#include "crypto/openssl.h"

namespace aval::crypto {
namespace {

/// The thread's one SHA-256 context. Fetching the algorithm anew for every hash counts references
/// on a cache line all threads share, and a second thread then makes hashing slower.
EVP_MD_CTX* thread_context() {
  static EVP_MD* const sha256_algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const MdCtxPtr context = [] {
    MdCtxPtr fresh(EVP_MD_CTX_new());
    AVAL_CHECK(fresh != nullptr);
    AVAL_CHECK(EVP_DigestInit_ex2(fresh.get(), sha256_algorithm, nullptr) == 1);
    return fresh;
  }();
  return context.get();
}

EVP_MD_CTX* start() {
  EVP_MD_CTX* const context = thread_context();
  AVAL_CHECK(EVP_DigestInit_ex2(context, nullptr, nullptr) == 1);
  return context;
}

void add(EVP_MD_CTX* context, ByteView bytes) {
  AVAL_CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

Digest finish(EVP_MD_CTX* context) {
  Digest digest;
  AVAL_CHECK(EVP_DigestFinal_ex(context, digest.bytes.data(), nullptr) == 1);
  return digest;
}

EVP_MD_CTX* start_tagged(Tag tag) {
  static constexpr char separator = '\0';
  EVP_MD_CTX* const context = start();
  add(context, tag_text(tag));
  if (!mutated("tag-runs-into-the-bytes")) add(context, {&separator, 1});
  return context;
}

}  // namespace

Result<Digest> Digest::from_bytes(ByteView bytes) {
  Digest digest;
  if (bytes.size() != digest.bytes.size()) {
    return unexpected(Error::Code::Malformed,
                      "a digest has 32 bytes, this one has " + std::to_string(bytes.size()));
  }
  std::memcpy(digest.bytes.data(), bytes.data(), bytes.size());
  return digest;
}

Result<Digest> Digest::from_hex(std::string_view text) {
  AVAL_ASSIGN(const Bytes bytes, aval::from_hex(text));
  return from_bytes(bytes);
}

std::string_view tag_text(Tag tag) {
  switch (tag) {
    case Tag::Genesis:
      return "aval/genesis/v1";
    case Tag::Tx:
      return "aval/tx/v1";
    case Tag::Batch:
      return "aval/batch/v1";
    case Tag::Header:
      return "aval/header/v1";
    case Tag::Receipt:
      return "aval/receipt/v1";
    case Tag::Vote:
      return "aval/vote/v1";
    case Tag::Proposal:
      return "aval/proposal/v1";
    case Tag::ViewChange:
      return "aval/view-change/v1";
    case Tag::NewView:
      return "aval/new-view/v1";
    case Tag::Status:
      return "aval/status/v1";
    case Tag::Validators:
      return "aval/validators/v1";
    case Tag::Parameters:
      return "aval/parameters/v1";
    case Tag::StateLeaf:
      return "aval/state-leaf/v1";
    case Tag::StateNode:
      return "aval/state-node/v1";
    case Tag::StateKey:
      return "aval/state-key/v1";
    case Tag::OriginOrder:
      return "aval/origin-order/v1";
    case Tag::KeyId:
      return "aval/key-id/v1";
    case Tag::Document:
      return "aval/document/v1";
    case Tag::Terms:
      return "aval/terms/v1";
    case Tag::Fingerprint:
      return "aval/fingerprint/v1";
    case Tag::Attestation:
      return "aval/attestation/v1";
    case Tag::Journal:
      return "aval/journal/v1";
    case Tag::Change:
      return "aval/change/v1";
    case Tag::Ready:
      return "aval/ready/v1";
    case Tag::Possession:
      return "aval/possession/v1";
    case Tag::Snapshot:
      return "aval/snapshot/v1";
    case Tag::TestSigner:
      return "aval/test-signer/v1";
    case Tag::Last_:
      break;
  }
  check_failed("every tag has a text", __FILE__, __LINE__);
}

Digest sha256(ByteView bytes) {
  EVP_MD_CTX* const context = start();
  add(context, bytes);
  return finish(context);
}

Digest tagged(Tag tag, ByteView bytes) {
  EVP_MD_CTX* const context = start_tagged(tag);
  add(context, bytes);
  return finish(context);
}

Digest tagged(Tag tag, std::initializer_list<ByteView> parts) {
  EVP_MD_CTX* const context = start_tagged(tag);
  for (const ByteView part : parts) add(context, part);
  return finish(context);
}

}  // namespace aval::crypto
