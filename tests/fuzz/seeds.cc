#include "tests/fuzz/seeds.h"

#include <nlohmann/json.hpp>

#include "crypto/keys.h"
#include "crypto/x509.h"
#include "ledger/epoch_step.h"
#include "ledger/ledger_view.h"
#include "ledger/state_tree.h"
#include "node/frame.h"
#include "node/epoch_proof.h"
#include "node/hello.h"
#include "node/journal_format.h"
#include "node/snapshot_messages.h"
#include "tests/fuzz/genesis_entities.h"
#include "tests/unit/consensus/toy_world.h"

namespace aval::fuzz {
namespace {

crypto::PrivateKey key_of(std::uint8_t number) {
  return crypto::PrivateKey::from_scalar(Bytes(31, '\0') + static_cast<char>(number)).value();
}

/// With keys that are points of the curve, since decoders look.
ledger::ValidatorSet true_validators() {
  ledger::ValidatorSet set;
  for (std::uint8_t i = 1; i <= 4; ++i) {
    const auto key = key_of(i).public_key();
    set.validators.push_back({"bank-" + std::to_string(i), key, key, "localhost:1"});
  }
  set.validators.push_back(set.validators.front());
  set.validators.back().standing = ledger::SeatStanding::Observer;
  return set;
}

node::JournalHeader journal_header() {
  node::JournalHeader header;
  header.chain_id = crypto::sha256("chain");
  header.vote_key_id = crypto::sha256("key");
  header.salt = 7;
  return header;
}

/// A header that nothing but its filler is wrong with.
Bytes filled_header() {
  Bytes header = node::encode_journal_header(journal_header());
  header.back() = '\1';
  return header;
}

Bytes journal() {
  const auto header = journal_header();
  Bytes file = node::encode_journal_header(header);
  node::FramePlace place{header.base, 0, header.salt};
  for (const char* payload : {"first", "second", "third"})
    place.position = node::append_frame(file, place, payload);
  return file;
}

ledger::EpochStep epoch_step() {
  const auto config = consensus::test::toy_chain(4);
  const auto last = ledger::genesis_header(config);
  return {last, consensus::test::certificate_of(config, last, ledger::View{2}, ledger::Phase::Commit, {0, 1, 3}),
          true_validators()};
}

}  // namespace

std::vector<Seed> crypto_seeds() {
  const auto key = key_of(5);
  const auto certificate = crypto::issue_ca_certificate(key, "fuzz", 1'767'225'600, 30).value();
  return {{"public_key", "point", Bytes(key.public_key().view())},
          {"private_key", "pkcs8", key.pkcs8_der()},
          {"certificate_x509", "ca", certificate},
          {"text_of_bytes", "hex", "00ff7a"},
          {"text_of_bytes", "base64", "AP96+/8="}};
}

std::vector<Seed> ledger_seeds() {
  const auto config = consensus::test::toy_chain(4);
  const ledger::EpochStep step = epoch_step();
  const ledger::Header& last = step.last;
  const ledger::FinalityProof finality{{last}, step.certificate, {step}};
  const ledger::SnapshotManifest manifest{config.chain_id, ledger::Height{7}, hash_of(last), {crypto::sha256("chunk")}};
  ledger::StoredLocation location;
  location.location = {ledger::Height{9}, 3};
  location.batch = 1;
  return {{"epoch_step", "step", ledger::encode_epoch_step(step)},
          {"validators", "observer", ledger::encode_validators(true_validators())},
          {"finality_proof", "one", ledger::encode_finality_proof(finality)},
          {"manifest", "one", ledger::encode_manifest(manifest)},
          {"location", "location", ledger::encode_location(location)}};
}

std::vector<Seed> node_seeds() {
  const auto config = consensus::test::toy_chain(4);
  const Bytes frames =
      node::encode_frame(node::FrameKind{1}, "a message") + node::encode_frame(node::FrameKind{2}, "");
  return {
      {"frame", "two", "\x03" + frames},
      {"hello", "hello", node::encode_hello(node::hello_of(config, ledger::ReplicaId{2}))},
      {"epoch_proof", "two", node::encode_epoch_proof({epoch_step(), epoch_step()})},
      {"strict_json", "object", R"({"a":[1,-2,18446744073709551615,"\u00e9\n",true,null],"b":{"c":""}})"},
      {"http_target", "query", "/v1/tx/a-b_c.0?wait=1&for=10s&limit=7"},
      {"http_target", "path", "/v1/state/invoice/inv-1"},
      {"http_request", "get", "\x05GET /v1/tx HTTP/1.1\r\nHost: localhost:1\r\nX-Request-Id: r-1\r\n\r\n"},
      {"http_request", "post",
       "\x21POST /v1/tx HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
       "5\r\n\r\nhello"},
      {"http_request", "chunked",
       "\x07POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
      {"http_request", "last-chunk",
       "\x40POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {"http_request", "continue",
       "\x40PUT /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"},
      {"snapshot_message", "ask", node::encode(node::SnapshotMessage(node::AskSnapshot{}))},
      {"snapshot_message", "none", node::encode(node::SnapshotMessage(node::SnapshotOffer{}))},
      {"snapshot_message", "ask_chunk", node::encode(node::SnapshotMessage(node::AskChunk{ledger::Height{7}, 3}))},
      {"snapshot_message", "chunk", node::encode(node::SnapshotMessage(node::SnapshotChunk{ledger::Height{7}, 3, "bytes"}))},
      {"host_port", "name", "bank-a.example:7001"},
      {"host_port", "v6", "[::1]:80"},
      {"journal", "three", journal()},
      {"journal_header", "filler", filled_header()},
      {"journal_header", "header", node::encode_journal_header(journal_header())},
      {"journal_position", "position", node::encode_position({9, crypto::sha256("tip")})}};
}

std::vector<Seed> cli_seeds() {
  const auto answer_for = [](const std::string& id, const nlohmann::json& value) {
    const auto tree = ledger::StateTree().with(genesis_entities());
    nlohmann::json answer{{"type", "invoice"}, {"id", id}, {"value", value}};
    answer["headers"] = {
        to_base64(ledger::encode_header(ledger::genesis_header(chain_of_genesis_entities())))};
    answer["proof"] = to_base64(ledger::encode_state_proof(tree.prove("invoice/" + id)));
    if (!value.is_null()) answer["value_bytes"] = to_base64(*genesis_entities().at("invoice/" + id));
    return answer.dump();
  };
  return {{"state_answer", "present", answer_for("a", nlohmann::json::object())},
          {"state_answer", "absent", answer_for("z", nullptr)}};
}

}  // namespace aval::fuzz
