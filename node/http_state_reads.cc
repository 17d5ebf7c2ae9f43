#include <algorithm>

#include <nlohmann/json.hpp>

#include "contracts/keys.h"
#include "ledger/epoch_step.h"
#include "node/http_reads.h"
#include "node/json_view.h"
#include "node/problem.h"

namespace aval::node {
namespace {

constexpr std::size_t members_max = 1000;
/// Every character an id in the state is made of, by byte.
constexpr std::string_view id_characters =
    "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";

struct EntityName {
  std::string_view type;
  std::string_view id;
};

HttpResponse no_such_type() { return problem(Problem::NotFound, "the state has no entities of this type"); }

/// How the genesis set led to the one that certified the head.
Json epoch_steps(const ledger::LedgerSnapshot& ledger, ledger::Epoch epoch) {
  Json steps = Json::array();
  for (const ledger::EpochStep& step : ledger.epoch_steps(ledger::Epoch{}, epoch)) steps.push_back(to_base64(encode_epoch_step(step)));
  return steps;
}

/// What makes a head final, as the answer shows it.
struct HeadProof {
  ledger::Header head;
  std::string certificate;  // empty for the genesis, which needs none
  Json epochs;
};

/// Of a snapshot's head, kept for the next proof under the same head: reading it means reading the whole
/// block. Null while the head waits for a certificate.
const HeadProof* head_proof(const ledger::LedgerSnapshot& ledger, const ledger::Header& head) {
  thread_local std::optional<HeadProof> kept;
  if (kept && kept->head == head) return &*kept;
  std::string certificate;
  if (number(head.height) > 0) {
    const auto block = ledger.block(head.height);
    if (!block || !block->certificate) return nullptr;
    certificate = to_base64(encode_certificate(*block->certificate));
  }
  kept = HeadProof{head, std::move(certificate), epoch_steps(ledger, head.epoch)};
  return &*kept;
}

/// Adds the five fields of proof=1; false while this head cannot be proved.
bool add_proof(Json& object, const LedgerView& view, const ledger::Header& head, ByteView key,
               const std::optional<Bytes>& value) {
  if (view.tree.root() != head.state_root) return false;
  const HeadProof* proof = head_proof(*view.ledger, head);
  if (proof == nullptr) return false;
  object["value_bytes"] = value ? Json(to_base64(*value)) : Json(nullptr);
  object["proof"] = to_base64(encode_state_proof(view.tree.prove(key)));
  object["headers"] = Json::array({to_base64(encode_header(head))});
  object["certificate"] = proof->certificate;
  object["epochs"] = proof->epochs;
  return true;
}

/// The answer about one entity. With a proof, absence is an answer too.
HttpResponse state_object(const LedgerView& view, EntityName name, bool with_proof, bool null_when_absent) {
  const ledger::Header head = view.ledger->head();
  const Bytes key = entity_key(name.type, name.id);
  const auto value = view.ledger->get(key);
  if (!value && !with_proof && !null_when_absent) {
    return problem(Problem::NotFound, "there is no such entity; proof=1 proves it");
  }
  Json object = {{"type", name.type}, {"id", name.id}, {"height", number(head.height)}, {"value", nullptr}};
  if (value) {
    auto shown = entity_view(name.type, name.id, *value, *view.ledger);
    if (!shown) return problem_of(shown.error());
    object["value"] = std::move(*shown);
  }
  if (with_proof && !add_proof(object, view, head, key, value)) {
    return problem(Problem::Unavailable, "the newest block has no certificate yet");
  }
  return ok(object);
}

using Visit = std::function<bool(ByteView, ByteView)>;

/// Visits what starts with `prefix` and stands behind `last`, in key order, without passing over what
/// stands before it: first what `last` itself begins, then at each of its characters, from the end,
/// what goes on with a higher one.
void scan_after(const ledger::StateReader& state, std::size_t prefix_bytes, const Bytes& last,
                const Visit& visit) {
  bool going = true;
  const Visit step = [&](ByteView key, ByteView value) {
    if (key != last) going = visit(key, value);
    return going;
  };
  state.scan(last, step);
  Bytes at = last;
  while (going && at.size() > prefix_bytes) {
    const char used = at.back();
    at.pop_back();
    for (const char higher : id_characters) {
      if (going && higher > used) state.scan(at + higher, step);
    }
  }
}

}  // namespace

HttpResponse read_entity(const ReadCall& call) {
  const EntityName name{call.names[0], call.names[1]};
  if (!is_entity_type(name.type)) return no_such_type();
  const auto proof = call.query.flag("proof");
  if (!proof) return problem_of(proof.error());
  return state_object(call.backend.view(), name, *proof, false);
}

HttpResponse read_registry(const ReadCall& call) {
  const auto fingerprint = crypto::Digest::from_hex(call.names[0]);
  if (!fingerprint) return problem(Problem::Malformed, "a fingerprint is 64 hexadecimal digits");
  const auto proof = call.query.flag("proof");
  if (!proof) return problem_of(proof.error());
  std::string_view tier = call.query.text("tier");
  if (tier.empty()) tier = "x";
  if (tier != "x" && tier != "n1" && tier != "p")
    return problem(Problem::Malformed, "tier: must be x, n1 or p");
  const Bytes key = contracts::register_key(tier, fingerprint->view());
  const std::string_view id = std::string_view(key).substr(key.find('/') + 1);
  return state_object(call.backend.view(), {"register", id}, *proof, true);
}

HttpResponse read_entities(const ReadCall& call) {
  const std::string_view type = call.names[0];
  if (!is_entity_type(type)) return no_such_type();
  const auto limit = call.query.limit("limit");
  if (!limit) return problem_of(limit.error());
  const Bytes after(call.query.text("after"));

  const LedgerView view = call.backend.view();
  const auto height = number(view.ledger->head().height);
  Json items = Json::array();
  std::string last;
  std::string next;
  std::optional<Error> failed;
  const Visit visit = [&](ByteView key, ByteView value) {
    if (items.size() == *limit) {
      next = last;
      return false;
    }
    const std::string_view id = key == contracts::programme_key() ? key : key.substr(type.size() + 1);
    auto shown = entity_view(type, id, value, *view.ledger);
    if (!shown) {
      failed = shown.error();
      return false;
    }
    last = id;
    items.push_back({{"type", type}, {"id", id}, {"height", height}, {"value", std::move(*shown)}});
    return true;
  };
  // The programme is one entity without an id of its own.
  const Bytes prefix = type == contracts::programme_key() ? contracts::programme_key() : Bytes(type) + "/";
  if (after.empty()) {
    view.ledger->scan(prefix, visit);
  } else {
    scan_after(*view.ledger, prefix.size(), entity_key(type, after), visit);
  }
  if (failed) return problem_of(*failed);
  return ok({{"items", std::move(items)}, {"next", next}});
}

HttpResponse read_members(const ReadCall& call) {
  const LedgerView view = call.backend.view();
  const Bytes prefix = contracts::member_key("");
  Json members = Json::array();
  std::optional<Error> failed;
  view.ledger->scan(prefix, [&](ByteView key, ByteView value) {
    auto shown = entity_view("member", key.substr(prefix.size()), value, *view.ledger);
    if (!shown) {
      failed = shown.error();
      return false;
    }
    members.push_back(std::move(*shown));
    return members.size() < members_max;
  });
  if (failed) return problem_of(*failed);
  return ok({{"members", std::move(members)}});
}

}  // namespace aval::node
