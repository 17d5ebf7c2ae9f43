#include <set>

#include <catch2/catch.hpp>

#include "contracts/keys.h"
#include "tests/unit/node/http_asked.h"

namespace aval::node::http_routes_test {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a path that no call has is not found", "[http]") {
  Api api;
  for (const char* target : {"/", "/v1", "/v2/tx", "/v1/tx/", "/v1/tx/a/b", "/v1/state", "/v1/state/a/b/c",
                             "/v1/status/x", "/v1/../v1/status", "/v1/%73tatus", "/metrics", "//v1/status",
                             "/V1/status", "/v1/state/unknown/x", "/v1/state/~tx/x", "/v1/state/unknown"}) {
    INFO(target);
    CHECK(is_problem(api.get(target), 404, "not_found"));
  }
}

TEST_CASE("a call has its methods and names them", "[http]") {
  Api api;
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"}) {
    HttpRequest request;
    request.method = method;
    request.target = "/v1/status";
    const HttpResponse response = api.call(request);
    CHECK(is_problem(response, 405, "method_not_allowed"));
    CHECK(response.allow == "GET, HEAD");
  }
  CHECK(api.get("/v1/tx").allow == "POST");
  CHECK(api.get("/v1/attestations").status == 405);
  HttpRequest head;
  head.method = "HEAD";
  head.target = "/livez";
  CHECK(api.call(head).status == 200);
}

TEST_CASE("a parameter that a call does not take is refused", "[http]") {
  Api api;
  for (const char* target :
       {"/v1/status?x=1", "/livez?wait=1s", "/v1/state/note/inv-1?proofs=1", "/v1/members?limit=1",
        "/v1/state/note/inv-1?proof=1&proof=1", "/v1/state/note?limit=0",
        "/v1/genesis?"
        "x"}) {
    INFO(target);
    CHECK(is_problem(api.get(target), 400, "malformed"));
  }
}

TEST_CASE("a committed transaction is answered with its result", "[http]") {
  Api api;
  const ledger::Envelope envelope = api.backend.envelope("a");
  std::chrono::milliseconds asked{};
  api.backend.on_submit = [&](const Bytes& bytes, std::chrono::milliseconds wait,
                              const ApiBackend::Answer& answer) {
    CHECK(bytes == envelope.bytes);
    asked = wait;
    answer(FakeBackend::committed(envelope));
  };
  const HttpResponse response = api.submit(envelope.bytes, "?wait=1500ms");
  CHECK(response.status == 200);
  CHECK(response.content_type == "application/json");
  CHECK(body_of(response)["tx_id"] == envelope.tx_id.hex());
  CHECK(body_of(response)["state"] == "committed");
  CHECK(asked == 1500ms);
  // The same bytes in JSON are the same submit.
  const HttpResponse in_json = api.post("/v1/tx?wait=10s", "application/json; charset=utf-8",
                                        R"({"envelope":")" + to_base64(envelope.bytes) + "\"}");
  CHECK(in_json.body == response.body);
  CHECK(asked == 10s);
}

TEST_CASE("a transaction under way is answered with 202 and its id", "[http]") {
  Api api;
  const ledger::Envelope envelope = api.backend.envelope("a");
  const HttpResponse response = api.submit(envelope.bytes);
  CHECK(response.status == 202);
  CHECK(response.body == R"({"tx_id":")" + envelope.tx_id.hex() + R"(","state":"pending"})");
}

TEST_CASE("a refused transaction is an answer, not an error", "[http]") {
  Api api;
  const ledger::Envelope envelope = api.backend.envelope("a");
  api.backend.on_submit = [&](const Bytes&, std::chrono::milliseconds, const ApiBackend::Answer& answer) {
    TxState state = FakeBackend::committed(envelope);
    state.kind = TxState::Kind::Rejected;
    state.receipt.status = 12;
    answer(state);
  };
  const HttpResponse response = api.submit(envelope.bytes);
  CHECK(response.status == 200);
  CHECK(body_of(response)["state"] == "rejected");
  CHECK(body_of(response)["code"] == "AVWS");
}

