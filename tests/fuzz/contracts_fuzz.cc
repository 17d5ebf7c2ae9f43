#include <google/protobuf/util/json_util.h>

#include "contracts/commands.h"
#include "contracts/context.h"
#include "contracts/cose.h"
#include "contracts/executor.h"
#include "contracts/genesis.h"
#include "ledger/canonical.h"
#include "tests/fuzz/target.h"

namespace aval::fuzz {
namespace {

using namespace contracts;

/// What makes a chain makes the same chain again from its canonical bytes.
bool same_chain_again(const pb::Genesis& document) {
  const auto genesis = make_genesis(document);
  if (!genesis) return false;
  pb::Genesis again;
  AVAL_CHECK(ledger::parse_canonical(genesis->canonical, again, "genesis").has_value());
  const auto second = make_genesis(again);
  AVAL_CHECK(second && second->config.chain_id == genesis->config.chain_id);
  AVAL_CHECK(second->config.genesis_state_root == genesis->config.genesis_state_root);
  return true;
}

bool genesis(ByteView bytes) {
  pb::Genesis document;
  if (!ledger::parse_canonical(bytes, document, "genesis")) return false;
  AVAL_CHECK(ledger::canonical(document) == bytes);
  return same_chain_again(document);
}

bool genesis_json(ByteView text) {
  pb::Genesis document;
  google::protobuf::util::JsonParseOptions strict;
  strict.ignore_unknown_fields = false;
  if (!google::protobuf::util::JsonStringToMessage(Bytes(text), &document, strict).ok()) return false;
  return same_chain_again(document);
}

/// Bytes have one command, and whom it needs beside its sender follows from it alone.
bool command(ByteView bytes) {
  pb::Command command;
  if (!ledger::parse_canonical(bytes, command, "command")) return false;
  AVAL_CHECK(ledger::canonical(command) == bytes);
  AVAL_CHECK(!is_governance(command) || counterpart_of(command).empty());
  return true;
}

bool attestation(ByteView bytes) {
  return round_trip(bytes, &decode_attestation, &encode_attestation).has_value();
}

bool cose_sign1(ByteView bytes) {
  const auto message = round_trip(bytes, &decode_cose_sign1, &encode_cose_sign1);
  if (message) attestation(message->payload);
  return message.has_value();
}

bool tx_record(ByteView bytes) { return round_trip(bytes, &decode_tx_record, &encode_tx_record).has_value(); }

}  // namespace

std::vector<Target> contracts_targets() {
  return {{"genesis", &genesis},       {"genesis_json", &genesis_json}, {"command", &command},
          {"cose_sign1", &cose_sign1}, {"attestation", &attestation},   {"tx_record", &tx_record}};
}

}  // namespace aval::fuzz
