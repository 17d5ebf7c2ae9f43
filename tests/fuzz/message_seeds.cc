#include <algorithm>

#include "consensus/wire.h"
#include "contracts/executor.h"
#include "contracts/genesis.h"
#include "crypto/keys.h"
#include "ledger/canonical.h"
#include "ledger/parameters.h"
#include "tests/fuzz/seeds.h"
#include "tests/fuzz/target.h"
#include "tests/unit/consensus/samples.h"

namespace aval::fuzz {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// Everything in a message says something.
void fill(Message& message, int depth) {
  const auto* reflection = message.GetReflection();
  const auto* kind = message.GetDescriptor();
  for (int i = 0; i < kind->field_count(); ++i) {
    const FieldDescriptor* field = kind->field(i);
    const bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (is_message && depth == 0) continue;
    if (is_message)
      fill(field->is_repeated() ? *reflection->AddMessage(&message, field)
                                : *reflection->MutableMessage(&message, field),
           depth - 1);
    else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING && !field->is_repeated())
      reflection->SetString(&message, field, "text");
    else if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64 && !field->is_repeated())
      reflection->SetUInt64(&message, field, 300);
    else if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32 && !field->is_repeated())
      reflection->SetUInt32(&message, field, 5);
    else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64 && !field->is_repeated())
      reflection->SetInt64(&message, field, 70'000);
  }
}

crypto::PublicKey key_of(int number) {
  return crypto::PrivateKey::from_scalar(Bytes(31, '\0') + static_cast<char>(number)).value().public_key();
}

contracts::pb::Genesis small_genesis() {
  contracts::pb::Genesis genesis;
  genesis.set_name("small");
  genesis.set_time_ms(1'767'225'600'000);
  genesis.set_parameters(ledger::encode_parameters({}));
  genesis.set_register_key_check(Bytes(32, 'k'));
  auto& programme = *genesis.mutable_programme();
  programme.set_day_count_basis(360);
  programme.set_acceptance_window_days(30);
  programme.set_tenor_days_max(180);
  programme.set_attestation_age_max_ms(3'600'000);
  for (int i = 0; i < 4; ++i) {
    const std::string id = "bank-" + std::to_string(i);
    auto& validator = *genesis.add_validators();
    validator.set_member(id);
    validator.set_vote_key(Bytes(key_of(10 + i).view()));
    validator.set_tls_key(Bytes(key_of(20 + i).view()));
    validator.set_address("127.0.0.1:7000");
    auto& member = *genesis.add_members();
    member.set_id(id);
    member.set_name(id);
    member.set_country("DE");
    member.add_roles(contracts::pb::ROLE_FINANCIER);
    auto& key = *member.add_keys();
    key.set_public_key(Bytes(key_of(30 + i).view()));
    key.set_role(contracts::pb::KEY_MAKER);
  }
  return genesis;
}

/// SplitMix64, so that the scripts are the same in every run.
Bytes script(std::uint64_t seed, std::size_t size) {
  Bytes out;
  for (std::uint64_t state = seed; out.size() < size;) {
    state += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = (state ^ (state >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    out.push_back(static_cast<char>((z ^ (z >> 31U)) & 0xFFU));
  }
  return out;
}

/// Scripts of chance in which something becomes final.
void add_replica_seeds(std::vector<Seed>& seeds) {
  const auto targets = consensus_targets();
  const auto replica = std::ranges::find(targets, "replica", &Target::name);
  constexpr std::size_t wanted = 8;
  std::size_t found = 0;
  for (std::uint64_t seed = 1; found < wanted; ++seed) {
    const Bytes bytes = script(seed, 64 + 20 * found);
    if (!replica->feed(bytes)) continue;
    seeds.push_back({"replica", "script-" + std::to_string(found++), bytes});
  }
}

}  // namespace

std::vector<Seed> contracts_seeds() {
  const auto genesis = small_genesis();
  std::vector<Seed> seeds{{"genesis", "small", ledger::canonical(genesis)},
                          {"genesis_json", "small", contracts::genesis_json(genesis)},
                          {"tx_record", "record", contracts::encode_tx_record({ledger::Height{7}, 3})}};
  const auto* kinds = contracts::pb::Command::descriptor();
  for (int i = 0; i < kinds->field_count(); ++i) {
    contracts::pb::Command command;
    constexpr int depth = 4;
    fill(*command.GetReflection()->MutableMessage(&command, kinds->field(i)), depth);
    seeds.push_back({"command", kinds->field(i)->name(), ledger::canonical(command)});
  }
  return seeds;
}

std::vector<Seed> consensus_seeds() {
  const consensus::test::Samples samples;
  std::vector<Seed> seeds;
  for (const auto& message : samples.messages())
    seeds.push_back({"message", std::string(consensus::kind_of(message)) + "-" + std::to_string(seeds.size()),
                     consensus::encode(message)});
  for (const auto& record : samples.records())
    seeds.push_back({"record", std::to_string(record.index()), consensus::encode(record)});
  add_replica_seeds(seeds);
  return seeds;
}

}  // namespace aval::fuzz
