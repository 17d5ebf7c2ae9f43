#pragma once

#include "tests/unit/contracts/world.h"

/// What the tests of governance share: a consortium whose banks govern, and short words for what they say.
namespace aval::contracts {

/// The sample consortium of four validators, each bank with a governor key; bank-dual with two.
World governed_world();
/// The member's governor keys.
std::vector<std::string> governors(const std::string& member);
/// Runs a command signed by them.
Status govern(World& world, const std::string& member, const pb::Command& command);

pb::Command propose(const std::string& id, const pb::Change& change, std::uint64_t activate_height = 0,
                    std::uint64_t expires_height = 1000);
pb::Command approve_change(const std::string& id, const pb::Change& change);
pb::Change observer(const std::string& member = "bank-dual", const std::string& key = "bank-dual/vote");
pb::Change promote(const std::string& member = "bank-dual");
pb::Change remove(const std::string& member);
pb::Change parameters(void (*alter)(ledger::Parameters&));
pb::Change wider_window();
/// The member's observer is ready: a block below the next one, signed with the vote key.
pb::Command ready(const World& world, const std::string& key = "bank-dual/vote");
pb::Command rotate(const World& world, const std::string& member, const std::string& key,
                   const std::string& proven_by);

}  // namespace aval::contracts
