#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "ledger/certificate.h"

namespace aval::ledger {

/// Writes an exported ledger: the file auditors take away.
///   file   = magic "AVALLEDGER1\n", chain id (32 bytes), frame*, end
///   frame  = length (4 bytes big endian, > 0), canonical CertifiedBlock of that length
///   end    = length 0 (4 bytes), height of the last block (8 bytes big endian), SHA-256 of everything before it
class ExportWriter {
 public:
  static Result<ExportWriter> create(const std::filesystem::path& path, const crypto::Digest& chain_id);
  Result<void> add(const CertifiedBlock& block);
  /// Writes the end and forces the file to disk. Without it the file is not a ledger.
  Result<void> finish();

 private:
  ExportWriter() = default;
  std::filesystem::path path_;
  std::ofstream file_;
  Bytes pending_;
  Height last_{};
};

/// Reads it back block by block, refusing the first byte that is not as written.
class ExportReader {
 public:
  static Result<ExportReader> open(const std::filesystem::path& path, const crypto::Digest& chain_id);
  /// The next block, or nullopt after the end was read and its checksum held.
  Result<std::optional<CertifiedBlock>> next();

 private:
  ExportReader() = default;
  std::ifstream file_;
  Height last_{};
};

}  // namespace aval::ledger
