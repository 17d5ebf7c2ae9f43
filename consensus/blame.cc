#include "consensus/blame.h"

#include <algorithm>
#include <tuple>

#include "consensus/view_change.h"
#include "consensus/wire.h"
#include "crypto/base/mutant.h"
#include "ledger/chain.h"

namespace aval::consensus {
namespace {

using ledger::ChainConfig;
using ledger::SignatureCheck;

unexpected bad_history(std::string why) { return unexpected(Error::Code::Refused, "blame: " + std::move(why)); }

std::string in_view(View view) { return " in view " + std::to_string(number(view)); }
std::string at_height(Height height) { return " at height " + std::to_string(number(height)); }

std::optional<Height> first_difference(const History& a, const History& b) {
  const auto [in_a, in_b] =
      std::mismatch(a.headers.begin(), a.headers.end(), b.headers.begin(), b.headers.end());
  if (in_a == a.headers.end() || in_b == b.headers.end()) return std::nullopt;
  return in_a->height;
}

/// Null where the history has none.
const Header* header_at(const History& history, Height height) {
  if (history.headers.empty() || height < history.headers.front().height) return nullptr;
  const std::uint64_t index = number(height) - number(history.headers.front().height);
  return index < history.headers.size() ? &history.headers[index] : nullptr;
}

Result<void> check_chain(const History& history, const ChainConfig& config) {
  Header parent = ledger::base_header(config);
  for (const Header& header : history.headers) {
    AVAL_TRY(ledger::follows(parent, header, config));
    parent = header;
  }
  return {};
}

Result<void> check_certificates(const History& history, const ChainConfig& config, SignatureCheck check) {
  for (const Certificate& certificate : history.certificates) {
    const Header* header = header_at(history, certificate.height);
    if (certificate.phase != Phase::Commit || header == nullptr ||
        ledger::hash_of(*header) != certificate.block_hash)
      return bad_history("a certificate" + at_height(certificate.height) + " is not of the history it stands in");
    AVAL_TRY(ledger::verify_certificate(certificate, config.chain_id, config.validators, check));
  }
  return {};
}

bool is_certified_from(const History& history, Height height) {
  return std::any_of(history.certificates.begin(), history.certificates.end(),
                     [&](const Certificate& certificate) { return certificate.height >= height; });
}

/// Collects what was signed and names whoever contradicts himself.
class Court {
 public:
  explicit Court(Verdict& verdict) : verdict_(verdict) {}

  void hear(const Certificate& certificate) {
    for (const auto& vote : certificate.signatures) {
      const Place place{vote.validator, certificate.view, certificate.height, certificate.phase};
      const auto [known, is_new] = votes_.emplace(place, certificate.block_hash);
      if (is_new || known->second == certificate.block_hash) continue;
      const bool is_commit = certificate.phase == Phase::Commit;
      name(vote.validator, std::string(is_commit ? "committed" : "prepared") + " two blocks" +
                               at_height(certificate.height) + in_view(certificate.view));
    }
  }

  void hear(const NewView& message) {
    const auto [known, is_new] = new_views_.emplace(message.view, signed_bytes(message));
    if (!is_new && known->second != signed_bytes(message))
      name(message.from, "opened view " + std::to_string(number(message.view)) + " twice");
    for (const ViewChange& entry : message.view_changes) {
      if (entry.prepared) hear(*entry.prepared);
      if (entry.final_certificate) hear(*entry.final_certificate);
    }
  }

  void name(ReplicaId validator, std::string why) { verdict_.culprits[validator].insert(std::move(why)); }

 private:
  using Place = std::tuple<ReplicaId, View, Height, Phase>;
  Verdict& verdict_;
  std::map<Place, BlockHash> votes_;
  std::map<View, Bytes> new_views_;
};

/// Whoever cast that commit holds a prepare certificate at its rank or above until its final block
/// reaches that height, or is of another chain; its view changes say so.
bool hides(const ViewChange& message, const Certificate& committed, const History& history) {
  if (message.view <= committed.view) return false;
  if (message.prepared && rank(*message.prepared) >= rank(committed)) return false;
  const Header& final = message.final_header;
  if (final.height >= committed.height && !mutated("names-who-has-caught-up")) return false;
  const Header* own = header_at(history, final.height);
  return own == nullptr || *own == final;  // none: the block that the epoch stands on
}

void name_who_hid(Court& court, const ViewChange& message, const History& history) {
  for (const Certificate& committed : history.certificates) {
    if (!hides(message, committed, history)) continue;
    const auto& votes = committed.signatures;
    if (std::none_of(votes.begin(), votes.end(),
                     [&](const auto& vote) { return vote.validator == message.from; }))
      continue;
    court.name(message.from, "committed a block" + at_height(committed.height) + in_view(committed.view) +
                                 " and hid it in the change to view " + std::to_string(number(message.view)));
  }
}

}  // namespace

Result<Verdict> blame(const ChainConfig& config, const History& a, const History& b,
                      const std::vector<ledger::Evidence>& evidence, const std::vector<NewView>& transcript,
                      SignatureCheck check) {
  Verdict verdict;
  Court court(verdict);
  verdict.fork = first_difference(a, b);
  for (const History* history : {&a, &b}) {
    AVAL_TRY(check_chain(*history, config));
    AVAL_TRY(check_certificates(*history, config, check));
    if (verdict.fork && !is_certified_from(*history, *verdict.fork))
      return bad_history("a history has no certificate at or above the fork" + at_height(*verdict.fork));
    for (const Certificate& certificate : history->certificates) court.hear(certificate);
  }
  for (const ledger::Evidence& entry : evidence) {
    AVAL_TRY(ledger::verify_evidence(entry, config.chain_id, config.validators, check));
    court.name(entry.validator, "signed two " + std::string(ledger::name_of(entry.statement)) + "s" +
                                    at_height(entry.height) + in_view(entry.view));
  }
  for (const NewView& message : transcript) {
    AVAL_TRY(validate(message, config, check));
    court.hear(message);
    for (const ViewChange& entry : message.view_changes) {
      for (const History* history : {&a, &b}) name_who_hid(court, entry, *history);
    }
  }
  return verdict;
}

}  // namespace aval::consensus
