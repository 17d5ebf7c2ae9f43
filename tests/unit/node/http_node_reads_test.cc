#include <catch2/catch.hpp>

#include "consensus/wire.h"
#include "tests/unit/node/http_asked.h"

namespace aval::node::http_node_reads_test {
namespace {

TEST_CASE("the node tells who and how it is", "[http]") {
  Api api;
  const json status = body_of(api.get("/v1/status"));
  CHECK(status["member"] == "bank-a");
  CHECK(status["height"] == 1);
  CHECK(status["peers"][0]["member"] == "bank-b");
  CHECK(status["rss_bytes"] > 0);
  const std::set<std::string> promised = {"member",
                                          "chain_id",
                                          "epoch",
                                          "first_height",
                                          "view",
                                          "height",
                                          "head_hash",
                                          "state_root",
                                          "durable_height",
                                          "is_primary",
                                          "in_view_change",
                                          "in_flight",
                                          "pending_batches",
                                          "pending_envelopes",
                                          "waiting_for",
                                          "fsyncs",
                                          "scrubs",
                                          "transactions",
                                          "rss_bytes",
                                          "cpu_us",
                                          "peers",
                                          "ready",
                                          "not_ready"};
  std::set<std::string> names;
  for (const auto& [name, value] : status.items()) names.insert(name);
  CHECK(names == promised);
  CHECK(body_of(api.get("/v1/version"))["protocol"] == 1);
  CHECK(body_of(api.get("/v1/genesis"))["name"] == "test");
  const json members = body_of(api.get("/v1/members"))["members"];
  CHECK(members.size() == 4);
  CHECK(members[0]["id"] == "bank-a");
  CHECK(members[0]["name"] == "Bank bank-a");
}

TEST_CASE("evidence comes with its bytes and with the name of whose key signed it", "[http]") {
  Api api;
  CHECK(api.get("/v1/evidence").body == R"({"evidence":[],"new_views":[]})");
  ledger::Evidence evidence;
  evidence.validator = ledger::ReplicaId{2};
  evidence.statement = ledger::Statement::Commit;
  evidence.view = ledger::View{3};
  evidence.height = ledger::Height{9};
  evidence.first.hash = crypto::sha256("one");
  evidence.second.hash = crypto::sha256("two");
  evidence = in_order(evidence);
  ledger::Evidence of_nobody = evidence;
  of_nobody.validator = ledger::ReplicaId{4};
  api.backend.kept_evidence = {evidence, of_nobody};
  const json items = body_of(api.get("/v1/evidence"))["evidence"];
  REQUIRE(items.size() == 2);
  CHECK(items[0] == json{{"validator", 2},
                         {"member", "bank-c"},
                         {"statement", "commit"},
                         {"epoch", 0},
                         {"view", 3},
                         {"height", 9},
                         {"blocks", json::array({evidence.first.hash.hex(), evidence.second.hash.hex()})},
                         {"bytes", to_base64(encode_evidence(evidence))}});
  CHECK(items[1]["member"].is_null());
}

TEST_CASE("a new view comes with its bytes and with the name of whose key opened it", "[http]") {
  Api api;
  consensus::NewView message;
  message.epoch = ledger::Epoch{2};
  message.view = ledger::View{7};
  message.from = ledger::ReplicaId{3};
  const Bytes of_member = encode(consensus::Message(message));
  message.from = ledger::ReplicaId{9};
  const Bytes of_nobody = encode(consensus::Message(message));
  api.backend.kept_new_views = {of_member, of_nobody};
  const json items = body_of(api.get("/v1/evidence"))["new_views"];
  REQUIRE(items.size() == 2);
  CHECK(items[0] ==
        json{{"validator", 3}, {"member", "bank-d"}, {"epoch", 2}, {"view", 7}, {"bytes", to_base64(of_member)}});
  CHECK(items[1]["member"].is_null());
}

TEST_CASE("readiness lists every reason against it", "[http]") {
  Api api;
  CHECK(api.get("/livez").body == R"({"ok":true})");
  CHECK(api.get("/readyz").body == R"({"ok":true})");
  api.backend.node_status.not_ready = {"catching up", "disk \"full\""};
  const HttpResponse response = api.get("/readyz");
  CHECK(response.status == 503);
  CHECK(response.body == R"({"ok":false,"reasons":["catching up","disk \"full\""]})");
  CHECK(api.get("/livez").status == 200);
}

}  // namespace
}  // namespace aval::node::http_node_reads_test
