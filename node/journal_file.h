#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "node/file.h"
#include "node/journal_format.h"

namespace aval::node {

/// Whose journal it is.
struct JournalBinding {
  crypto::Digest chain_id;
  crypto::Digest vote_key_id;
};

/// The vote journal on disk: the file `votes/journal` in preallocated chunks. Owned by the ledger
/// thread. Every error of a writing call is final: what reached the disk is unknown then, and the
/// process must end.
class JournalFile {
 public:
  struct Opened;

  /// A first journal, empty and durable. Conflict when there is one already.
  static Result<JournalFile> create(const std::filesystem::path& directory, const JournalBinding& binding);

  /// Reads the journal back. `mirror` is where the ledger last saw it. Corrupt, with the remedy, when
  /// it is missing, damaged, bound to another chain or key, or behind or beside its mirror: then this
  /// node cannot prove its own votes. A torn tail is cut off, for nothing depended on it.
  static Result<Opened> open(const std::filesystem::path& directory, const JournalBinding& binding,
                             const std::optional<JournalPosition>& mirror);
  static bool exists(const std::filesystem::path& directory);

  /// Adds a record to the group that the next commit() makes durable.
  void add(ByteView payload);
  Result<void> commit();
  /// Replaces the whole journal by these records, in a file of its own that takes the name once it is
  /// durable. The ledger must have everything up to `ledger_height` on disk.
  Result<void> restart(const std::vector<Bytes>& payloads, std::uint64_t ledger_height);

  const JournalPosition& position() const { return position_; }
  std::uint64_t bytes() const { return end_; }
  std::uint64_t ledger_height() const { return header_.ledger_height; }
  std::uint64_t syncs() const { return syncs_; }

 private:
  JournalFile(std::filesystem::path directory, File file, JournalHeader header);
  static Result<JournalFile> write_new(const std::filesystem::path& directory, const JournalHeader& header,
                                       const std::vector<Bytes>& payloads);
  Result<void> make_room(std::uint64_t bytes);

  std::filesystem::path directory_;
  File file_;
  JournalHeader header_;
  JournalPosition position_;
  std::uint64_t durable_ = 0;
  std::uint64_t end_ = journal_header_bytes;
  std::uint64_t reserved_ = 0;
  std::uint64_t syncs_ = 0;
  Bytes pending_;
};

struct JournalFile::Opened {
  JournalFile journal;
  std::vector<Bytes> payloads;
  bool torn_tail_cut = false;
};

}  // namespace aval::node
