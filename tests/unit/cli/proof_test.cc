#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cli/state_answer.h"
#include "crypto/keys.h"
#include "ledger/epoch_step.h"
#include "ledger/receipt.h"
#include "ledger/state_tree.h"

using namespace aval;
using namespace aval::cli;
using nlohmann::json;

namespace {

crypto::PrivateKey key_of(std::uint8_t number) {
  Bytes scalar(32, '\0');
  scalar.back() = static_cast<char>(number);
  return crypto::PrivateKey::from_scalar(scalar).value();
}

/// Four validators and a state of two entries, certified at height 2.
class Network {
 public:
  Network() {
    config.chain_id = crypto::sha256("chain");
    for (std::uint8_t i = 1; i <= 4; ++i) {
      ledger::Validator validator;
      validator.member = "bank-" + std::to_string(i);
      validator.vote_key = key_of(i).public_key();
      validator.tls_key = key_of(static_cast<std::uint8_t>(i + 10)).public_key();
      validator.address = "127.0.0.1:1";
      config.validators.validators.push_back(validator);
    }
    ledger::WriteSet writes;
    writes["cash/EUR-hafen"] = "value";
    writes["cash/EUR-nordlys"] = "other";
    tree = ledger::StateTree().with(writes);
    first = header(1, ledger::hash_of(ledger::genesis_header(config)));
    first.state_root = tree.root();
    second = header(2, ledger::hash_of(first));
  }

  ledger::Header header(std::uint64_t height, const crypto::Digest& parent) const {
    ledger::Header out;
    out.chain_id = config.chain_id;
    out.height = ledger::Height{height};
    out.parent = parent;
    out.time_ms = height;
    return out;
  }

  /// Signed by validators 0 to 2, of whom the first has key `first_key`.
  ledger::Certificate certificate(const ledger::Header& header, std::uint8_t first_key = 1) const {
    ledger::Certificate out;
    out.epoch = header.epoch;
    out.height = header.height;
    out.block_hash = ledger::hash_of(header);
    const ledger::Vote vote{config.chain_id, out.epoch, out.view, out.height, out.phase, out.block_hash};
    for (std::uint32_t i = 0; i < config.validators.quorum(); ++i) {
      const auto number = i == 0 ? first_key : static_cast<std::uint8_t>(i + 1);
      const auto signature = key_of(number).sign(ledger::signing_digest(vote));
      out.signatures.push_back({ledger::ReplicaId{i}, signature});
    }
    return out;
  }

  json answer(const std::string& id, const json& value, const Bytes& bytes) const {
    json out{{"type", "cash"}, {"id", id}, {"height", 1}, {"value", value}};
    out["value_bytes"] = to_base64(bytes);
    out["proof"] = to_base64(ledger::encode_state_proof(tree.prove("cash/" + id)));
    out["headers"] = {to_base64(ledger::encode_header(first)), to_base64(ledger::encode_header(second))};
    out["certificate"] = to_base64(ledger::encode_certificate(certificate(second)));
    out["epochs"] = json::array();
    return out;
  }

  /// The same state in the next epoch, in which the first validator votes with key 21.
  json answer_of_next_epoch() const {
    ledger::EpochStep step{first, {}, config.validators};
    step.next.epoch = ledger::Epoch{1};
    step.next.validators[0].vote_key = key_of(21).public_key();
    step.last.validators_hash = ledger::hash_of(step.next);
    step.certificate = certificate(step.last);
    ledger::Header above = header(2, ledger::hash_of(step.last));
    above.epoch = ledger::Epoch{1};
    above.state_root = tree.root();
    json out = answer("EUR-hafen", json::object(), "value");
    out["headers"] = {to_base64(ledger::encode_header(above))};
    out["certificate"] = to_base64(ledger::encode_certificate(certificate(above, 21)));
    out["epochs"] = {to_base64(ledger::encode_epoch_step(step))};
    return out;
  }

