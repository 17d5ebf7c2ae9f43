#include "tests/unit/contracts/governed.h"

#include <catch2/catch.hpp>

namespace aval::contracts {
namespace {

const std::vector<std::string> banks = {"bank-a", "bank-b", "bank-c", "bank-d"};

void give_governor(pb::Genesis& genesis, const std::string& id, const std::string& key) {
  for (pb::Member& member : *genesis.mutable_members()) {
    if (member.id() != id) continue;
    std::map<Bytes, pb::KeyRole> sorted{{Bytes(public_key(id + key).view()), pb::KEY_GOVERNOR}};
    for (const pb::MemberKey& each : member.keys()) sorted.emplace(each.public_key(), each.role());
    member.clear_keys();
    for (const auto& [bytes, role] : sorted) {
      pb::MemberKey& added = *member.add_keys();
      added.set_public_key(bytes);
      added.set_role(role);
    }
  }
}

}  // namespace

World governed_world() {
  pb::Genesis genesis = sample_genesis();
  for (const std::string& bank : banks) give_governor(genesis, bank, "/governor");
  give_governor(genesis, "bank-dual", "/governor");
  give_governor(genesis, "bank-dual", "/governor-2");
  return World(genesis);
}

std::vector<std::string> governors(const std::string& member) {
  if (member == "bank-dual") return {"bank-dual/governor", "bank-dual/governor-2"};
  return {member + "/governor"};
}

Status govern(World& world, const std::string& member, const pb::Command& command) {
  return world.run(member, command, governors(member));
}

pb::Command propose(const std::string& id, const pb::Change& change, std::uint64_t activate_height,
                    std::uint64_t expires_height) {
  pb::Command command;
  auto& proposal = *command.mutable_propose_change();
  proposal.set_id(id);
  *proposal.mutable_change() = change;
  proposal.set_activate_height(activate_height);
  proposal.set_expires_height(expires_height);
  return command;
}

pb::Command approve_change(const std::string& id, const pb::Change& change) {
  pb::Command command;
  command.mutable_approve_change()->set_proposal(id);
  command.mutable_approve_change()->set_change_digest(
      Bytes(crypto::tagged(crypto::Tag::Change, ledger::canonical(change)).view()));
  return command;
}

pb::Change observer(const std::string& member, const std::string& key) {
  pb::Change change;
  auto& seat = *change.mutable_seat_observer();
  seat.set_member(member);
  seat.set_vote_key(Bytes(public_key(key).view()));
  seat.set_tls_key(Bytes(public_key("bank-dual/tls").view()));
  seat.set_address("dual.example:7000");
  return change;
}

pb::Change promote(const std::string& member) {
  pb::Change change;
  change.mutable_promote_observer()->set_member(member);
  return change;
}

pb::Change remove(const std::string& member) {
  pb::Change change;
  change.mutable_remove_seat()->set_member(member);
  return change;
}

pb::Change parameters(void (*alter)(ledger::Parameters&)) {
  ledger::Parameters altered;
  alter(altered);
  pb::Change change;
  change.mutable_set_parameters()->set_parameters(ledger::encode_parameters(altered));
  return change;
}

pb::Change wider_window() {
  return parameters([](ledger::Parameters& p) { p.pipeline_window = 9; });
}

pb::Command ready(const World& world, const std::string& key) {
  const std::uint64_t height = ledger::number(world.block.height) - 1;
  const Bytes hash(32, 'h');
  const auto digest = crypto::tagged(crypto::Tag::Ready,
                                     {world.genesis.config.chain_id.view(), big_endian(height), hash});
  pb::Command command;
  auto& declared = *command.mutable_declare_ready();
  declared.set_height(height);
  declared.set_block_hash(hash);
  declared.set_signature(Bytes(private_key(key).sign(digest).view()));
  return command;
}

pb::Command rotate(const World& world, const std::string& member, const std::string& key,
                   const std::string& proven_by) {
  const Bytes bytes(public_key(key).view());
  const auto digest =
      crypto::tagged(crypto::Tag::Possession, {world.genesis.config.chain_id.view(), bytes, member});
  pb::Command command;
  auto& rotated = *command.mutable_rotate_seat();
  rotated.set_vote_key(bytes);
  rotated.set_possession(Bytes(private_key(proven_by).sign(digest).view()));
  return command;
}

}  // namespace aval::contracts
