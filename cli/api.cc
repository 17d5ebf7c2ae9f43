#include "cli/api.h"

#include <nlohmann/json.hpp>

#include "cli/output.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

using nlohmann::json;

/// A node that hangs is given up for the next one; what was sent to both is one transaction.
constexpr auto request_timeout = std::chrono::seconds(6);

/// Answers carry base64 of proofs and headers in one string.
node::JsonLimits answer_limits() {
  node::JsonLimits limits;
  limits.string_bytes_max = 16U << 20U;
  return limits;
}

Error::Code code_of_status(unsigned status) {
  if (status == 404) return Error::Code::NotFound;
  if (status == 409) return Error::Code::Conflict;
  if (status == 429 || status >= 500) return Error::Code::Unavailable;
  return Error::Code::Refused;
}

std::string text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::uint64_t number_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

unexpected error_of(const node::HttpAnswer& answer) {
  const auto problem = node::parse_strict_json(answer.body, answer_limits());
  const auto code = code_of_status(answer.status);
  if (!problem || !problem->is_object()) {
    return unexpected(code, "the node answered with HTTP status " + std::to_string(answer.status));
  }
  std::string detail = text_at(*problem, "detail");
  if (detail.empty()) detail = text_at(*problem, "title");
  const std::string stable = text_at(*problem, "code");
  // Codes of the ledger are upper case; the API's own words say no more than the HTTP status does.
  const bool of_ledger = !stable.empty() && stable.front() >= 'A' && stable.front() <= 'Z';
  return unexpected(code, of_ledger ? stable + ": " + detail : detail);
}

}  // namespace

Result<json> json_of(const node::HttpAnswer& answer) {
  if (answer.status != 200 && answer.status != 202) return error_of(answer);
  auto object = node::parse_strict_json(answer.body, answer_limits());
  if (!object)
    return unexpected(Error::Code::Unavailable, "the node's answer is not JSON: " + object.error().message);
  if (!object->is_object())
    return unexpected(Error::Code::Unavailable, "the node's answer is not a JSON object");
  return object;
}

Result<json> ask_nodes(const Session& session, const Ask& ask) {
  AVAL_ASSIGN(const auto urls, session.endpoints());
  std::string causes;
  for (const auto& url : urls) {
    auto client = node::HttpClient::open(url, request_timeout);
    if (!client) return unexpected(client.error());
    auto answer = ask(*client);
    if (answer || answer.error().code != Error::Code::Unavailable) return answer;
    causes += (causes.empty() ? "" : "; ") + answer.error().message;
    if (urls.size() > 1) progress(session, answer.error().message + "; asking the next node");
  }
  return unexpected(Error::Code::Unavailable, causes);
}

Result<json> get_json(const Session& session, const std::string& target) {
  return ask_nodes(session, [&](node::HttpClient& client) -> Result<json> {
    AVAL_ASSIGN(const auto answer, client.get(target));
    return json_of(answer);
  });
}

Result<Outcome> outcome_of(const json& transaction) {
  Outcome outcome;
  outcome.tx_id = text_at(transaction, "tx_id");
  outcome.state = text_at(transaction, "state");
  outcome.height = number_at(transaction, "height");
  outcome.status = static_cast<std::uint32_t>(number_at(transaction, "status"));
  outcome.code = text_at(transaction, "code");
  outcome.reason = text_at(transaction, "reason");
  if (outcome.state.empty())
    return unexpected(Error::Code::Unavailable, "the node's answer has no \"state\"");
  return outcome;
}

std::string path_segment(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  std::string out;
  for (const char c : text) {
    if (unreserved.find(c) != std::string_view::npos) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4U];
    out += digits[byte & 0xFU];
  }
  return out;
}

}  // namespace aval::cli