  ledger::ChainConfig config;
  ledger::StateTree tree;
  ledger::Header first;
  ledger::Header second;
};

std::string refusal(const json& answer, const Network& network) {
  const auto proved = verify_state_answer(answer, network.config);
  return proved ? "" : proved.error().message;
}

}  // namespace

TEST_CASE("a value is proved by its path, its headers and a quorum's signatures", "[cli]") {
  const Network network;
  const auto proved =
      verify_state_answer(network.answer("EUR-hafen", json::object(), "value"), network.config);
  REQUIRE(proved);
  CHECK(proved->value == "value");
  CHECK(proved->height == ledger::Height{1});
  CHECK(proved->signatures == 3);
}

TEST_CASE("a value of a later epoch is proved by the validators that those of the genesis named", "[cli]") {
  const Network network;
  const json answer = network.answer_of_next_epoch();
  CHECK(refusal(answer, network).empty());
  json without = answer;
  without["epochs"] = json::array();
  CHECK_FALSE(refusal(without, network).empty());
  without.erase("epochs");
  CHECK(refusal(without, network).find("epochs") != std::string::npos);
  json twice = answer;
  twice["epochs"].push_back(answer["epochs"][0]);
  CHECK_FALSE(refusal(twice, network).empty());
}

TEST_CASE("absence is proved as well", "[cli]") {
  const Network network;
  const auto proved = verify_state_answer(network.answer("EUR-nobody", nullptr, ""), network.config);
  REQUIRE(proved);
  CHECK_FALSE(proved->value.has_value());
}

TEST_CASE("a node that answers with another value, or denies one, is caught", "[cli]") {
  const Network network;
  CHECK(refusal(network.answer("EUR-hafen", json::object(), "more"), network).find("state root") !=
        std::string::npos);
  CHECK(refusal(network.answer("EUR-hafen", nullptr, ""), network).find("state root") != std::string::npos);
  CHECK_FALSE(refusal(network.answer("EUR-nobody", json::object(), "value"), network).empty());
  json moved = network.answer("EUR-hafen", json::object(), "value");
  moved["id"] = "EUR-nordlys";
  CHECK_FALSE(refusal(moved, network).empty());
}

TEST_CASE("CS-29 a proof without its certificate, or with one of another block, is refused", "[cli]") {
  const Network network;
  const json good = network.answer("EUR-hafen", json::object(), "value");
  json answer = good;
  answer["certificate"] = to_base64(ledger::encode_certificate(network.certificate(network.first)));
  CHECK(refusal(answer, network).find("another height") != std::string::npos);
  answer = good;
  answer.erase("certificate");
  CHECK_FALSE(refusal(answer, network).empty());
  answer = good;
  answer["headers"] = {good["headers"][0]};
  CHECK_FALSE(refusal(answer, network).empty());
  answer["headers"] = json::array();
  CHECK_FALSE(refusal(answer, network).empty());
}

TEST_CASE("headers that do not follow one another are refused", "[cli]") {
  Network network;
  network.second = network.header(2, crypto::sha256("elsewhere"));
  CHECK(refusal(network.answer("EUR-hafen", json::object(), "value"), network).find("below it") !=
        std::string::npos);
  network.second = network.header(3, ledger::hash_of(network.first));
  CHECK(refusal(network.answer("EUR-hafen", json::object(), "value"), network).find("skip") !=
        std::string::npos);
}

TEST_CASE("a proof of another chain is refused", "[cli]") {
  const Network network;
  Network other;
  other.config.chain_id = crypto::sha256("another chain");
  CHECK(refusal(network.answer("EUR-hafen", json::object(), "value"), other).find("another chain") !=
        std::string::npos);
}

TEST_CASE("the genesis state needs nobody's signature", "[cli]") {
  Network network;
  network.config.genesis_state_root = network.tree.root();
  network.first = ledger::genesis_header(network.config);
  json answer = network.answer("EUR-hafen", json::object(), "value");
  answer["headers"] = {to_base64(ledger::encode_header(network.first))};
  answer.erase("certificate");
  const auto proved = verify_state_answer(answer, network.config);
  REQUIRE(proved);
  CHECK(proved->signatures == 0);
}
