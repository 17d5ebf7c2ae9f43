#pragma once

#include <span>

#include "node/api_backend.h"
#include "node/http_message.h"
#include "node/http_query.h"
#include "node/json_view.h"

namespace aval::node {

/// One read call: its path below /v1 is matched, its query not yet taken.
struct ReadCall {
  const ApiBackend& backend;
  std::span<const std::string_view> names;  // what stood in place of each {} of the pattern
  Query& query;
  bool wants_protobuf = false;  // Accept names application/x-protobuf
};
using ReadHandler = HttpResponse (*)(const ReadCall&);

/// The handler of a path, and the names in it; nothing when no read lives there.
struct ReadRoute {
  ReadHandler handler = nullptr;
  std::vector<std::string_view> names;
};
ReadRoute find_read(std::span<const std::string_view> segments);

/// 200 with this JSON.
HttpResponse ok(const Json& json);

// The handlers, by the file that holds them.
HttpResponse read_transaction(const ReadCall& call);  // http_ledger_reads.cc
HttpResponse read_receipt(const ReadCall& call);
HttpResponse read_block(const ReadCall& call);
HttpResponse read_entity(const ReadCall& call);  // http_state_reads.cc
HttpResponse read_entities(const ReadCall& call);
HttpResponse read_registry(const ReadCall& call);
HttpResponse read_members(const ReadCall& call);
HttpResponse read_genesis(const ReadCall& call);  // http_node_reads.cc
HttpResponse read_status(const ReadCall& call);
HttpResponse read_evidence(const ReadCall& call);
HttpResponse read_version(const ReadCall& call);
HttpResponse read_liveness(const ReadCall& call);
HttpResponse read_readiness(const ReadCall& call);

}  // namespace aval::node
