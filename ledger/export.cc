#include "ledger/export.h"

#include "ledger/export_file.h"
#include "ledger/framing.h"

namespace aval::ledger {
namespace {

constexpr ByteView magic = "AVALLEDGER1\n";
constexpr std::size_t start_bytes = magic.size() + 32;
constexpr std::size_t end_bytes = 4 + 8 + 32;

unexpected bad_export(std::string why) {
  return unexpected(Error::Code::Malformed, "export: " + std::move(why));
}

std::string at_height(Height height) { return " at height " + std::to_string(number(height)); }

}  // namespace

Result<ExportWriter> ExportWriter::create(const std::filesystem::path& path, const crypto::Digest& chain_id) {
  AVAL_ASSIGN(auto file, NewFile::create(path));
  AVAL_TRY(file->append(magic));
  AVAL_TRY(file->append(chain_id.view()));
  return ExportWriter(std::move(file));
}

ExportWriter::ExportWriter(std::unique_ptr<NewFile> file) : file_(std::move(file)) {}
ExportWriter::ExportWriter(ExportWriter&&) noexcept = default;
ExportWriter& ExportWriter::operator=(ExportWriter&&) noexcept = default;
ExportWriter::~ExportWriter() = default;

Result<void> ExportWriter::add(const CertifiedBlock& block) {
  const Height height = block.block.header.height;
  AVAL_CHECK(last_ == Height{} ? height > last_ : height == next(last_));
  last_ = height;
  Bytes frame;
  append_frame(frame, encode_certified_block(block));
  return file_->append(frame);
}

Result<void> ExportWriter::finish() {
  AVAL_TRY(file_->append(big_endian_4(0) + big_endian(number(last_))));
  crypto::Digest checksum;
  {
    AVAL_ASSIGN(const auto written, file_->contents());
    checksum = crypto::sha256(written->bytes());
  }
  AVAL_TRY(file_->append(checksum.view()));
  return file_->publish();
}

Result<ExportReader> ExportReader::open(const std::filesystem::path& path, const crypto::Digest& chain_id) {
  AVAL_ASSIGN(auto file, MappedFile::open(path));
  const ByteView bytes = file->bytes();
  if (!bytes.starts_with(magic)) return bad_export(path.string() + " is not an exported ledger");
  if (bytes.size() < start_bytes + end_bytes) return bad_export(path.string() + " is cut off");
  const ByteView named = bytes.substr(magic.size(), 32);
  if (named != chain_id.view())
    return unexpected(Error::Code::Refused,
                      "export: of chain " + to_hex(named) + ", the genesis names chain " + chain_id.hex());
  return ExportReader(std::move(file));
}

ExportReader::ExportReader(std::unique_ptr<const MappedFile> file)
    : file_(std::move(file)), offset_(start_bytes) {}
ExportReader::ExportReader(ExportReader&&) noexcept = default;
ExportReader& ExportReader::operator=(ExportReader&&) noexcept = default;
ExportReader::~ExportReader() = default;

Result<std::optional<CertifiedBlock>> ExportReader::next() {
  ByteView rest = file_->bytes().substr(offset_);
  const ByteView end = rest;
  const auto frame = take_frame(rest);
  if (!frame) return bad_export("the file is cut off after the block" + at_height(last_));
  if (frame->empty()) {
    AVAL_TRY(check_end(end));
    return std::optional<CertifiedBlock>();
  }
  AVAL_ASSIGN(CertifiedBlock block, read_block(*frame));
  offset_ = file_->bytes().size() - rest.size();
  last_ = block.block.header.height;
  return std::optional<CertifiedBlock>(std::move(block));
}

Result<CertifiedBlock> ExportReader::read_block(ByteView frame) {
  auto block = decode_certified_block(frame);
  if (!block)
    return bad_export("the block after the one" + at_height(last_) + " is damaged: " + block.error().message);
  const Height height = block->block.header.height;
  const bool follows = last_ == Height{} ? height > last_ : height == ledger::next(last_);
  if (!follows)
    return bad_export("the block" + at_height(height) + " does not follow the one" + at_height(last_));
  return block;
}

Result<void> ExportReader::check_end(ByteView end) const {
  if (end.size() != end_bytes) return bad_export("the end is not the end of the file");
  if (from_big_endian(end.substr(4, 8)) != number(last_)) return bad_export("the end names another last height");
  const ByteView bytes = file_->bytes();
  const ByteView covered = bytes.substr(0, bytes.size() - 32);
  if (crypto::sha256(covered).view() != bytes.substr(bytes.size() - 32))
    return bad_export("the checksum is of other bytes: the file was changed");
  return {};
}

}  // namespace aval::ledger
