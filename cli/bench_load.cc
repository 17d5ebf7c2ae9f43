#include "cli/bench_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/submit.h"
#include "cli/text.h"
#include "contracts/calendar.h"
#include "contracts/member.h"
#include "crypto/random.h"
#include "ledger/canonical.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

namespace pb = contracts::pb;

/// The longest texts that the ledger takes.
constexpr std::size_t number_bytes_max = 64;
constexpr std::size_t reference_bytes_max = 140;
constexpr std::size_t client_ref_bytes_max = 64;

/// A sender of the load: its keys and its place in the round.
struct Sender {
  std::string member;
  std::string to;
  std::vector<std::unique_ptr<crypto::Signer>> signers;  // maker, and checker under dual control
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

/// Makes texts longer until `left` bytes are used up.
class Filler {
 public:
  explicit Filler(std::size_t left) : left_(left) {}
  std::string fill(std::string text, std::size_t bytes_max) {
    const std::size_t more = std::min(left_, bytes_max - text.size());
    left_ -= more;
    return text.append(more, 'x');
  }

 private:
  std::size_t left_;
};

pb::Command transfer(const Sender& sender, const std::string& name, Filler& filler) {
  pb::Command command;
  auto* move = command.mutable_transfer_cash();
  move->set_to(sender.to);
  move->mutable_amount()->set_currency("EUR");
  move->mutable_amount()->set_minor(1);
  move->set_reference(filler.fill(name, reference_bytes_max));
  return command;
}

pb::Command invoice(const Sender& sender, const std::string& name, contracts::Day issued, Filler& filler) {
  const auto digest = [&](const char* of) {
    return Bytes(crypto::tagged(crypto::Tag::Document, name + of).view());
  };
  pb::Command command;
  auto* submit = command.mutable_submit_invoice();
  submit->set_id(filler.fill(name, id_bytes_max));
  submit->set_seller(sender.member);
  submit->set_buyer(sender.to);
  submit->set_number(filler.fill(name, number_bytes_max));
  submit->set_issue_date(issued);
  submit->set_due_date(issued + 90);
  submit->mutable_payable()->set_currency("EUR");
  submit->mutable_payable()->set_minor(1'000'00);
  submit->set_type_code(380);
  submit->set_document_digest(digest("document"));
  submit->set_fingerprint_x(digest("x"));
  submit->set_fingerprint_n1(digest("n1"));
  submit->set_fingerprint_p(digest("p"));
  return command;
}

bool sends(const pb::Member& member, LoadKind kind) {
  const auto role = kind == LoadKind::Invoice ? pb::ROLE_TRADER : pb::ROLE_CASH_BANK;
  return contracts::has_role(member, role);
}

Result<std::vector<Sender>> senders_of(const Session& session, const pb::Genesis& genesis, LoadKind kind) {
  std::vector<Sender> senders;
  for (const auto& member : genesis.members()) {
    if (!sends(member, kind)) continue;
    AVAL_ASSIGN(auto signers, session.signers(member.id()));
    senders.push_back({member.id(), {}, std::move(signers)});
  }
  if (senders.size() < 2) return unexpected(Error::Code::Refused, "the network has fewer than two senders for this load");
  for (std::size_t i = 0; i < senders.size(); ++i) senders[i].to = senders[(i + 1) % senders.size()].member;
  return senders;
}

}  // namespace

Result<std::vector<Bytes>> sign_load(const Session& session, LoadKind kind, std::uint64_t count,
                                     std::size_t envelope_bytes) {
  AVAL_ASSIGN(const auto genesis, session.genesis());
  AVAL_ASSIGN(const auto senders, senders_of(session, genesis.document, kind));
  if (kind == LoadKind::Transfer) AVAL_TRY(fund(session, senders, count + 1));
  AVAL_ASSIGN(const ledger::Height valid_until, far_height(session, genesis));
  const contracts::Day issued = contracts::day_of(genesis.config.genesis_time_ms);
  const std::string run = to_hex(crypto::random_bytes(6));
  std::vector<Bytes> envelopes;
  std::size_t to_fill = 0;
  for (std::uint64_t serial = 0; serial < count; ++serial) {
    const Sender& sender = senders[serial % senders.size()];
    const std::string name = fmt::format("{}-{:012x}", run, serial);
    Filler filler(to_fill);
    const pb::Command command =
        kind == LoadKind::Invoice ? invoice(sender, name, issued, filler) : transfer(sender, name, filler);
    ledger::Body body;
    body.chain_id = genesis.config.chain_id;
    body.member = sender.member;
    body.client_ref = filler.fill(name, client_ref_bytes_max);
    body.valid_until = valid_until;
    body.commands = {ledger::canonical(command)};
    std::vector<crypto::Signer*> signers;
    for (const auto& signer : sender.signers) signers.push_back(signer.get());
    AVAL_ASSIGN(auto envelope, ledger::sign_envelope(body, signers));
    if (serial == 0 && envelope.bytes.size() < envelope_bytes) to_fill = envelope_bytes - envelope.bytes.size();
    envelopes.push_back(std::move(envelope.bytes));
  }
  return envelopes;
}

}  // namespace aval::cli