TEST_CASE("what the node refuses at once is a problem with a stable code", "[http]") {
  Api api;
  const auto refused_with = [&](Error::Code code) {
    api.backend.on_submit = [code](const Bytes&, std::chrono::milliseconds,
                                   const ApiBackend::Answer& answer) {
      answer(unexpected(code, "because /secret/path"));
    };
    return api.submit("x");
  };
  CHECK(is_problem(refused_with(Error::Code::Malformed), 400, "malformed"));
  CHECK(is_problem(refused_with(Error::Code::Refused), 403, "refused"));
  CHECK(is_problem(refused_with(Error::Code::Conflict), 409, "client_ref_reused"));
  CHECK(is_problem(refused_with(Error::Code::Expired), 410, "expired"));
  CHECK(is_problem(refused_with(Error::Code::Quota), 429, "quota"));
  CHECK(refused_with(Error::Code::Quota).retry_after_s == 1);
  CHECK(is_problem(refused_with(Error::Code::Unavailable), 503, "unavailable"));
  CHECK(refused_with(Error::Code::Unavailable).retry_after_s == 1);
  CHECK(body_of(refused_with(Error::Code::Unavailable))["retry"] == 1);
  CHECK(body_of(refused_with(Error::Code::Conflict))["retry"] == "never");
  // Failures inside are not described to clients.
  CHECK(is_problem(refused_with(Error::Code::Io), 503, "unavailable"));
  CHECK(refused_with(Error::Code::Io).body.find("secret") == std::string::npos);
}

TEST_CASE("a submit must be one of the two forms", "[http]") {
  Api api;
  CHECK(is_problem(api.post("/v1/tx", "", "x"), 415, "unsupported_media_type"));
  CHECK(is_problem(api.post("/v1/tx", "text/plain", "x"), 415, "unsupported_media_type"));
  CHECK(is_problem(api.post("/v1/tx", "application/jsonx", "{}"), 415, "unsupported_media_type"));
  for (const char* body :
       {"", "{}", "[]", "null", R"({"envelope":1})", R"({"envelope":"!"})", R"({"envelope":"YQ"})",
        R"({"envelope":"YQ==","x":1})", R"({"Envelope":"YQ=="})", R"("YQ==")"}) {
    INFO(body);
    CHECK(is_problem(api.post("/v1/tx", "application/json", body), 400, "malformed"));
  }
  CHECK(is_problem(api.submit("x", "?wait=61s"), 400, "malformed"));
  CHECK(is_problem(api.submit("x", "?wait=1.5s"), 400, "malformed"));
  CHECK(api.backend.submits == 0);
}

TEST_CASE("an envelope longer than the ledger allows is too large in either form", "[http][AP-03]") {
  Api api;
  const std::size_t most = api.backend.genesis().config.parameters.envelope_bytes_max;
  const auto in_json = [](const Bytes& bytes) { return R"({"envelope":")" + to_base64(bytes) + "\"}"; };
  CHECK(api.submit(Bytes(most, 'x')).status == 202);
  CHECK(is_problem(api.submit(Bytes(most + 1, 'x')), 413, "too_large"));
  CHECK(api.post("/v1/tx", "application/json", in_json(Bytes(most, 'x'))).status == 202);
  CHECK(in_json(Bytes(most, 'x')).size() <= api.routes.body_bytes_max());
  CHECK(api.post("/v1/tx", "application/json", in_json(Bytes(most + 1, 'x'))).status == 413);
}

