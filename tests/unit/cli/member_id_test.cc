#include <catch2/catch.hpp>

#include "cli/members.h"
#include "cli/ubl.h"
#include "tests/unit/cli/samples.h"

using namespace aval;
using namespace aval::cli;

namespace {

UblParty with(std::string UblParty::*field, std::string value) {
  UblParty party;
  party.name = "Somebody";
  party.country = "SE";
  party.*field = std::move(value);
  return party;
}

bool is_id(const std::string& id) {
  return !id.empty() && id.size() <= 64 &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
}

contracts::pb::Genesis network() {
  contracts::pb::Genesis genesis;
  const auto add = [&](const char* id, const char* lei, const char* vat, const char* address) {
    auto& member = *genesis.add_members();
    member.set_id(id);
    member.set_lei(lei);
    member.set_vat(vat);
    member.set_electronic_address(address);
  };
  add("hafen", "", "DE 811 900 450", "");
  add("nordlys", "9845NORDLYSCOMP00160", "SE559000123401", "0007:5590001234");
  add("group-one", "", "HR46830600751", "");
  add("group-two", "", "HR46830600751", "");
  return genesis;
}

}  // namespace

TEST_CASE("a party's member id comes from its strongest identifier", "[cli]") {
  UblParty party = with(&UblParty::lei, "9845NORDLYSCOMP00160");
  party.vat = "SE559000123401";
  CHECK(member_id_of(party) == "lei-9845nordlyscomp00160");
  party.lei.clear();
  CHECK(member_id_of(party) == "vat-se559000123401");
  CHECK(member_id_of(with(&UblParty::electronic_address, "0007:5590001234")) == "ea-0007-5590001234");
  CHECK(member_id_of(with(&UblParty::legal_id, "559000-1234")) == "reg-se-559000-1234");
  CHECK(member_id_of(with(&UblParty::identifier, "0088:5790000435975")) == "id-0088-5790000435975");
  CHECK(member_id_of(with(&UblParty::name, "A name alone")).empty());
}

TEST_CASE("a VAT number is one number in any spelling", "[cli]") {
  CHECK(member_id_of(with(&UblParty::vat, "NL8200.98.395.B.01")) ==
        member_id_of(with(&UblParty::vat, "NL820098395B01")));
}

TEST_CASE("firms of a VAT group are told apart by their registration", "[cli]") {
  UblParty one = with(&UblParty::vat, "HR46830600751");
  UblParty two = one;
  one.legal_id = "086374645";
  two.legal_id = "08634543";
  CHECK(member_id_of(one) != member_id_of(two));
}

TEST_CASE("different addresses with one readable form get different ids", "[cli]") {
  CHECK(member_id_of(with(&UblParty::electronic_address, "EM:a.b@c.example")) !=
        member_id_of(with(&UblParty::electronic_address, "EM:a@b.c.example")));
}

TEST_CASE("every member id has the ledger's form, whatever the identifier", "[cli]") {
  CHECK(is_id(member_id_of(with(&UblParty::vat, std::string(500, '7')))));
  CHECK(is_id(member_id_of(with(&UblParty::electronic_address, "0088:Größe/例"))));
  CHECK(is_id(member_id_of(with(&UblParty::identifier, "例"))));
}

TEST_CASE("a party is found among the members by LEI, VAT number or address", "[cli]") {
  const auto genesis = network();
  CHECK(resolve_member(genesis, with(&UblParty::lei, "9845NORDLYSCOMP00160"), "BG-4").value() == "nordlys");
  CHECK(resolve_member(genesis, with(&UblParty::vat, "DE811900450"), "BG-7").value() == "hafen");
  CHECK(resolve_member(genesis, with(&UblParty::electronic_address, "0007:5590001234"), "BG-4").value() ==
        "nordlys");
}

TEST_CASE("a party that fits no member, several, or has no identifier is refused by its term", "[cli]") {
  const auto genesis = network();
  const auto message = [&](const UblParty& party) {
    const auto found = resolve_member(genesis, party, "BG-7");
    return found ? std::string() : found.error().message;
  };
  CHECK(message(with(&UblParty::vat, "FR999")).starts_with("BG-7: no member"));
  CHECK(message(with(&UblParty::vat, "HR46830600751")).starts_with("BG-7: more than one"));
  CHECK(message(with(&UblParty::name, "Nobody")).starts_with("BG-7: 'Nobody' has no identifier"));
}

TEST_CASE("a member and a party are compared by LEI, else VAT number, else not at all", "[cli]") {
  const auto genesis = network();
  const auto& hafen = *find_member(genesis, "hafen");
  CHECK(compare(hafen, with(&UblParty::vat, "DE811900450")) == Likeness::Same);
  CHECK(compare(hafen, with(&UblParty::vat, "DE811900451")) == Likeness::Different);
  CHECK(compare(hafen, with(&UblParty::lei, "9845NORDLYSCOMP00160")) == Likeness::Unknown);
  CHECK(compare(hafen, with(&UblParty::name, "Hafen Maschinenbau GmbH")) == Likeness::Unknown);
}

TEST_CASE("the ids of the sample's parties are those that the documentation uses", "[cli]") {
  const auto result = read_sample_invoice("invoice-ab-2026-001.xml");
  REQUIRE(result.ok);
  CHECK(member_id_of(result.invoice.seller) == "lei-9845nordlyscomp00160");
  CHECK(member_id_of(result.invoice.buyer) == "vat-de811900450");
}
