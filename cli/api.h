#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>

#include "cli/session.h"
#include "cli/submit.h"

namespace aval::cli {

/// The JSON of an answer with status 200 or 202. A problem document becomes an Error whose message
/// starts with its stable code; codes 429 and 5xx become Unavailable, since another node may do.
Result<nlohmann::json> json_of(const node::HttpAnswer& answer);

/// Calls `ask` with a client for one endpoint after the other, until one gives something else than
/// Unavailable.
using Ask = std::function<Result<nlohmann::json>(node::HttpClient&)>;
Result<nlohmann::json> ask_nodes(const Session& session, const Ask& ask);

/// GET of JSON from the first node that answers.
Result<nlohmann::json> get_json(const Session& session, const std::string& target);

/// Reads a transaction object of the API.
Result<Outcome> outcome_of(const nlohmann::json& transaction);

/// A path segment with everything but unreserved characters escaped (RFC 3986).
std::string path_segment(std::string_view text);

}  // namespace aval::cli