TEST_CASE("hostile JSON is refused and nothing is submitted", "[http][AP-05][AP-06][AP-07]") {
  Api api;
  std::vector<std::string> bodies = {R"({"envelope":"YQ==","envelope":"Yg=="})",
                                     R"({"envelope":{"a":1,"a":2}})",
                                     R"({"envelope":"YQ==","n":1e2})",
                                     R"({"n":1.0})",
                                     R"({"n":-0})",
                                     R"({"n":18446744073709551616})",
                                     R"({"n":1.9})",
                                     R"({"n":NaN})",
                                     std::string(80'000, '['),
                                     "{\"envelope\":\"\xff\"}",
                                     "{\"envelope\":\"YQ==\"}\n\n{}",
                                     R"({"envelope":"YQ==\u0000"})"};
  std::string wide = "{";
  for (int i = 0; i < 8000; ++i) wide += "\"" + std::to_string(i) + "\":0,";
  bodies.push_back(wide + "\"envelope\":\"YQ==\"}");
  for (const std::string& body : bodies) {
    INFO(body.substr(0, 60));
    CHECK(is_problem(api.post("/v1/tx", "application/json", body), 400, "malformed"));
  }
  CHECK(api.backend.submits == 0);
}

TEST_CASE("an attestation is submitted as it came", "[http]") {
  Api api;
  CHECK(api.post("/v1/attestations?wait=1s", "application/cose", "cose").status == 202);
  CHECK(api.backend.submits == 1);
  CHECK(is_problem(api.post("/v1/attestations", "application/json", "{}"), 415, "unsupported_media_type"));
  CHECK(is_problem(api.post("/v1/attestations", "application/cose", Bytes(513, 'x')), 413, "too_large"));
}

TEST_CASE("a transaction can be asked for by its id", "[http]") {
  Api api;
  const std::string known = api.backend.first_tx.hex();
  CHECK(body_of(api.get("/v1/tx/" + known))["state"] == "committed");
  CHECK(body_of(api.get("/v1/tx/" + std::string(64, '0')))["state"] == "unknown");
  CHECK(is_problem(api.get("/v1/tx/abc"), 400, "malformed"));
  CHECK(is_problem(api.get("/v1/tx/" + std::string(64, 'g')), 400, "malformed"));
}

TEST_CASE("a receipt proves the result to whoever has the genesis", "[http]") {
  Api api;
  const auto& config = api.backend.genesis().config;
  const std::string target = "/v1/tx/" + api.backend.first_tx.hex() + "/receipt";
  const json body = body_of(api.get(target));
  CHECK(body["height"] == 1);
  CHECK(body["code"] == "OK");
  const Bytes bytes = *from_base64(body["proof"].get<std::string>());
  const auto proof = ledger::decode_receipt_proof(bytes);
  REQUIRE(proof);
  CHECK(verify_receipt_proof(*proof, config.chain_id, config.validators));
  const HttpResponse raw = api.get(target, "text/html;q=1, application/x-protobuf;q=0.5");
  CHECK(raw.content_type == "application/x-protobuf");
  CHECK(raw.body == bytes);
}

TEST_CASE("a receipt that does not exist says whether it may yet come", "[http]") {
  Api api;
  const auto tx_id = crypto::sha256("pending");
  api.backend.transactions[tx_id] = {TxState::Kind::Pending, {}, {}};
  const HttpResponse pending = api.get("/v1/tx/" + tx_id.hex() + "/receipt");
  CHECK(is_problem(pending, 404, "not_final"));
  CHECK(body_of(pending)["retry"] == 1);
  api.backend.transactions[tx_id] = {TxState::Kind::Expired, {}, {}};
  CHECK(is_problem(api.get("/v1/tx/" + tx_id.hex() + "/receipt"), 404, "not_found"));
  CHECK(is_problem(api.get("/v1/tx/" + std::string(64, '0') + "/receipt"), 404, "not_found"));
}

/// Follows the proof of a state object from its certificate down to the value.
bool proves(const FakeBackend& backend, const json& object, ByteView key) {
  const auto& config = backend.genesis().config;
  const auto header = ledger::decode_header(*from_base64(object["headers"][0].get<std::string>()));
  const auto certificate = ledger::decode_certificate(*from_base64(object["certificate"].get<std::string>()));
  const auto proof = ledger::decode_state_proof(*from_base64(object["proof"].get<std::string>()));
  if (!header || !certificate || !proof || object["headers"].size() != 1) return false;
  std::optional<Bytes> value;
  if (!object["value_bytes"].is_null()) value = *from_base64(object["value_bytes"].get<std::string>());
  return certificate->block_hash == hash_of(*header) && number(header->height) == object["height"] &&
         verify_certificate(*certificate, config.chain_id, config.validators) &&
         verify_state(header->state_root, key, value, *proof);
}

TEST_CASE("an entity comes with a proof when asked", "[http]") {
  Api api;
  const json plain = body_of(api.get("/v1/state/obligation/inv-1"));
  CHECK(plain["height"] == 1);
  CHECK(plain["value"]["outstanding"]["amount"] == "1234.56");
  CHECK_FALSE(plain.contains("proof"));
  const json proved = body_of(api.get("/v1/state/obligation/inv-1?proof=1"));
  CHECK(proved["value"] == plain["value"]);
  CHECK(proves(api.backend, proved, "obligation/inv-1"));
  CHECK_FALSE(proves(api.backend, proved, "obligation/inv-2"));
  const json again = body_of(api.get("/v1/state/note/inv-1?proof=1"));  // under the same head
  CHECK(proves(api.backend, again, "note/inv-1"));
  CHECK(proves(api.backend, body_of(api.get("/v1/state/programme/programme?proof=1")), "programme"));
}

TEST_CASE("absence is proved too", "[http]") {
  Api api;
  CHECK(is_problem(api.get("/v1/state/obligation/none"), 404, "not_found"));
  const json absent = body_of(api.get("/v1/state/obligation/none?proof=1"));
  CHECK(absent["value"].is_null());
  CHECK(absent["value_bytes"].is_null());
  CHECK(proves(api.backend, absent, "obligation/none"));
}

TEST_CASE("the register answers yes or no, with proof", "[http]") {
  Api api;
  const Bytes held(32, '\xAB');
  const json yes = body_of(api.get("/v1/registry/" + to_hex(held) + "?proof=1"));
  CHECK(yes["type"] == "register");
  CHECK(yes["value"]["invoice"] == "inv-1");
  CHECK(proves(api.backend, yes, contracts::register_key("x", held)));
  const HttpResponse no = api.get("/v1/registry/" + to_hex(held) + "?tier=n1&proof=1");
  CHECK(no.status == 200);
  CHECK(body_of(no)["id"] == "n1-" + to_hex(held));
  CHECK(proves(api.backend, body_of(no), contracts::register_key("n1", held)));
  CHECK(body_of(api.get("/v1/registry/" + std::string(64, '0')))["value"].is_null());
  CHECK(is_problem(api.get("/v1/registry/xyz"), 400, "malformed"));
  CHECK(is_problem(api.get("/v1/registry/" + to_hex(held) + "?tier=z"), 400, "malformed"));
}

TEST_CASE("no proof is given that could not be checked", "[http]") {
  Api api;
  auto uncertified = std::make_shared<FakeSnapshot>(*api.backend.snapshot);
  uncertified->headers.back().time_ms += 1;  // another head, for the cache of certificates
  uncertified->first->certificate.reset();
  api.backend.snapshot = uncertified;
  const HttpResponse response = api.get("/v1/state/obligation/inv-1?proof=1");
  CHECK(is_problem(response, 503, "unavailable"));
  CHECK(response.retry_after_s == 1);
  CHECK(api.get("/v1/state/obligation/inv-1").status == 200);
  api.backend.tree = ledger::StateTree();  // of another height than the ledger
  CHECK(is_problem(api.get("/v1/state/obligation/inv-1?proof=1"), 503, "unavailable"));
}

TEST_CASE("the genesis state needs no certificate", "[http]") {
  Api api;
  auto young = std::make_shared<FakeSnapshot>();
  young->state.apply(api.backend.genesis().state);
  young->headers = {api.backend.snapshot->headers.front()};
  api.backend.snapshot = young;
  api.backend.tree = ledger::StateTree::of(young->state);
  const json object = body_of(api.get("/v1/state/member/bank-a?proof=1"));
  CHECK(object["certificate"] == "");
  CHECK(object["height"] == 0);
  CHECK(api.get("/v1/blocks/0").status == 200);
}

TEST_CASE("pages put together are the whole, in key order", "[http][AP-15]") {
  Api api;
  std::vector<std::string> expected;
  api.backend.snapshot->scan("invoice/", [&](ByteView key, ByteView) {
    expected.emplace_back(key.substr(8));
    return true;
  });
  REQUIRE(expected.size() == 25);
  for (const std::size_t limit : {1U, 2U, 7U, 24U, 25U, 100U}) {
    std::vector<std::string> got;
    std::string after;
    do {
      const json page =
          body_of(api.get("/v1/state/invoice?limit=" + std::to_string(limit) + "&after=" + after));
      for (const json& item : page["items"]) got.push_back(item["id"]);
      CHECK(page["items"].size() <= limit);
      after = page["next"];
    } while (!after.empty());
    CHECK(got == expected);
  }
  // A cursor need not be an id that exists.
  const json behind = body_of(api.get("/v1/state/invoice?limit=1&after=inv-15x"));
  CHECK(behind["items"][0]["id"] == "inv-16");
  CHECK(body_of(api.get("/v1/state/invoice?after=z"))["items"].empty());
  CHECK(body_of(api.get("/v1/state/invoice?after=-"))["items"].size() == 25);
  CHECK(body_of(api.get("/v1/state/device"))["items"].empty());
  CHECK(body_of(api.get("/v1/state/programme"))["items"][0]["id"] == "programme");
}

TEST_CASE("blocks come as a view or as their canonical bytes", "[http]") {
  Api api;
  const json block = body_of(api.get("/v1/blocks/1"));
  CHECK(block["hash"] == hash_of(api.backend.snapshot->head()).hex());
  CHECK(block["transactions"][0]["tx_id"] == api.backend.first_tx.hex());
  CHECK(block["certificate"]["signers"].size() == 3);
  const HttpResponse raw = api.get("/v1/blocks/1", "application/x-protobuf");
  CHECK(raw.body == encode_certified_block(*api.backend.snapshot->first));
  CHECK(body_of(api.get("/v1/blocks/0"))["certificate"].is_null());
  CHECK(is_problem(api.get("/v1/blocks/0", "application/x-protobuf"), 404, "not_found"));
  CHECK(is_problem(api.get("/v1/blocks/2"), 404, "not_found"));
  for (const char* height : {"-1", "01", "1.0", "1e3", "x", "18446744073709551616"}) {
    CHECK(is_problem(api.get(std::string("/v1/blocks/") + height), 400, "malformed"));
  }
}

TEST_CASE("an answer never repeats what was sent", "[http][AP-16][AP-17]") {
  Api api;
  for (const char* target :
       {"/v1/tx/<script>", "/v1/blocks/secret", "/v1/state/secret/x", "/v1/status?secret=1"}) {
    const HttpResponse response = api.get(target);
    CHECK(response.body.find("secret") == std::string::npos);
    CHECK(response.body.find("script") == std::string::npos);
  }
}

}  // namespace
}  // namespace aval::node::http_routes_test
