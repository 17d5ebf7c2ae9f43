#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "ledger/certificate.h"

namespace aval::ledger {

class MappedFile;
class NewFile;

/// Writes an exported ledger: the file auditors take away.
///   file   = magic "AVALLEDGER1\n", chain id (32 bytes), frame*, end
///   frame  = length (4 bytes big endian, > 0), canonical CertifiedBlock of that length
///   end    = length 0 (4 bytes), height of the last block (8 bytes big endian), SHA-256 of everything before it
class ExportWriter {
 public:
  /// Conflict when `path` exists: an export is never overwritten.
  static Result<ExportWriter> create(const std::filesystem::path& path, const crypto::Digest& chain_id);
  ExportWriter(ExportWriter&&) noexcept;
  ExportWriter& operator=(ExportWriter&&) noexcept;
  ~ExportWriter();

  /// Heights must follow each other; the first may be any.
  Result<void> add(const CertifiedBlock& block);
  /// Writes the end, forces the file to disk and gives it its name. Before that there is only a file
  /// with ".partial" behind the name, which goes away with an unfinished writer.
  Result<void> finish();

 private:
  explicit ExportWriter(std::unique_ptr<NewFile> file);
  std::unique_ptr<NewFile> file_;
  Height last_{};
};

/// Reads it back block by block, refusing the first byte that is not as written.
class ExportReader {
 public:
  static Result<ExportReader> open(const std::filesystem::path& path, const crypto::Digest& chain_id);
  ExportReader(ExportReader&&) noexcept;
  ExportReader& operator=(ExportReader&&) noexcept;
  ~ExportReader();

  /// The next block, or nullopt after the end was read and its checksum held.
  Result<std::optional<CertifiedBlock>> next();

 private:
  explicit ExportReader(std::unique_ptr<const MappedFile> file);
  Result<CertifiedBlock> read_block(ByteView frame);
  Result<void> check_end(ByteView end) const;

  std::unique_ptr<const MappedFile> file_;
  std::size_t offset_ = 0;
  Height last_{};
};

}  // namespace aval::ledger
