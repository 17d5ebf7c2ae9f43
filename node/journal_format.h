#pragma once

#include <optional>
#include <vector>

#include "crypto/hash.h"
#include "ledger/ids.h"

/// The bytes of the vote journal, without files. See node/README.md for the layout as grammar.
namespace aval::node {

/// How far a journal reaches: records written since the node began, and the head of their hash chain.
struct JournalPosition {
  std::uint64_t counter = 0;
  crypto::Digest tip;
  bool operator==(const JournalPosition&) const = default;
};

Bytes encode_position(const JournalPosition& position);
std::optional<JournalPosition> decode_position(ByteView bytes);

/// What stands at the front of a journal file.
struct JournalHeader {
  crypto::Digest chain_id;
  crypto::Digest vote_key_id;       // crypto::key_id of the vote key: votes of another key are another journal
  JournalPosition base;             // before the first frame of this file
  std::uint64_t salt = 0;           // goes into every checksum: no client can smuggle in what looks like a frame
  std::uint64_t ledger_height = 0;  // what is at or below it was left out: the ledger had it on disk
  ledger::Epoch epoch{};            // of its votes
  bool operator==(const JournalHeader&) const = default;
};

constexpr std::size_t journal_header_bytes = 512;
Bytes encode_journal_header(const JournalHeader& header);
Result<JournalHeader> decode_journal_header(ByteView bytes);

/// The chain: tagged(Journal, former tip || counter as 8 bytes || payload).
JournalPosition after(const JournalPosition& position, ByteView payload);

/// Where a frame stands: what it follows, and the highest counter known to be on disk when it is
/// written, which tells a torn tail from damage.
struct FramePlace {
  JournalPosition position;
  std::uint64_t durable = 0;
  std::uint64_t salt = 0;
};

/// Appends the frame of `payload` to `out` and returns the new position.
JournalPosition append_frame(Bytes& out, const FramePlace& place, ByteView payload);

/// What reading the frames of a file gave.
struct JournalScan {
  std::vector<ByteView> payloads;  // into the scanned bytes
  std::vector<crypto::Digest> tips;  // after each of them
  JournalPosition position;
  std::size_t end = 0;        // offset behind the last sound frame
  bool torn_tail = false;     // bytes behind `end` were being written when the power went
};

/// Reads the frames of a whole file from behind the header. A last group that was not written whole
/// cannot have been acted upon and is a torn tail. Corrupt when votes are missing: a later frame shows
/// that the damaged one had been on disk, or nothing is missing from it but sense.
Result<JournalScan> scan_journal(ByteView file, const JournalHeader& header);

}  // namespace aval::node
