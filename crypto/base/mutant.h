#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace aval {

/// Faults that a test build (AVAL_MUTANTS) can switch on, each where its name stands in the code. One at
/// a time is on, so that tests/mutants/run.py can prove that the unit tests of that room see it.
inline constexpr auto mutants = std::to_array<std::string_view>({
    "absence-shown-by-any-leaf",
    "account-below-zero",
    "append-not-forced",
    "approval-counted-twice",
    "approval-of-a-seat-without-vote",
    "attestation-replayed",
    "auditor-holds-cash",
    "batch-left-out-of-the-journal",
    "batch-numbers-restart",
    "batches-as-the-primary-likes",
    "block-of-any-length",
    "block-time-of-any-day",
    "block-time-stands-still",
    "canonical-form-unchecked",
    "certificate-by-a-seat-without-vote",
    "certificate-counts-a-voter-twice",
    "certificate-left-out-of-the-journal",
    "certificates-ranked-by-height",
    "certificates-without-end",
    "certified-fork-unnoticed",
    "contradiction-kept-quiet",
    "damaged-links-unseen",
    "disbursed-twice",
    "document-registered-twice",
    "early-messages-forgotten",
    "epoch-goes-on-after-its-end",
    "evidence-of-equal-statements",
    "evidence-of-one-vote-twice",
    "failed-append-retried",
    "final-block-taken-twice",
    "follows-any-higher-view",
    "fresh-journal-without-votes",
    "heights-restart-with-an-epoch",
    "high-s-accepted",
    "later-vote-replaces-the-first",
    "leaves-on-f-plus-1-wishes",
    "lowest-certificate-is-the-tip",
    "maker-is-checker",
    "merkle-leaf-like-a-node",
    "merkle-odd-leaf-doubled",
    "merkle-path-too-long",
    "names-who-has-caught-up",
    "new-view-quotes-a-sender-twice",
    "note-financed-twice",
    "observer-votes",
    "payment-drops-the-remainder",
    "payment-reference-used-twice",
    "peer-fills-the-pool",
    "prepared-block-of-other-headers",
    "prepares-before-execution",
    "prepares-out-of-order",
    "proofs-without-end",
    "proposes-after-the-end-of-its-epoch",
    "quorum-of-2f-plus-1",
    "receipt-root-unchecked",
    "revoked-key-signs",
    "rolled-back-commands-leave-writes",
    "slow-primary-kept",
    "snapshot-chunk-unchecked",
    "snapshot-root-unchecked",
    "split-drops-the-remainder",
    "state-cache-not-updated",
    "state-tree-unsorted",
    "stored-receipts-unread",
    "tag-runs-into-the-bytes",
    "timeout-never-doubles",
    "timeout-never-resets",
    "tip-not-carried-over",
    "transaction-executed-twice",
    "two-epochs-begin-in-a-block",
    "view-change-said-once",
    "vote-without-chain-id",
    "votes-after-the-end-of-its-epoch",
    "votes-in-a-view-left",
    "window-begins-at-the-final-block",
    "window-without-end",
    "wish-not-repeated",
});

/// One of `mutants`. Another name does not compile.
class Mutant {
 public:
  consteval Mutant(const char* name)
      : index_(static_cast<std::size_t>(std::find(mutants.begin(), mutants.end(), std::string_view(name)) -
                                        mutants.begin())) {
    if (index_ == mutants.size()) throw "a mutant that is not in the list";
  }
  constexpr std::size_t index() const { return index_; }

 private:
  std::size_t index_;
};

/// True when the environment variable AVAL_MUTANT names this fault, and in no other build than a test
/// build. A name that is not in the list ends the process at its start, with code 64.
#ifdef AVAL_MUTANTS
bool mutated(Mutant mutant);
#else
constexpr bool mutated(Mutant) { return false; }
#endif

}  // namespace aval
