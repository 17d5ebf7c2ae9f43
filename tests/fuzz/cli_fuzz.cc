#include <nlohmann/json.hpp>

#include "cli/proof_file.h"
#include "cli/state_answer.h"
#include "cli/ubl.h"
#include "tests/fuzz/genesis_entities.h"
#include "tests/fuzz/target.h"

namespace aval::fuzz {
namespace {

/// An invoice is taken whole or refused with the rule it breaks.
bool ubl_invoice(ByteView xml) {
  const auto read = cli::parse_ubl(xml);
  if (!read.ok) {
    AVAL_CHECK(!read.failure.code.empty() || !read.failure.cause.empty());
    return false;
  }
  AVAL_CHECK(!read.invoice.number.empty() && read.invoice.currency.size() == 3);
  AVAL_CHECK(read.invoice.document_digest == crypto::tagged(crypto::Tag::Document, xml));
  return true;
}

/// Of a chain on which nobody has signed a block an answer can only prove what its genesis holds.
bool state_answer(ByteView text) {
  const auto answer = cli::parse_json_file(text);
  if (!answer) return false;
  const auto proved = cli::verify_state_answer(*answer, chain_of_genesis_entities());
  if (!proved) return false;
  const auto truth = genesis_entities().find(proved->type + "/" + proved->id);
  AVAL_CHECK(proved->value == (truth == genesis_entities().end() ? std::nullopt : truth->second));
  return true;
}

}  // namespace

std::vector<Target> cli_targets() { return {{"ubl_invoice", &ubl_invoice}, {"state_answer", &state_answer}}; }

}  // namespace aval::fuzz
