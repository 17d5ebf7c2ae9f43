#include "node/given_up_keys.h"

#include <fcntl.h>

#include "node/file.h"

namespace aval::node {

namespace {

std::filesystem::path list_in(const std::filesystem::path& votes) { return votes / "given-up"; }

std::string line_of_key(const crypto::PublicKey& vote_key) { return crypto::key_id(vote_key).hex() + "\n"; }

Result<Bytes> read_list(const std::filesystem::path& votes) {
  if (!std::filesystem::exists(list_in(votes))) return Bytes();
  AVAL_ASSIGN(const File file, File::open(list_in(votes), O_RDONLY));
  AVAL_ASSIGN(Bytes list, file.read_all());
  if (list.size() % line_of_key({}).size() != 0) {
    return unexpected(Error::Code::Corrupt, list_in(votes).string() + " is damaged: it has lines of 64 hexadecimal digits");
  }
  return list;
}

}  // namespace

Result<bool> is_given_up(const std::filesystem::path& votes, const crypto::PublicKey& vote_key) {
  AVAL_ASSIGN(const Bytes list, read_list(votes));
  return list.find(line_of_key(vote_key)) != Bytes::npos;
}

Result<void> give_up(const std::filesystem::path& votes, const crypto::PublicKey& vote_key) {
  AVAL_ASSIGN(const bool is_known, is_given_up(votes, vote_key));
  if (!is_known) {
    AVAL_ASSIGN(const File file, File::open(list_in(votes), O_WRONLY | O_CREAT));
    AVAL_ASSIGN(const std::uint64_t end, file.size());
    AVAL_TRY(file.write_at(end, line_of_key(vote_key)));
    AVAL_TRY(file.sync());
  }
  const auto journal = votes / "journal";
  std::error_code failed;
  if (std::filesystem::exists(journal)) {
    std::filesystem::rename(journal, votes / ("journal.of-" + crypto::key_id(vote_key).hex().substr(0, 16)), failed);
  }
  if (failed) return unexpected(Error::Code::Io, "cannot rename " + journal.string() + ": " + failed.message());
  return sync_directory(votes);
}

}  // namespace aval::node
