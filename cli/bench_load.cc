#include "cli/bench_load.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/submit.h"
#include "crypto/random.h"
#include "ledger/canonical.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

namespace pb = contracts::pb;

/// What a transfer's reference and a client reference can still take beside what makes them unique.
constexpr std::size_t transfer_padding_max = 124;
constexpr std::size_t client_ref_padding_max = 30;

/// A sender of the load: its key and its place in the round.
struct Sender {
  std::string member;
  std::string to;
  std::unique_ptr<crypto::Signer> signer;
};

Result<void> fund(const Session& session, const std::vector<Sender>& senders, std::uint64_t minor) {
  Submission submission;
  submission.member = senders.front().member;
  for (const auto& sender : senders) {
    auto* issue = submission.commands.emplace_back().mutable_issue_cash();
    issue->set_to(sender.member);
    issue->mutable_amount()->set_currency("EUR");
    issue->mutable_amount()->set_minor(static_cast<std::int64_t>(minor));
    issue->set_reference("bench-" + to_hex(crypto::random_bytes(8)));
  }
  AVAL_ASSIGN(const Outcome outcome, submit(session, submission));
  if (outcome.state != "committed") {
    return unexpected(Error::Code::Refused, "funding the senders was " + outcome.state + ": " + outcome.reason);
  }
  return {};
}

/// A height that the load will not reach and that the ledger still accepts.
Result<ledger::Height> far_height(const Session& session, const contracts::GenesisState& genesis) {
  AVAL_ASSIGN(auto client, session.client());
  AVAL_ASSIGN(const auto answer, client.get("/v1/status"));
  AVAL_ASSIGN(const nlohmann::json status, node::parse_strict_json(answer.body));
  const std::uint64_t window = genesis.config.parameters.validity_window_blocks;
  return ledger::Height{status.value("height", std::uint64_t{0}) + window / 2};
}

Bytes transfer(const Sender& sender, std::uint64_t serial, std::size_t padding) {
  pb::Command command;
  auto* move = command.mutable_transfer_cash();
  move->set_to(sender.to);
  move->mutable_amount()->set_currency("EUR");
  move->mutable_amount()->set_minor(1);
  move->set_reference(fmt::format("{:016x}", serial) + Bytes(padding, 'x'));
  return ledger::canonical(command);
}

Result<std::vector<Sender>> senders_of(const Session& session, const contracts::GenesisState& genesis) {
  std::vector<Sender> senders;
  const auto& validators = genesis.config.validators.validators;
  for (std::size_t i = 0; i < validators.size(); ++i) {
    AVAL_ASSIGN(auto signers, session.signers(validators[i].member));
    senders.push_back({validators[i].member, validators[(i + 1) % validators.size()].member,
                       std::move(signers.front())});
  }
  return senders;
}

}  // namespace

Result<std::vector<Bytes>> sign_load(const Session& session, std::uint64_t count, std::size_t envelope_bytes) {
  AVAL_ASSIGN(const auto genesis, session.genesis());
  AVAL_ASSIGN(const auto senders, senders_of(session, genesis));
  AVAL_TRY(fund(session, senders, count + 1));
  AVAL_ASSIGN(const ledger::Height valid_until, far_height(session, genesis));
  const std::string run = to_hex(crypto::random_bytes(8));
  std::vector<Bytes> envelopes;
  std::size_t padding = 0;
  std::size_t reference_padding = 0;
  for (std::uint64_t serial = 0; serial < count; ++serial) {
    const Sender& sender = senders[serial % senders.size()];
    ledger::Body body;
    body.chain_id = genesis.config.chain_id;
    body.member = sender.member;
    body.client_ref = fmt::format("{}-{:x}", run, serial);
    body.client_ref.append(reference_padding, 'x');
    body.valid_until = valid_until;
    body.commands = {transfer(sender, serial, padding)};
    AVAL_ASSIGN(auto envelope, ledger::sign_envelope(body, {sender.signer.get()}));
    if (serial == 0 && envelope.bytes.size() < envelope_bytes) {
      padding = std::min(envelope_bytes - envelope.bytes.size(), transfer_padding_max);
      reference_padding = std::min(envelope_bytes - envelope.bytes.size() - padding, client_ref_padding_max);
    }
    envelopes.push_back(std::move(envelope.bytes));
  }
  return envelopes;
}

}  // namespace aval::cli
