#include "node/json_view.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "contracts/keys.h"
#include "node/strict_json.h"
#include "tests/unit/node/http_fake_backend.h"

namespace aval::node::json_view_test {
namespace {

Json entity(const FakeBackend& backend, std::string_view type, std::string_view id) {
  const auto value = backend.snapshot->get(entity_key(type, id));
  REQUIRE(value);
  auto view = entity_view(type, id, *value, *backend.snapshot);
  REQUIRE(view);
  return *view;
}

TEST_CASE("amounts are decimal strings with their currency", "[json_view]") {
  CHECK(text_of(money_view(123456, "EUR")) == R"({"currency":"EUR","amount":"1234.56"})");
  CHECK(text_of(money_view(5, "EUR")) == R"({"currency":"EUR","amount":"0.05"})");
  CHECK(text_of(money_view(-700, "JPY")) == R"({"currency":"JPY","amount":"-700"})");
  CHECK(text_of(money_view(1234, "KWD")) == R"({"currency":"KWD","amount":"1.234"})");
  CHECK(text_of(money_view(9'223'372'036'854'775'807, "???")) == R"({"minor":9223372036854775807})");
}

TEST_CASE("an obligation shows its amounts, its day and its status by name", "[json_view]") {
  const FakeBackend backend;
  const Json view = entity(backend, "obligation", "inv-1");
  CHECK(view["outstanding"].dump() == R"({"currency":"EUR","amount":"1234.56"})");
  CHECK(view["paid"]["amount"] == "0.00");
  CHECK(view["due_date"] == "2026-01-20");
  CHECK(view["status"] == "OBLIGATION_UNCONDITIONAL");
  CHECK(view["condition"].is_null());
  CHECK(view["terms_hash"] == std::string(64, '1'));
}

TEST_CASE("a note borrows the currency of its obligation, cash that of its id", "[json_view]") {
  const FakeBackend backend;
  CHECK(entity(backend, "note", "inv-1")["amount"].dump() == R"({"currency":"EUR","amount":"1234.56"})");
  CHECK(entity(backend, "cash", "EUR-bank-a")["balance"].dump() == R"({"currency":"EUR","amount":"-0.07"})");
}

TEST_CASE("an invoice shows its document as people know it", "[json_view]") {
  const FakeBackend backend;
  const Json view = entity(backend, "invoice", "inv-3");
  CHECK(view["document"]["number"] == "RE-7/ü");
  CHECK(view["document"]["payable"].dump() == R"({"currency":"JPY","amount":"5000"})");
  CHECK(view["document"]["issue_date"] == "2026-01-01");
  CHECK(view["document"]["document_digest"].get<std::string>().substr(0, 4) == "2222");
  CHECK(view["document"]["fingerprint_x"] == "");
  CHECK(view["presented_height"] == 1);
}

TEST_CASE("a member shows its keys in hexadecimal and its roles by name", "[json_view]") {
  const FakeBackend backend;
  const Json view = entity(backend, "member", "bank-a");
  CHECK(view["roles"].dump() == R"(["ROLE_FINANCIER"])");
  CHECK(view["keys"][0]["public_key"].get<std::string>().size() == 66);
  CHECK(view["keys"][0]["role"] == "KEY_MAKER");
  CHECK(view["dual_control"] == false);
}

TEST_CASE("every type of the state has a view", "[json_view]") {
  const FakeBackend backend;
  for (const char* type : {"member", "device", "programme", "invoice", "obligation", "note", "financing",
                           "shipment", "register", "cash", "issued", "proposal"}) {
    INFO(type);
    REQUIRE(is_entity_type(type));
    CHECK(entity_view(type, "EUR-x", "", *backend.snapshot));
    CHECK_FALSE(entity_view(type, "x", "\xff\xff", *backend.snapshot));
  }
  CHECK_FALSE(is_entity_type("~tx"));
  CHECK_FALSE(is_entity_type(""));
  CHECK(entity_key("programme", "programme") == contracts::programme_key());
}

TEST_CASE("the validators and parameters of the chain have a view", "[json_view]") {
  const FakeBackend backend;
  const auto& state = backend.snapshot->state;
  REQUIRE(is_entity_type("chain"));
  const auto validators = entity_view("chain", "validators", *state.get("chain/validators"), state).value();
  CHECK(validators["epoch"] == 0);
  CHECK(validators["quorum"] == 3);
  CHECK(validators["seats"].size() == 4);
  CHECK(validators["seats"][0]["standing"] == "voter");
  const auto parameters = entity_view("chain", "parameters", *state.get("chain/parameters"), state).value();
  CHECK(parameters["pipeline_window"] == backend.genesis().config.parameters.pipeline_window);
  CHECK_FALSE(entity_view("chain", "validators", "\xff", state));
  CHECK_FALSE(entity_view("chain", "parameters", "\xff", state));
}

TEST_CASE("a text that is not UTF-8 cannot break an answer", "[json_view][AP-08]") {
  contracts::pb::Invoice invoice;
  invoice.mutable_document()->set_number("a\xff\"b");
  const FakeBackend backend;
  const auto view = entity_view("invoice", "i", invoice.SerializeAsString(), *backend.snapshot);
  REQUIRE(view);
  CHECK(parse_strict_json(text_of(*view)));
}

TEST_CASE("strings are escaped as JSON asks", "[json_view][AP-20]") {
  std::string out;
  append_json_string(out,
                     "a\"b\\c\n\x1b[0m\x7f"
                     "é");
  CHECK(out == R"("a\"b\\c\u000a\u001b[0m\u007fé")");
  const auto parsed = parse_strict_json(out);
  REQUIRE(parsed);
  CHECK(parsed->get<std::string>() ==
        "a\"b\\c\n\x1b[0m\x7f"
        "é");
}

TEST_CASE("the transaction object tells where a transaction stands", "[json_view]") {
  FakeBackend backend;
  const std::string id = backend.first_tx.hex();
  CHECK(
      transaction_view(backend.first_tx, backend.transactions[backend.first_tx]) ==
      R"({"tx_id":")" + id +
          R"(","state":"committed","height":1,"status":0,"code":"OK","reason":"applied",)"
          R"("results":[{"status":0,"code":"OK","events":[{"type":"invoice.accepted","subject":"inv-\"1\""}]}]})");
  CHECK(transaction_view(backend.first_tx, {TxState::Kind::Pending, {}, {}}) ==
        R"({"tx_id":")" + id + R"(","state":"pending"})");
  CHECK(transaction_view({}, {TxState::Kind::Expired, ledger::Height{9}, {}}) ==
        R"({"state":"expired","height":9})");
  TxState rejected;
  rejected.kind = TxState::Kind::Rejected;
  rejected.receipt.status = 31;
  const auto parsed = parse_strict_json(transaction_view(backend.first_tx, rejected));
  REQUIRE(parsed);
  CHECK((*parsed)["code"] == "DFIN");
  CHECK((*parsed)["results"].empty());
}

TEST_CASE("header and block views name every digest", "[json_view]") {
  const FakeBackend backend;
  const ledger::Header header = backend.snapshot->head();
  const Json view = block_view(header, backend.snapshot->first_receipts);
  CHECK(view["hash"] == hash_of(header).hex());
  CHECK(view["header"]["state_root"] == header.state_root.hex());
  CHECK(view["header"].size() == 13);
  CHECK(view["transactions"][0]["tx_id"] == backend.first_tx.hex());
  const auto& set = backend.genesis().config.validators;
  CHECK(certificate_view(*backend.snapshot->first->certificate, set).dump() ==
        R"({"height":1,"view":0,"signers":["bank-a","bank-b","bank-c"]})");
}

}  // namespace
}  // namespace aval::node::json_view_test
