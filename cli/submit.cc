#include "cli/submit.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/api.h"
#include "cli/output.h"
#include "crypto/random.h"
#include "ledger/canonical.h"

namespace aval::cli {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

/// An envelope that was not taken up after so many blocks is dead: long enough for a slow bank, short
/// enough that nothing lands on the ledger days later.
constexpr std::uint64_t validity_blocks = 5000;
constexpr auto first_wait = std::chrono::milliseconds(1800);
constexpr auto poll_interval = std::chrono::milliseconds(250);
constexpr auto progress_interval = std::chrono::seconds(3);

Result<std::uint64_t> height_of(const Session& session) {
  AVAL_ASSIGN(const json status, get_json(session, "/v1/status"));
  const auto height = status.find("height");
  if (height == status.end() || !height->is_number_unsigned()) {
    return unexpected(Error::Code::Unavailable, "the node's status has no \"height\"");
  }
  return height->get<std::uint64_t>();
}

Result<ledger::Body> body_of(const Session& session, const Submission& submission) {
  AVAL_ASSIGN(const auto genesis, session.genesis());
  AVAL_ASSIGN(const std::uint64_t height, height_of(session));
  const std::uint64_t window = genesis.config.parameters.validity_window_blocks;
  ledger::Body body;
  body.chain_id = genesis.config.chain_id;
  body.member = submission.member;
  body.client_ref = submission.client_ref.empty() ? to_hex(crypto::random_bytes(16)) : submission.client_ref;
  body.valid_until = ledger::Height{height + std::min(window, validity_blocks)};
  body.item_by_item = submission.item_by_item;
  for (const auto& command : submission.commands) body.commands.push_back(ledger::canonical(command));
  return body;
}

using OwnedSigners = std::vector<std::unique_ptr<crypto::Signer>>;

Result<OwnedSigners> signers_of(const Session& session, const Submission& submission) {
  AVAL_ASSIGN(OwnedSigners all, submission.governs ? session.governors(submission.member)
                                                  : session.signers(submission.member));
  for (const auto& member : submission.counterparts) {
    AVAL_ASSIGN(OwnedSigners more, session.signers(member));
    std::move(more.begin(), more.end(), std::back_inserter(all));
  }
  return all;
}

std::string wait_query(std::chrono::milliseconds wait) {
  return "?wait=" + std::to_string(std::max<long long>(wait.count(), 1)) + "ms";
}

/// Asks again until the transaction has ended or `deadline` is over; tells people what it waits for.
Result<Outcome> await_end(const Session& session, Outcome outcome, Clock::time_point start,
                          Clock::time_point deadline) {
  auto next_line = start + std::chrono::seconds(2);
  while (outcome.state == "pending" || outcome.state == "unknown") {
    const auto now = Clock::now();
    if (now >= deadline) break;
    if (now >= next_line) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - start).count();
      progress(session, "waiting for the network to agree on transaction " + outcome.tx_id + ", " +
                            std::to_string(seconds) + " s so far");
      next_line = now + progress_interval;
    }
    std::this_thread::sleep_for(poll_interval);
    auto found = find_transaction(session, outcome.tx_id);
    // The nodes may be away for a while; the transaction was taken and may still be committed.
    if (!found && found.error().code == Error::Code::Unavailable) continue;
    if (!found) return unexpected(found.error());
    if (found->tx_id.empty()) found->tx_id = outcome.tx_id;
    outcome = *std::move(found);
  }
  return outcome;
}

/// Only one node may be the devices' gateway; the others say so, and the next is asked.
Result<json> without_gateway_is_unavailable(Result<json> answer, const std::string& url) {
  const bool no_gateway = !answer && answer.error().code == Error::Code::Refused &&
                          answer.error().message.find("no gateway key") != std::string::npos;
  if (!no_gateway) return answer;
  return unexpected(Error::Code::Unavailable, url + ": " + answer.error().message);
}

Result<Outcome> post_and_wait(const Session& session, const std::string& target,
                              const std::string& content_type, ByteView bytes,
                              std::chrono::milliseconds wait) {
  const auto start = Clock::now();
  const auto at_once = std::min(wait, first_wait);
  AVAL_ASSIGN(const json answer, ask_nodes(session, [&](node::HttpClient& client) -> Result<json> {
                AVAL_ASSIGN(const auto http, client.post(target + wait_query(at_once), bytes, content_type));
                return without_gateway_is_unavailable(json_of(http), client.url());
              }));
  AVAL_ASSIGN(Outcome outcome, outcome_of(answer));
  return await_end(session, std::move(outcome), start, start + wait);
}

}  // namespace

Result<ledger::Envelope> prepare(const Session& session, const Submission& submission) {
  AVAL_ASSIGN(const OwnedSigners owned, signers_of(session, submission));
  AVAL_ASSIGN(const ledger::Body body, body_of(session, submission));
  std::vector<crypto::Signer*> signers;
  for (const auto& signer : owned) signers.push_back(signer.get());
  return ledger::sign_envelope(body, signers);
}

Result<Outcome> submit(const Session& session, const Submission& submission, std::chrono::milliseconds wait) {
  AVAL_ASSIGN(const auto envelope, prepare(session, submission));
  auto outcome = submit_bytes(session, envelope.bytes, wait);
  if (outcome || outcome.error().code != Error::Code::Unavailable) return outcome;
  return unexpected(Error::Code::Unavailable,
                    outcome.error().message + "; a node may have taken transaction " + envelope.tx_id.hex() +
                        " all the same: aval tx status tells, once one answers");
}

Result<Outcome> submit_bytes(const Session& session, ByteView envelope, std::chrono::milliseconds wait) {
  return post_and_wait(session, "/v1/tx", "application/x-protobuf", envelope, wait);
}

Result<Outcome> submit_attestation(const Session& session, ByteView cose_sign1,
                                   std::chrono::milliseconds wait) {
  return post_and_wait(session, "/v1/attestations", "application/cose", cose_sign1, wait);
}

Result<Outcome> find_transaction(const Session& session, const std::string& tx_id) {
  AVAL_ASSIGN(const json answer, get_json(session, "/v1/tx/" + path_segment(tx_id)));
  return outcome_of(answer);
}

}  // namespace aval::cli
