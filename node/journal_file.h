#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "node/disk.h"
#include "node/journal_format.h"

namespace aval::node {

/// Whose journal it is. A journal holds the votes of one epoch, cast with one key.
struct JournalBinding {
  crypto::Digest chain_id;
  crypto::Digest vote_key_id;  // all zeros: nobody's, of an epoch in which this node could not vote
  ledger::Epoch epoch{};
  bool operator==(const JournalBinding&) const = default;
};

/// Where a journal lives.
struct JournalPlace {
  std::filesystem::path directory;
  Disk* disk = &machine_disk();
  std::uint64_t chunk_bytes = 4U << 20U;  // reserved at a time
  std::filesystem::path file() const { return directory / "journal"; }
  std::filesystem::path new_file() const { return directory / "journal.new"; }
};

/// The vote journal on disk: the file `votes/journal` in preallocated chunks. Owned by the ledger
/// thread. Every error of a writing call is final: what reached the disk is unknown then, and the
/// process must end.
class JournalFile {
 public:
  struct Opened;

  /// A first journal, empty and durable. Conflict when there is one already.
  static Result<JournalFile> create(const JournalPlace& place, const JournalBinding& binding);

  /// Reads the journal back. `mirror` is where the ledger last saw it. Corrupt, with the remedy, when
  /// it is missing, damaged, bound to another chain or key or a later epoch, or behind or beside its mirror:
  /// then this node cannot prove its own votes. A torn tail is cut off, for nothing depended on it. One of an
  /// earlier epoch, of whatever key, or nobody's, opens without payloads, which bind nobody: restart it.
  static Result<Opened> open(const JournalPlace& place, const JournalBinding& binding,
                             const std::optional<JournalPosition>& mirror);
  static bool exists(const JournalPlace& place) { return place.disk->exists(place.file()); }

  /// Adds a record to the group that the next commit() makes durable.
  void add(ByteView payload);
  Result<void> commit();
  /// Replaces the whole journal by these records, in a file of its own that takes the name once it is
  /// durable. The ledger must have everything up to `ledger_height` on disk. `binding` differs from the
  /// former one when an epoch begins.
  Result<void> restart(const JournalBinding& binding, const std::vector<Bytes>& payloads,
                       std::uint64_t ledger_height);
  JournalBinding binding() const { return {header_.chain_id, header_.vote_key_id, header_.epoch}; }

  const JournalPosition& position() const { return position_; }
  std::uint64_t bytes() const { return end_; }
  std::uint64_t ledger_height() const { return header_.ledger_height; }
  std::uint64_t syncs() const { return syncs_; }

 private:
  JournalFile(JournalPlace place, std::unique_ptr<DiskFile> file, JournalHeader header);
  static Result<JournalFile> write_new(const JournalPlace& place, const JournalHeader& header,
                                       const std::vector<Bytes>& payloads);
  Result<void> make_room(std::uint64_t bytes);
  Result<void> write_pending();

  JournalPlace place_;
  std::unique_ptr<DiskFile> file_;
  JournalHeader header_;
  JournalPosition position_;
  std::uint64_t durable_ = 0;
  std::uint64_t end_ = journal_header_bytes;
  std::uint64_t reserved_ = 0;
  std::uint64_t syncs_ = 0;
  Bytes pending_;
  bool failed_ = false;  // once, and for ever
};

struct JournalFile::Opened {
  JournalFile journal;
  std::vector<Bytes> payloads;
  bool torn_tail_cut = false;
};

}  // namespace aval::node
