#include "cli/devnet_files.h"

namespace aval::cli {
namespace {

using nlohmann::json;

/// What stands in "x" goes where "x.next" was put beside it: the ledger names those keys by now.
Result<void> take_over_next(const std::filesystem::path& path) {
  const std::filesystem::path next = path.string() + ".next";
  std::error_code failed;
  if (std::filesystem::exists(next)) std::filesystem::rename(next, path, failed);
  if (failed) return unexpected(Error::Code::Io, "cannot rename " + next.string() + ": " + failed.message());
  return {};
}

}  // namespace

Result<DevnetNode> add_node(Devnet& devnet) {
  AVAL_ASSIGN(const std::string passphrase, passphrase_of(devnet));
  AVAL_ASSIGN(const Issuer issuer, new_issuer());
  DevnetNode node = node_at(devnet.folder, static_cast<unsigned>(devnet.nodes.size()) + 1);
  std::uint16_t candidate = any_port();
  node.peer_port = take_free_port(candidate);
  node.api_port = take_free_port(candidate);
  AVAL_ASSIGN(const json seat, node_seat(node, passphrase, issuer));
  AVAL_ASSIGN(const json member, bank_member(devnet.folder, passphrase, node));
  json config = node_config(node);
  config["join"] = true;
  config["identity"].erase("ca_certificate");  // of the first nodes' issuer
  AVAL_TRY(write_text(node.folder / "seat.json", seat.dump(2) + "\n", 0644));
  AVAL_TRY(write_text(node.folder / "member.json", member.dump(2) + "\n", 0644));
  AVAL_TRY(write_text(node.config(), config.dump(2) + "\n", 0644));
  devnet.nodes.push_back(node);
  AVAL_TRY(write_profile(devnet));
  AVAL_TRY(save_devnet(devnet));
  return node;
}

Result<void> add_next_keys(const Devnet& devnet, const DevnetNode& node) {
  AVAL_ASSIGN(const std::string passphrase, passphrase_of(devnet));
  AVAL_ASSIGN(const Issuer issuer, new_issuer());
  for (const char* file : {"vote.pem", "tls.pem", "tls.crt"}) AVAL_TRY(take_over_next(node.folder / file));
  AVAL_TRY(new_key(node.folder / "vote.pem.next", passphrase));
  AVAL_ASSIGN(const auto tls_key, new_key(node.folder / "tls.pem.next", passphrase));
  return certify(issuer, tls_key, node.member, node.folder / "tls.crt.next");
}

}  // namespace aval::cli
