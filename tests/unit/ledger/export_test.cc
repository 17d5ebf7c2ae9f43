#include "ledger/export.h"

#include <catch2/catch.hpp>

#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::export_test {
namespace {

const ChainConfig config = chain_of(4);

std::vector<CertifiedBlock> some_blocks(std::size_t count) {
  ChainBuilder builder(config);
  std::vector<CertifiedBlock> blocks;
  for (std::size_t i = 0; i < count; ++i) blocks.push_back(builder.next_entry(i, i % 2 == 0).block);
  return blocks;
}

void write_export(const std::filesystem::path& path, const std::vector<CertifiedBlock>& blocks) {
  auto writer = ExportWriter::create(path, config.chain_id).value();
  for (const CertifiedBlock& block : blocks) REQUIRE(writer.add(block));
  REQUIRE(writer.finish());
}

/// The blocks of an exported ledger, or the first thing that is wrong with it.
Result<std::vector<CertifiedBlock>> read_export(const std::filesystem::path& path,
                                                const crypto::Digest& chain_id = config.chain_id) {
  AVAL_ASSIGN(auto reader, ExportReader::open(path, chain_id));
  std::vector<CertifiedBlock> blocks;
  for (;;) {
    AVAL_ASSIGN(auto block, reader.next());
    if (!block) return blocks;
    blocks.push_back(std::move(*block));
  }
}

}  // namespace

TEST_CASE("an exported ledger reads back block by block", "[export]") {
  const TemporaryDirectory directory;
  for (const std::size_t count : {0U, 1U, 4U}) {
    const auto blocks = some_blocks(count);
    const auto path = directory / std::to_string(count).c_str();
    write_export(path, blocks);
    const auto read = read_export(path).value();
    REQUIRE(read.size() == count);
    for (std::size_t i = 0; i < count; ++i)
      CHECK(encode_certified_block(read[i]) == encode_certified_block(blocks[i]));
  }
}

TEST_CASE("an export may begin at any height", "[export]") {
  const TemporaryDirectory directory;
  auto blocks = some_blocks(3);
  blocks.erase(blocks.begin());
  write_export(directory / "ledger", blocks);
  CHECK(read_export(directory / "ledger")->front().block.header.height == Height{2});
}

TEST_CASE("the file is what its grammar says", "[export]") {
  const TemporaryDirectory directory;
  const auto blocks = some_blocks(1);
  write_export(directory / "ledger", blocks);
  const Bytes frame = encode_certified_block(blocks[0]);
  const Bytes covered = "AVALLEDGER1\n" + Bytes(config.chain_id.view()) + big_endian(frame.size()).substr(4) +
                        frame + Bytes(4, '\0') + big_endian(1);
  CHECK(read_file(directory / "ledger") == covered + Bytes(crypto::sha256(covered).view()));
}

TEST_CASE("ST-29 every flipped bit of an exported ledger is found", "[export]") {
  const TemporaryDirectory directory;
  write_export(directory / "ledger", some_blocks(2));
  const Bytes bytes = read_file(directory / "ledger");
  std::size_t undetected = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    const char original = bytes[bit / 8];
    write_byte(directory / "ledger", bit / 8, static_cast<char>(original ^ (1 << bit % 8)));
    if (read_export(directory / "ledger")) ++undetected;
    write_byte(directory / "ledger", bit / 8, original);
  }
  CHECK(undetected == 0);
  CHECK(read_export(directory / "ledger"));
}

TEST_CASE("an exported ledger that is cut off, or goes on after its end, is refused", "[export]") {
  const TemporaryDirectory directory;
  write_export(directory / "ledger", some_blocks(2));
  const Bytes bytes = read_file(directory / "ledger");
  write_file(directory / "longer", bytes + '\0');
  for (std::size_t length = bytes.size(); length-- > 0;) {
    std::filesystem::resize_file(directory / "ledger", length);
    REQUIRE_FALSE(read_export(directory / "ledger"));
  }
  CHECK(read_export(directory / "longer").error().message == "export: the end is not the end of the file");
}

TEST_CASE("ST-29 a damaged block is named by the height of the one before it", "[export]") {
  const TemporaryDirectory directory;
  const auto blocks = some_blocks(3);
  write_export(directory / "ledger", blocks);
  Bytes bytes = read_file(directory / "ledger");
  const std::size_t at = bytes.find(encode_block(blocks[2].block));
  REQUIRE(at != Bytes::npos);
  bytes[at] = static_cast<char>(bytes[at] ^ 1);
  write_file(directory / "ledger", bytes);
  CHECK(read_export(directory / "ledger")
            .error()
            .message.starts_with("export: the block after the one at height 2 is damaged: "));
}

TEST_CASE("blocks in another order, or left out, are found without the checksum", "[export]") {
  const TemporaryDirectory directory;
  const auto blocks = some_blocks(3);
  Bytes covered = "AVALLEDGER1\n" + Bytes(config.chain_id.view());
  for (const std::size_t i : {0U, 2U}) {
    const Bytes frame = encode_certified_block(blocks[i]);
    covered += big_endian(frame.size()).substr(4) + frame;
  }
  covered += Bytes(4, '\0') + big_endian(3);
  write_file(directory / "ledger", covered + Bytes(crypto::sha256(covered).view()));
  CHECK(read_export(directory / "ledger").error().message ==
        "export: the block at height 3 does not follow the one at height 1");
}

TEST_CASE("the exported ledger of another chain is refused, naming both", "[export]") {
  const TemporaryDirectory directory;
  write_export(directory / "ledger", some_blocks(1));
  const auto refused = read_export(directory / "ledger", digest_of("another chain"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Error::Code::Refused);
  CHECK(refused.error().message.find(config.chain_id.hex()) != std::string::npos);
  CHECK(refused.error().message.find(digest_of("another chain").hex()) != std::string::npos);
}

TEST_CASE("an export never writes over a file", "[export]") {
  const TemporaryDirectory directory;
  write_file(directory / "ledger", "mine");
  const auto refused = ExportWriter::create(directory / "ledger", config.chain_id);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Error::Code::Conflict);
  CHECK(read_file(directory / "ledger") == "mine");
}

TEST_CASE("ST-26 an export that is not finished leaves no file", "[export]") {
  const TemporaryDirectory directory;
  {
    auto writer = ExportWriter::create(directory / "ledger", config.chain_id).value();
    REQUIRE(writer.add(some_blocks(1)[0]));
    CHECK_FALSE(std::filesystem::exists(directory / "ledger"));
  }
  CHECK(std::filesystem::is_empty(directory.path()));
}

TEST_CASE("what is no exported ledger is refused", "[export]") {
  const TemporaryDirectory directory;
  CHECK(ExportReader::open(directory / "nothing", config.chain_id).error().code == Error::Code::Io);
  CHECK(ExportReader::open(directory.path(), config.chain_id).error().code == Error::Code::Io);
  write_file(directory / "empty", "");
  CHECK_FALSE(ExportReader::open(directory / "empty", config.chain_id));
  CHECK_FALSE(ExportWriter::create(directory / "no/such/directory", config.chain_id));
}

}  // namespace aval::ledger::export_test
