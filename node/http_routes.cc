#include "node/http_routes.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "contracts/cose.h"
#include "node/http_query.h"
#include "node/http_reads.h"
#include "node/json_view.h"
#include "node/problem.h"
#include "node/strict_json.h"

namespace aval::node {
namespace {

ApiBackend::ClientQueue queue_of(const HttpRequest& request) {
  return request.is_after_refusal ? ApiBackend::ClientQueue::Refused : ApiBackend::ClientQueue::Ordinary;
}

constexpr std::string_view json_type = "application/json";
constexpr std::string_view cose_type = "application/cose";

constexpr std::size_t base64_bytes(std::size_t bytes) { return (bytes + 2) / 3 * 4; }
constexpr std::size_t json_frame_bytes = 256;  // around the base64: braces, key and some white space

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// The media type before its parameters.
std::string_view media_type(std::string_view field) { return trimmed(field.substr(0, field.find(';'))); }

bool accepts_protobuf(std::string_view accept) {
  while (!accept.empty()) {
    const std::size_t comma = accept.find(',');
    if (media_type(accept.substr(0, comma)) == protobuf_type) return true;
    if (comma == std::string_view::npos) return false;
    accept.remove_prefix(comma + 1);
  }
  return false;
}

/// The id of the transaction in a canonical Envelope, whose first field is the body: tag 1, length,
/// bytes. Nothing when it does not start like one; then the node refuses it anyway.
std::optional<ledger::TxId> tx_id_of(ByteView envelope) {
  if (!envelope.starts_with('\x0a')) return std::nullopt;
  envelope.remove_prefix(1);
  std::size_t length = 0;
  for (unsigned shift = 0; shift <= 21; shift += 7) {
    if (envelope.empty()) return std::nullopt;
    const auto byte = static_cast<unsigned char>(envelope.front());
    envelope.remove_prefix(1);
    length |= std::size_t{byte & 0x7FU} << shift;
    if ((byte & 0x80U) != 0) continue;
    if (length > envelope.size()) return std::nullopt;
    return crypto::tagged(crypto::Tag::Tx, envelope.substr(0, length));
  }
  return std::nullopt;
}

Result<std::chrono::milliseconds> wait_of(std::string_view query_text) {
  AVAL_ASSIGN(Query query, Query::parse(query_text));
  AVAL_ASSIGN(const auto wait, query.wait("wait"));
  AVAL_TRY(query.finish());
  return wait;
}

HttpResponse method_not_allowed(const char* allow) {
  HttpResponse response = problem(Problem::MethodNotAllowed, "this call has another method; see Allow");
  response.allow = allow;
  return response;
}

HttpResponse not_found() { return problem(Problem::NotFound, "no call lives at this path"); }

HttpResponse read(const ReadCall& call, ReadHandler handler) {
  HttpResponse response = handler(call);
  // A handler takes the parameters it knows; what is left is a mistake of the caller.
  if (const auto finished = call.query.finish(); !finished) return problem_of(finished.error());
  return response;
}

}  // namespace

std::size_t Routes::body_bytes_max() const { return base64_bytes(envelope_bytes_max()) + json_frame_bytes; }

std::variant<HttpResponse, Routes::Waiting> Routes::handle(HttpRequest request, Later later) const {
  const std::string target = std::move(request.target);
  const std::string_view text = target;
  const std::size_t mark = text.find('?');
  const std::string_view path = text.substr(0, mark);
  const std::string_view query_text = mark == std::string_view::npos ? "" : text.substr(mark + 1);

  const bool is_submit = path == "/v1/tx";
  if (is_submit || path == "/v1/attestations") {
    if (request.method != "POST") return method_not_allowed("POST");
    return is_submit ? submit(std::move(request), query_text, std::move(later))
                     : submit_attestation(std::move(request), query_text, std::move(later));
  }
  const auto segments = split_path(path);
  if (!segments) return not_found();
  const ReadRoute route = find_read(*segments);
  if (route.handler == nullptr) return not_found();
  if (request.method != "GET" && request.method != "HEAD") return method_not_allowed("GET, HEAD");
  auto query = Query::parse(query_text);
  if (!query) return problem_of(query.error());
  return read({backend_, route.names, *query, accepts_protobuf(request.accept)}, route.handler);
}

Result<Bytes> Routes::envelope_of(HttpRequest& request) const {
  if (media_type(request.content_type) == protobuf_type) return std::move(request.body);
  JsonLimits limits;
  limits.string_bytes_max = base64_bytes(envelope_bytes_max());
  AVAL_ASSIGN(const auto json, parse_strict_json(request.body, limits));
  const bool is_sound =
      json.is_object() && json.size() == 1 && json.contains("envelope") && json["envelope"].is_string();
  if (!is_sound) return unexpected(Error::Code::Malformed, R"(body: must be {"envelope":"<base64>"})");
  return from_base64(json["envelope"].get_ref<const std::string&>());
}

std::variant<HttpResponse, Routes::Waiting> Routes::submit(HttpRequest request, std::string_view query,
                                                           Later later) const {
  const auto wait = wait_of(query);
  if (!wait) return problem_of(wait.error());
  const std::string_view type = media_type(request.content_type);
  if (type != protobuf_type && type != json_type) {
    return problem(Problem::UnsupportedMediaType, "send application/x-protobuf or application/json");
  }
  auto envelope = envelope_of(request);
  if (!envelope) return problem_of(envelope.error());
  if (envelope->size() > envelope_bytes_max()) {
    return problem(Problem::TooLarge, "the envelope is longer than the ledger's parameters allow");
  }
  const Waiting waiting{tx_id_of(*envelope)};
  backend_.submit(std::move(*envelope), queue_of(request), *wait, std::move(later));
  return waiting;
}

std::variant<HttpResponse, Routes::Waiting> Routes::submit_attestation(HttpRequest request,
                                                                       std::string_view query,
                                                                       Later later) const {
  const auto wait = wait_of(query);
  if (!wait) return problem_of(wait.error());
  if (media_type(request.content_type) != cose_type) {
    return problem(Problem::UnsupportedMediaType, "send application/cose");
  }
  if (request.body.size() > contracts::cose_sign1_bytes_max) {
    return problem(Problem::TooLarge, "an attestation has at most 512 bytes");
  }
  backend_.submit_attestation(std::move(request.body), queue_of(request), *wait, std::move(later));
  return Waiting{};
}

HttpResponse Routes::answer(const Waiting& waiting, const Result<TxState>& outcome) const {
  if (!outcome) return problem_of(outcome.error());
  // The receipt names the transaction; an answer without one is about the bytes that were sent.
  const bool named = !outcome->receipt.tx_id.is_zero();
  const bool is_open = outcome->kind == TxState::Kind::Pending || outcome->kind == TxState::Kind::Unknown;
  HttpResponse response;
  response.status = is_open ? 202 : 200;
  response.body = transaction_view(named ? outcome->receipt.tx_id : waiting.tx_id, *outcome);
  return response;
}

}  // namespace aval::node
