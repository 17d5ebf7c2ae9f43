#include "consensus/verified.h"
#include "consensus/wire.h"
#include "tests/fuzz/replica_stage.h"
#include "tests/fuzz/target.h"

namespace aval::fuzz {
namespace {

using namespace consensus;

const ledger::ChainConfig& chain() {
  static const auto config = test::toy_chain(4);
  return config;
}

/// A message that is taken is encoded as it came. Nobody here signed anything, so what needs a vote
/// key's signature is never believed.
bool message(ByteView bytes) {
  const auto read = round_trip(
      bytes, [](ByteView in) { return decode_message(in, chain()); },
      [](const Message& decoded) { return encode(decoded); });
  if (!read) return false;
  AVAL_CHECK(std::holds_alternative<NewView>(*read) == place_of_new_view(bytes).has_value());
  const bool needs_a_key =
      std::holds_alternative<SignedVote>(*read) || std::holds_alternative<Proposal>(*read) ||
      std::holds_alternative<ViewChange>(*read) || std::holds_alternative<NewView>(*read);
  const auto refuse = [](const crypto::PublicKey&, const crypto::Digest&, const crypto::Signature&) {
    return false;
  };
  if (needs_a_key) AVAL_CHECK(!verify(*read, ReplicaId{2}, chain(), refuse));
  return true;
}

bool record(ByteView bytes) {
  return round_trip(
             bytes, [](ByteView in) { return decode_record(in, chain()); },
             [](const Record& decoded) { return encode(decoded); })
      .has_value();
}

/// One replica among a liar and two honest validators that say what it says: bytes are what happens.
/// Taken when something became final.
bool replica(ByteView bytes) {
  Script script(bytes);
  ReplicaStage stage;
  constexpr int events_max = 200;
  for (int i = 0; i < events_max && !script.ended() && !stage.is_over(); ++i) stage.act(script);
  return stage.has_final_block();
}

}  // namespace

std::vector<Target> consensus_targets() {
  return {{"message", &message}, {"record", &record}, {"replica", &replica}};
}

}  // namespace aval::fuzz
