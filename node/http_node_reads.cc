#include <nlohmann/json.hpp>

#include "contracts/genesis.h"
#include "node/http_reads.h"
#include "node/json_view.h"

#ifndef AVAL_VERSION
#define AVAL_VERSION "unversioned"
#endif

namespace aval::node {
namespace {

constexpr unsigned protocol = 1;  // of the chain's formats and of consensus; see the tags in crypto/hash.h

}  // namespace

HttpResponse read_genesis(const ReadCall& call) {
  HttpResponse response;
  response.body = contracts::genesis_json(call.backend.genesis().document);
  return response;
}

HttpResponse read_status(const ReadCall& call) {
  return ok(status_view(call.backend.member(), *call.backend.view().chain, call.backend.status()));
}

/// Its seat's member is the same in every epoch.
HttpResponse read_evidence(const ReadCall& call) {
  const auto chain = call.backend.view().chain;
  Json items = Json::array();
  for (const ledger::Evidence& each : call.backend.evidence())
    items.push_back(evidence_view(each, chain->validators));
  Json opened = Json::array();
  for (const Bytes& each : call.backend.new_views()) opened.push_back(new_view_entry(each, chain->validators));
  return ok({{"evidence", std::move(items)}, {"new_views", std::move(opened)}});
}

HttpResponse read_version(const ReadCall&) { return ok({{"version", AVAL_VERSION}, {"protocol", protocol}}); }

HttpResponse read_liveness(const ReadCall&) { return ok({{"ok", true}}); }

HttpResponse read_readiness(const ReadCall& call) {
  const std::vector<std::string> reasons = call.backend.status().not_ready;
  if (reasons.empty()) return ok({{"ok", true}});
  HttpResponse response = ok({{"ok", false}, {"reasons", reasons}});
  response.status = 503;
  return response;
}

}  // namespace aval::node
