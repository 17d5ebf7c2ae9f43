#include "node/data_dir.h"

#include <fstream>
#include <map>

#include <catch2/catch.hpp>
#include <unistd.h>

namespace aval::node::data_dir_test {
namespace {

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("aval-data-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

  void write(const std::string& name, const Bytes& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  std::map<std::string, Bytes> contents() const {
    std::map<std::string, Bytes> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path(), std::ios::binary);
      files[entry.path().string()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return files;
  }

 private:
  std::filesystem::path path_;
};

const crypto::Digest chain = crypto::sha256("chain");

}  // namespace

TEST_CASE("ST-32 the data of another chain is refused by name, and nothing is written", "[data_dir]") {
  const Folder folder;
  REQUIRE(DataDir::open(folder.path(), chain));
  folder.write("db/000003.log", "a ledger");
  folder.write("votes/journal", "votes");
  const auto before = folder.contents();
  const auto refused = DataDir::open(folder.path(), crypto::sha256("another"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Error::Code::Refused);
  CHECK(refused.error().message.find(chain.hex()) != std::string::npos);
  CHECK(refused.error().message.find(crypto::sha256("another").hex()) != std::string::npos);
  CHECK(folder.contents() == before);
  CHECK(DataDir::open(folder.path(), chain));
}

TEST_CASE("ST-27 data of a later format is refused by name, and nothing is written", "[data_dir]") {
  const Folder folder;
  folder.write("FORMAT", "aval-data/2\n" + chain.hex() + "\n");
  folder.write("LOCK", "");
  const auto before = folder.contents();
  const auto refused = DataDir::open(folder.path(), chain);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Error::Code::Refused);
  CHECK(refused.error().message.find("unknown format") != std::string::npos);
  CHECK(folder.contents() == before);
}

TEST_CASE("ST-07 any flipped bit of FORMAT is refused", "[data_dir]") {
  const Folder folder;
  REQUIRE(DataDir::open(folder.path(), chain));
  const Bytes whole = folder.contents().at((folder.path() / "FORMAT").string());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    folder.write("FORMAT", flipped);
    CHECK_FALSE(DataDir::open(folder.path(), chain));
  }
}

TEST_CASE("ST-25 a data directory in use is refused, naming its lock", "[data_dir]") {
  const Folder folder;
  const auto first = DataDir::open(folder.path(), chain);
  REQUIRE(first);
  const auto second = DataDir::open(folder.path(), chain);
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find((folder.path() / "LOCK").string()) != std::string::npos);
}

}  // namespace aval::node::data_dir_test
