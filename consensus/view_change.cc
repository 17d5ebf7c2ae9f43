#include "consensus/view_change.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include "consensus/limits.h"
#include "consensus/verified.h"
#include "crypto/base/mutant.h"
#include "ledger/chain.h"

namespace aval::consensus {
namespace {

using ledger::ChainConfig;
using ledger::SignatureCheck;

unexpected bad_view_change(const char* why) {
  return unexpected(Error::Code::Refused, std::string("view change: ") + why);
}
unexpected bad_new_view(const char* why) {
  return unexpected(Error::Code::Refused, std::string("new view: ") + why);
}

Result<void> check_final(const ViewChange& message, const ChainConfig& config, SignatureCheck check) {
  const Header& header = message.final_header;
  if (header.chain_id != config.chain_id) return bad_view_change("its final block is of another chain");
  const Header base = ledger::base_header(config);
  if (header.height < base.height) return bad_view_change("its final block is of an earlier epoch");
  if (header.height == base.height && header != base) return bad_view_change("the epoch stands on another block");
  if (!message.final_certificate) {
    if (header.height == base.height) return {};
    return bad_view_change("its final block has no certificate");
  }
  const Certificate& certificate = *message.final_certificate;
  if (certificate.phase != Phase::Commit) return bad_view_change("its final certificate is not a commit certificate");
  if (certificate.view >= message.view) return bad_view_change("its final certificate is of a view not left yet");
  if (certificate.height < header.height) return bad_view_change("its final certificate is below its final block");
  if (certificate.height == header.height && certificate.block_hash != ledger::hash_of(header))
    return bad_view_change("its final certificate is of another block");
  return ledger::verify_certificate(certificate, config.chain_id, config.validators, check);
}

Result<void> check_headers(const ViewChange& message, const ChainConfig& config) {
  const Certificate& prepared = *message.prepared;
  const std::size_t headers_max = std::size_t{window_factor} * config.parameters.pipeline_window;
  if (message.headers.empty()) return bad_view_change("no headers up to its prepared block");
  if (message.headers.size() > headers_max) return bad_view_change("more headers than two windows");
  const Header* parent = &message.final_header;
  for (const Header& header : message.headers) {
    AVAL_TRY(ledger::follows(*parent, header, config));
    if (header.origin_view > prepared.view) return bad_view_change("a header of a view after its certificate");
    parent = &header;
  }
  if (parent->height != prepared.height) return bad_view_change("its headers do not end at its prepared block");
  if (ledger::hash_of(*parent) != prepared.block_hash && !mutated("prepared-block-of-other-headers"))
    return bad_view_change("its prepared block is another one");
  return {};
}

Result<void> check_prepared(const ViewChange& message, const ChainConfig& config, SignatureCheck check) {
  if (!message.prepared) {
    if (message.headers.empty()) return {};
    return bad_view_change("headers without a prepared block");
  }
  const Certificate& prepared = *message.prepared;
  if (prepared.phase != Phase::Prepare) return bad_view_change("its prepare certificate is of another phase");
  if (prepared.view >= message.view) return bad_view_change("its prepare certificate is of a view not left yet");
  AVAL_TRY(check_headers(message, config));
  return ledger::verify_certificate(prepared, config.chain_id, config.validators, check);
}

auto rank(const Tip& tip) { return std::tuple(tip.view, tip.height); }

bool shows(const ViewChange& message, const Tip& tip) {
  const auto matches = [&](const std::optional<Certificate>& certificate) {
    return certificate && rank(*certificate) == rank(tip) && certificate->block_hash == tip.hash;
  };
  return matches(message.prepared) || matches(message.final_certificate);
}

bool shows_final(const ViewChange& message, const Tip& tip) {
  return message.final_certificate && message.final_certificate->height == tip.height &&
         message.final_certificate->block_hash == tip.hash;
}

/// The higher of two certificates is the one of the later view; in one view, of the later height.
bool outranks(const Certificate& certificate, const Tip& tip) {
  if (mutated("certificates-ranked-by-height")) return certificate.height > tip.height;
  if (mutated("lowest-certificate-is-the-tip") && number(tip.view) > 0) return rank(certificate) < rank(tip);
  return rank(certificate) > rank(tip);
}

void raise(Tip& tip, const std::optional<Certificate>& certificate) {
  if (!certificate || !outranks(*certificate, tip)) return;
  tip.view = certificate->view;
  tip.height = certificate->height;
  tip.hash = certificate->block_hash;
}

std::vector<BlockHash> hashes_of(const std::vector<Header>& headers) {
  std::vector<BlockHash> hashes;
  for (const Header& header : headers) hashes.push_back(ledger::hash_of(header));
  return hashes;
}

}  // namespace

ReplicaId primary_of(View view, const ledger::ValidatorSet& set) {
  std::uint64_t before = number(view) % set.size();
  ReplicaId turn{};
  while (!set.contains(turn) || before-- > 0) turn = next(turn);
  return turn;
}

Result<void> validate(const ViewChange& message, const ChainConfig& config, SignatureCheck check) {
  if (message.epoch != config.validators.epoch) return bad_view_change("of another epoch");
  if (number(message.view) == 0) return bad_view_change("nobody changes to view 0");
  if (!config.validators.contains(message.from)) return bad_view_change("its sender is not in the validator set");
  const auto& key = config.validators.validators[number(message.from)].vote_key;
  if (!check(key, signing_digest(config.chain_id, message), message.signature))
    return bad_view_change("its signature does not verify");
  AVAL_TRY(check_final(message, config, check));
  return check_prepared(message, config, check);
}

Result<void> validate(const NewView& message, const ChainConfig& config, SignatureCheck check) {
  if (message.epoch != config.validators.epoch) return bad_new_view("of another epoch");
  if (number(message.view) == 0) return bad_new_view("view 0 needs none");
  if (message.from != primary_of(message.view, config.validators))
    return bad_new_view("not by its primary");
  if (message.view_changes.size() != config.validators.quorum())
    return bad_new_view("it does not quote exactly a quorum of view changes");
  const auto& key = config.validators.validators[number(message.from)].vote_key;
  if (!check(key, signing_digest(config.chain_id, message), message.signature))
    return bad_new_view("its signature does not verify");
  const ViewChange* before = nullptr;
  for (const ViewChange& entry : message.view_changes) {
    if (entry.view != message.view) return bad_new_view("it quotes a change to another view");
    if (before != nullptr && before->from >= entry.from && !mutated("new-view-quotes-a-sender-twice"))
      return bad_new_view("its senders are not distinct and ascending");
    AVAL_TRY(validate(entry, config, check));
    before = &entry;
  }
  return {};
}

Tip tip_of(const std::vector<ViewChange>& view_changes, const Header& base) {
  Tip tip;
  tip.height = base.height;
  tip.hash = ledger::hash_of(base);
  for (const ViewChange& message : view_changes) {
    raise(tip, message.prepared);
    raise(tip, message.final_certificate);
  }
  tip.is_final = tip.height == base.height;
  for (const ViewChange& message : view_changes) {
    if (shows_final(message, tip)) tip.is_final = true;
    if (shows(message, tip)) tip.holders.push_back(message.from);
  }
  if (tip.is_final) return tip;
  // Of several lists of headers the longest reaches furthest down; each is bound to the tip's hash.
  const std::vector<Header>* longest = nullptr;
  for (const ViewChange& message : view_changes) {
    if (!shows(message, tip)) continue;
    if (longest == nullptr || message.headers.size() > longest->size()) longest = &message.headers;
  }
  AVAL_CHECK(longest != nullptr);
  tip.chain = hashes_of(*longest);
  return tip;
}

const Certificate* highest_final(const std::vector<ViewChange>& view_changes) {
  const Certificate* highest = nullptr;
  for (const ViewChange& message : view_changes) {
    if (!message.final_certificate) continue;
    if (highest == nullptr || message.final_certificate->height > highest->height)
      highest = &*message.final_certificate;
  }
  return highest;
}

View reached_by_more_than(std::size_t n, std::vector<View> views) {
  if (views.size() <= n) return View{0};
  std::sort(views.begin(), views.end(), std::greater<>());
  return views[n];
}

}  // namespace aval::consensus
