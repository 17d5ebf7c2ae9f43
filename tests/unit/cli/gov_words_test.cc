#include "cli/gov_words.h"

#include <catch2/catch.hpp>

using namespace aval;
using namespace aval::cli;
namespace pb = contracts::pb;

TEST_CASE("every kind of change is said in words", "[cli]") {
  const ledger::Parameters present;
  const auto words = [&](const auto& make) {
    pb::Change change;
    make(change);
    return change_in_words(change, present);
  };
  CHECK(words([](pb::Change& c) {
          c.mutable_seat_observer()->set_member("bank-e");
          c.mutable_seat_observer()->set_address("10.0.0.5:7400");
          c.mutable_seat_observer()->set_vote_key("\x01\x02");
          c.mutable_seat_observer()->set_tls_key("\x03");
        }) == "give bank-e a seat without a vote, reached at 10.0.0.5:7400, vote key 0102, TLS key 03");
  CHECK(words([](pb::Change& c) { c.mutable_promote_observer()->set_member("bank-e"); }) ==
        "give the seat of bank-e a vote");
  CHECK(words([](pb::Change& c) { c.mutable_remove_seat()->set_member("bank-e"); }) ==
        "take the seat of bank-e away for ever");
  CHECK(words([](pb::Change& c) {
          c.mutable_replace_keys()->set_member("bank-a");
          c.mutable_replace_keys()->set_governor("\x04");
        }) == "revoke all keys of bank-a and let the governor key 04 speak for it");
  CHECK(words([](pb::Change& c) {
          auto& member = *c.mutable_admit_member()->mutable_member();
          member.set_id("bank-e");
          member.set_name("Bank E");
          member.add_roles(pb::ROLE_FINANCIER);
          member.add_roles(pb::ROLE_CASH_BANK);
          member.add_keys();
        }) == "admit bank-e (Bank E) as a member with the roles financier, cash bank and 1 keys");
  CHECK_FALSE(words([](pb::Change&) {}).empty());
}

TEST_CASE("changed parameters are shown with what they were, and only they", "[cli]") {
  const ledger::Parameters present;
  ledger::Parameters wanted = present;
  pb::Change change;
  change.mutable_set_parameters()->set_parameters(ledger::encode_parameters(wanted));
  CHECK(change_in_words(change, present) == "leave every parameter as it is");
  wanted.pipeline_window = 8;
  wanted.batch_delay_ms = 5;
  change.mutable_set_parameters()->set_parameters(ledger::encode_parameters(wanted));
  CHECK(change_in_words(change, present) == "set batch_delay_ms from 2 to 5, pipeline_window from 4 to 8");
  change.mutable_set_parameters()->set_parameters("\xff");
  CHECK(change_in_words(change, present).find("cannot be read") != std::string::npos);
}
