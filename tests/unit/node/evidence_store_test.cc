#include "node/evidence_store.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <unistd.h>
#include <catch2/catch.hpp>

#include "consensus/wire.h"
#include "crypto/hash.h"

namespace aval::node::evidence_store_test {
namespace {

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("aval-evidence-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

  Bytes read(const std::string& name) const {
    std::ifstream file(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string& name, const Bytes& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      out.push_back(entry.path().filename());
    std::ranges::sort(out);
    return out;
  }

 private:
  std::filesystem::path path_;
};

/// Of two prepares at `height`. The store does not look at signatures.
ledger::Evidence evidence_at(std::uint64_t height) {
  ledger::Evidence out;
  out.validator = ledger::ReplicaId{2};
  out.height = ledger::Height{height};
  out.first.hash = crypto::sha256("one");
  out.second.hash = crypto::sha256("two");
  return in_order(out);
}

std::string name_at(std::uint64_t height) { return evidence_file_name(encode_evidence(evidence_at(height))); }

/// The store does not look at signatures here either.
consensus::NewView opening(std::uint64_t epoch, std::uint64_t view) {
  consensus::NewView out;
  out.epoch = ledger::Epoch{epoch};
  out.view = ledger::View{view};
  return out;
}

Bytes bytes_of(const consensus::NewView& message) { return consensus::encode(consensus::Message(message)); }
std::string name_of(const consensus::NewView& message) { return *new_view_file_name(bytes_of(message)); }

TEST_CASE("evidence is kept once, under the hash of its bytes, and is there after a restart", "[evidence]") {
  const Folder folder;
  const Bytes bytes = encode_evidence(evidence_at(7));
  {
    EvidenceStore store(folder.path());
    const auto kept = store.keep(evidence_at(7));
    REQUIRE(kept);
    CHECK(*kept);
    CHECK(folder.names() == std::vector{crypto::sha256(bytes).hex().substr(0, 16) + ".evidence"});
    CHECK(folder.read(name_at(7)) == bytes);
    CHECK(store.all() == std::vector{evidence_at(7)});
  }
  EvidenceStore again(folder.path());
  CHECK(again.all() == std::vector{evidence_at(7)});
  const auto kept = again.keep(evidence_at(7));
  REQUIRE(kept);
  CHECK_FALSE(*kept);
  CHECK(*again.keep(evidence_at(8)));
  CHECK(again.all().size() == 2);
  CHECK(folder.names().size() == 2);
}

TEST_CASE("no more than 256 pieces of evidence are kept", "[evidence]") {
  const Folder folder;
  for (std::uint64_t height = 2; height <= evidence_files_max; ++height)
    folder.write(name_at(height), encode_evidence(evidence_at(height)));
  EvidenceStore store(folder.path());
  CHECK(*store.keep(evidence_at(1)));
  const auto refused = store.keep(evidence_at(evidence_files_max + 1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Error::Code::Unavailable);
  CHECK_FALSE(*store.keep(evidence_at(1)));  // it is there: nothing to refuse
  CHECK(store.all().size() == evidence_files_max);
  CHECK(folder.names().size() == evidence_files_max);
  folder.write(name_at(999), encode_evidence(evidence_at(999)));
  CHECK(EvidenceStore(folder.path()).all().size() == evidence_files_max);
}

TEST_CASE("ST-07 damaged evidence is left alone wherever the bit has flipped, and can be kept anew",
          "[evidence]") {
  const Folder folder;
  const Bytes whole = encode_evidence(evidence_at(7));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    folder.write(name_at(7), flipped);
    CHECK(EvidenceStore(folder.path()).all().empty());
    CHECK(folder.read(name_at(7)) == flipped);
  }
  EvidenceStore store(folder.path());
  CHECK(*store.keep(evidence_at(7)));
  CHECK(folder.read(name_at(7)) == whole);
}

TEST_CASE("files of others are left alone and hide nothing", "[evidence]") {
  const Folder folder;
  folder.write(name_at(1), encode_evidence(evidence_at(1)));
  folder.write("notes.txt", "who was it?");
  folder.write(name_at(2), Bytes(evidence_bytes_max + 1, 'x'));
  folder.write(name_at(3), encode_evidence(evidence_at(4)));
  folder.write(name_at(5) + ".new", encode_evidence(evidence_at(5)).substr(0, 20));  // as a crash leaves it
  std::filesystem::create_directories(folder.path() / name_at(6));
  const auto before = folder.names();
  CHECK(EvidenceStore(folder.path()).all() == std::vector{evidence_at(1)});
  CHECK(folder.names() == before);
  EvidenceStore store(folder.path());
  CHECK(*store.keep(evidence_at(5)));
  CHECK(EvidenceStore(folder.path()).all().size() == 2);
}

TEST_CASE("new views are kept beside the evidence, by epoch, view and the hash of their bytes", "[evidence]") {
  const Folder folder;
  const Bytes later = bytes_of(opening(2, 11));
  const Bytes sooner = bytes_of(opening(2, 7));
  {
    EvidenceStore store(folder.path());
    CHECK(store.keep(opening(2, 11)));
    CHECK(store.keep(opening(2, 7)));
    CHECK(store.keep(opening(2, 7)));
    CHECK(*store.keep(evidence_at(1)));
    CHECK(store.new_views() == std::vector{sooner, later});
  }
  CHECK(folder.read("2-11-" + crypto::sha256(later).hex().substr(0, 16) + ".new-view") == later);
  const EvidenceStore again(folder.path());
  CHECK(again.new_views() == std::vector{sooner, later});
  CHECK(again.all() == std::vector{evidence_at(1)});
  CHECK(folder.names().size() == 3);
}

TEST_CASE("of new views the latest 32 are kept", "[evidence]") {
  const Folder folder;
  EvidenceStore store(folder.path());
  for (std::uint64_t view = 1; view <= new_view_files_max; ++view) CHECK(store.keep(opening(1, view)));
  CHECK(folder.names().size() == new_view_files_max);
  CHECK(store.keep(opening(2, 1)));  // of a later epoch: the oldest of all is view 1 of epoch 1
  CHECK(store.new_views().size() == new_view_files_max);
  CHECK(store.new_views().front() == bytes_of(opening(1, 2)));
  CHECK(store.new_views().back() == bytes_of(opening(2, 1)));
  CHECK(folder.names().size() == new_view_files_max);
  folder.write(name_of(opening(3, 1)), bytes_of(opening(3, 1)));
  CHECK(EvidenceStore(folder.path()).new_views().size() == new_view_files_max);
  CHECK(folder.names().size() == new_view_files_max);
}

TEST_CASE("a new view that is damaged or goes while the node runs is not given out", "[evidence]") {
  const Folder folder;
  EvidenceStore store(folder.path());
  for (const std::uint64_t view : {1U, 2U, 3U}) REQUIRE(store.keep(opening(1, view)));
  folder.write(name_of(opening(1, 1)), bytes_of(opening(1, 9)));
  std::filesystem::remove(folder.path() / name_of(opening(1, 2)));
  CHECK(store.new_views() == std::vector{bytes_of(opening(1, 3))});
}

TEST_CASE("no more of the new views is given out than a client can take", "[evidence]") {
  const Folder folder;
  EvidenceStore store(folder.path());
  consensus::NewView large = opening(1, 1);
  consensus::ViewChange entry;
  entry.headers.resize(30'000);
  large.view_changes.assign(1, entry);
  REQUIRE(store.keep(large));
  REQUIRE(bytes_of(large).size() > new_views_bytes_max / 2);
  large.view = ledger::View{2};
  REQUIRE(store.keep(large));
  CHECK(store.new_views() == std::vector{bytes_of(large)});
}

TEST_CASE("ST-07 a damaged new view is left alone wherever the bit has flipped", "[evidence]") {
  const Folder folder;
  const Bytes whole = bytes_of(opening(2, 7));
  for (std::size_t at = 0; at < whole.size(); ++at) {
    Bytes flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    folder.write(name_of(opening(2, 7)), flipped);
    CHECK(EvidenceStore(folder.path()).new_views().empty());
  }
  CHECK(folder.names() == std::vector{name_of(opening(2, 7))});
}

TEST_CASE("a disk that refuses evidence is told, and nothing counts as kept that is not", "[evidence]") {
  const Folder folder;
  EvidenceStore store(folder.path());
  std::filesystem::remove_all(folder.path());
  const auto refused = store.keep(evidence_at(1));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Error::Code::Io);
  CHECK(store.all().empty());
  std::filesystem::create_directories(folder.path());
  CHECK(*store.keep(evidence_at(1)));
  CHECK(store.all().size() == 1);
}

}  // namespace
}  // namespace aval::node::evidence_store_test
