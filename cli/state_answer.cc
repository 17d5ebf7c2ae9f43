#include "cli/state_answer.h"

#include <nlohmann/json.hpp>

#include "ledger/epoch_step.h"
#include "ledger/receipt.h"
#include "ledger/state_tree.h"

namespace aval::cli {
namespace {

using nlohmann::json;

unexpected refused(std::string why) {
  return unexpected(Error::Code::Refused, "state proof: " + std::move(why));
}

Result<std::string> text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return refused(std::string("\"") + key + "\" is missing");
  return found->get<std::string>();
}

Result<Bytes> bytes_at(const json& object, const char* key) {
  AVAL_ASSIGN(const std::string text, text_at(object, key));
  return from_base64(text);
}

Result<std::vector<ledger::Header>> headers_of(const json& answer) {
  const auto found = answer.find("headers");
  if (found == answer.end() || !found->is_array() || found->empty()) return refused("no headers");
  if (found->size() > ledger::proof_headers_max) return refused("more headers than a certificate can carry");
  std::vector<ledger::Header> headers;
  for (const auto& item : *found) {
    if (!item.is_string()) return refused("a header is not text");
    AVAL_ASSIGN(const Bytes bytes, from_base64(item.get<std::string>()));
    AVAL_ASSIGN(auto header, ledger::decode_header(bytes));
    headers.push_back(std::move(header));
  }
  return headers;
}

Result<void> check_links(const std::vector<ledger::Header>& headers, const ledger::ChainConfig& config) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (headers[i].chain_id != config.chain_id) return refused("a header is of another chain");
    if (i == 0) continue;
    if (headers[i].height != next(headers[i - 1].height)) return refused("the headers skip a height");
    if (headers[i].parent != hash_of(headers[i - 1]))
      return refused("a header does not name the one below it");
  }
  return {};
}

/// The set that the answer's steps lead to from the genesis.
Result<ledger::ValidatorSet> set_of(const json& answer, const ledger::ChainConfig& config) {
  const auto found = answer.find("epochs");
  if (found == answer.end() || !found->is_array()) return refused("\"epochs\" is missing");
  if (found->size() > ledger::epoch_steps_max) return refused("more epochs than a proof may walk through");
  std::vector<ledger::EpochStep> steps;
  for (const auto& item : *found) {
    if (!item.is_string()) return refused("an epoch's step is not text");
    AVAL_ASSIGN(const Bytes bytes, from_base64(item.get<std::string>()));
    AVAL_ASSIGN(auto step, ledger::decode_epoch_step(bytes));
    steps.push_back(std::move(step));
  }
  return ledger::walk(config.validators, steps, config.chain_id);
}

/// Returns how many validators signed. The genesis needs nobody's signature.
Result<std::size_t> check_finality(const json& answer, const ledger::Header& top,
                                   const ledger::ChainConfig& config) {
  if (top == ledger::genesis_header(config)) return std::size_t{0};
  AVAL_ASSIGN(const Bytes bytes, bytes_at(answer, "certificate"));
  AVAL_ASSIGN(const auto certificate, ledger::decode_certificate(bytes));
  if (certificate.phase != ledger::Phase::Commit)
    return refused("the certificate is not a commit certificate");
  if (certificate.height != top.height) return refused("the certificate is of another height");
  if (certificate.block_hash != hash_of(top)) return refused("the certificate is of another block");
  AVAL_ASSIGN(const auto set, set_of(answer, config));
  AVAL_TRY(verify_certificate(certificate, config.chain_id, set));
  return certificate.signatures.size();
}

Result<std::optional<Bytes>> value_of(const json& answer) {
  const auto value = answer.find("value");
  if (value == answer.end()) return refused("\"value\" is missing");
  if (value->is_null()) return std::optional<Bytes>();
  AVAL_ASSIGN(Bytes bytes, bytes_at(answer, "value_bytes"));
  return std::optional<Bytes>(std::move(bytes));
}

}  // namespace

Result<ProvedState> verify_state_answer(const json& answer, const ledger::ChainConfig& config) {
  ProvedState out;
  AVAL_ASSIGN(out.type, text_at(answer, "type"));
  AVAL_ASSIGN(out.id, text_at(answer, "id"));
  AVAL_ASSIGN(const auto headers, headers_of(answer));
  AVAL_TRY(check_links(headers, config));
  AVAL_ASSIGN(out.signatures, check_finality(answer, headers.back(), config));
  out.height = headers.front().height;
  out.state_root = headers.front().state_root;
  AVAL_ASSIGN(out.value, value_of(answer));
  AVAL_ASSIGN(const Bytes proof_bytes, bytes_at(answer, "proof"));
  AVAL_ASSIGN(const auto proof, ledger::decode_state_proof(proof_bytes));
  const auto value = out.value ? std::optional<ByteView>(*out.value) : std::nullopt;
  if (!ledger::verify_state(out.state_root, out.type + "/" + out.id, value, proof)) {
    return refused("the value is not under the state root");
  }
  return out;
}

}  // namespace aval::cli
