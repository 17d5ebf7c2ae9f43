#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "node/api_backend.h"
#include "node/http_message.h"

namespace aval::node {

/// Everything the API says (node/API.md), without sockets: requests in, responses out. For any thread;
/// `backend` must outlive it.
class Routes {
 public:
  explicit Routes(ApiBackend& backend) : backend_(backend) {}

  /// A submit whose answer is still to come.
  struct Waiting {
    std::optional<ledger::TxId> tx_id;  // not known for attestations: the gateway chooses it
  };
  /// Called exactly once for a Waiting, on any thread, perhaps before handle() returns.
  using Later = std::function<void(Result<TxState>)>;

  std::variant<HttpResponse, Waiting> handle(HttpRequest request, Later later) const;

  /// What a Waiting is answered with once its outcome is here.
  HttpResponse answer(const Waiting& waiting, const Result<TxState>& outcome) const;

  /// The longest body that any call takes.
  std::size_t body_bytes_max() const;

 private:
  std::variant<HttpResponse, Waiting> submit(HttpRequest request, std::string_view query, Later later) const;
  std::variant<HttpResponse, Waiting> submit_attestation(HttpRequest request, std::string_view query,
                                                         Later later) const;
  Result<Bytes> envelope_of(HttpRequest& request) const;
  std::size_t envelope_bytes_max() const { return backend_.view().chain->parameters.envelope_bytes_max; }

  ApiBackend& backend_;
};

}  // namespace aval::node
