#include <catch2/catch.hpp>

#include "tests/unit/contracts/world.h"

namespace aval::contracts::invoice_test {
namespace {

/// The sample invoice with one thing changed.
template <class Change>
pb::Command submit_with(Change change) {
  pb::Command command = submit();
  change(*command.mutable_submit_invoice());
  return command;
}

template <class Change>
pb::Command accept_with(Change change) {
  pb::Command command = accept();
  change(*command.mutable_accept_invoice());
  return command;
}

pb::InvoiceStatus status_of(const World& world, const std::string& id = "inv-1") {
  return world.get<pb::Invoice>(invoice_key(id)).status();
}

}  // namespace

TEST_CASE("an invoice is submitted by its seller in the one accepted form", "[invoice]") {
  World world;
  using Document = pb::SubmitInvoice;
  play(
      world,
      {
          {"seller", submit_with([](Document& d) { d.set_id("Inv 1"); }), Status::Malformed},
          {"seller", submit_with([](Document& d) { d.set_id(std::string(65, 'a')); }), Status::Malformed},
          {"seller", submit_with([](Document& d) { d.clear_number(); }), Status::Malformed},
          {"seller", submit_with([](Document& d) { d.set_number("A\n1"); }), Status::Malformed},
          {"seller", submit_with([](Document& d) { d.set_number("A\xC0\xAF"); }), Status::Malformed},
          {"seller", submit_with([](Document& d) { d.set_document_digest("short"); }), Status::Malformed},
          {"seller", submit_with([](Document& d) { d.clear_fingerprint_x(); }), Status::Malformed},
          {"seller", submit_with([](Document& d) { d.clear_fingerprint_n1(); }), Status::Malformed},
          {"seller", submit_with([](Document& d) { d.set_fingerprint_p("short"); }), Status::Malformed},
          {"buyer", submit(), Status::NotPermitted},
          {"bank-b", submit_with([](Document& d) { d.set_seller("bank-b"); }), Status::NotPermitted},
          {"seller", submit_with([](Document& d) { d.set_type_code(393); }), Status::AssignedInvoice},
          {"seller", submit_with([](Document& d) { d.set_type_code(396); }), Status::AssignedInvoice},
          {"seller", submit_with([](Document& d) { d.set_type_code(381); }), Status::UnsupportedType},
          {"seller", submit_with([](Document& d) { d.set_type_code(386); }), Status::UnsupportedType},
          {"seller", submit_with([](Document& d) { d.set_type_code(0); }), Status::UnsupportedType},
          {"seller", submit_with([](Document& d) { *d.mutable_payable() = money(1, "EUX"); }),
           Status::WrongCurrency},
          {"seller", submit_with([](Document& d) { d.clear_payable(); }), Status::WrongCurrency},
          {"seller", submit_with([](Document& d) { *d.mutable_payable() = money(0); }), Status::WrongAmount},
          {"seller", submit_with([](Document& d) { *d.mutable_payable() = money(-5); }), Status::WrongAmount},
          {"seller", submit_with([](Document& d) { d.set_due_date(d.issue_date() - 1); }), Status::WrongDate},
          {"seller", submit_with([](Document& d) { d.set_due_date(day_max + 1); }), Status::WrongDate},
          {"seller", submit_with([](Document& d) { d.set_buyer("nobody"); }), Status::UnknownMember},
          {"seller", submit_with([](Document& d) { d.set_buyer("seller"); }), Status::NotPermitted},
          {"seller", submit_with([](Document& d) { d.set_buyer("bank-b"); }), Status::NotPermitted},
          {"seller", submit_with([](Document& d) { d.set_buyer("frozen"); }), Status::MemberSuspended},
          {"seller", submit(), Status::Applied},
          {"seller", submit(), Status::AlreadyExists},
          {"trader", submit_with([](Document& d) { d.set_seller("trader"); }), Status::AlreadyExists},
      });
  REQUIRE(status_of(world) == pb::INVOICE_PRESENTED);
  REQUIRE(world.get<pb::Invoice>(invoice_key("inv-1")).document().SerializeAsString() ==
          submit().submit_invoice().SerializeAsString());
}

TEST_CASE("acceptance creates the buyer's debt and one note to the seller", "[invoice]") {
  World world;
  world.apply("seller", submit());
  world.apply("buyer", accept());
  REQUIRE(status_of(world) == pb::INVOICE_ACCEPTED);
  const auto obligation = world.get<pb::Obligation>(obligation_key("inv-1"));
  REQUIRE(obligation.obligor() == "buyer");
  REQUIRE(obligation.outstanding() == 100'000);
  REQUIRE(obligation.status() == pb::OBLIGATION_UNCONDITIONAL);
  const auto note = world.get<pb::Note>(note_key("inv-1"));
  REQUIRE(note.controller() == "seller");
  REQUIRE(note.amount() == 100'000);
  REQUIRE(note.status() == pb::NOTE_ACTIVE);
  REQUIRE(note.terms_hash() == obligation.terms_hash());
}

TEST_CASE("the buyer may accept less or earlier, never more or later", "[invoice]") {
  World world;
  world.apply("seller", submit());
  using Acceptance = pb::AcceptInvoice;
  const Day issued = InvoiceFields().issued;
  const Day due = InvoiceFields().due;
  play(world,
       {
           {"buyer", accept_with([](Acceptance& a) { a.set_invoice("inv-2"); }), Status::NotFound},
           {"buyer", accept_with([](Acceptance& a) { a.set_invoice(std::string(300, 'a')); }),
            Status::Malformed},
           {"buyer", accept_with([](Acceptance& a) { a.clear_fingerprint_x(); }), Status::Malformed},
           {"seller", accept(), Status::NotPermitted},
           {"bank-b", accept(), Status::NotPermitted},
           {"buyer", accept_with([](Acceptance& a) { a.set_fingerprint_x(Bytes(32, 'f')); }),
            Status::FingerprintMismatch},
           {"buyer", accept_with([](Acceptance& a) { *a.mutable_amount() = money(100'001); }),
            Status::WrongAmount},
           {"buyer", accept_with([](Acceptance& a) { *a.mutable_amount() = money(0); }), Status::WrongAmount},
           {"buyer", accept_with([](Acceptance& a) { *a.mutable_amount() = money(1, "USD"); }),
            Status::WrongCurrency},
           {"buyer", accept_with([&](Acceptance& a) { a.set_due_date(due + 1); }), Status::WrongDate},
           {"buyer", accept_with([&](Acceptance& a) { a.set_due_date(issued - 1); }), Status::WrongDate},
           {"buyer", accept_with([&](Acceptance& a) {
              *a.mutable_amount() = money(99'999);
              a.set_due_date(issued);
            }),
            Status::Applied},
           {"buyer", accept(), Status::WrongState},  // inflation after acceptance is impossible
       });
  REQUIRE(status_of(world) == pb::INVOICE_PART_ACCEPTED);
  REQUIRE(world.get<pb::Obligation>(obligation_key("inv-1")).accepted() == 99'999);
}

TEST_CASE("an invoice is accepted within the window of its programme or never", "[invoice]") {
  World world;
  world.apply("seller", submit());
  const UnixMillis presented_ms = world.get<pb::Invoice>(invoice_key("inv-1")).presented_time_ms();
  const UnixMillis window_ms = UnixMillis{30} * 86'400'000;
  world.block.time_ms = presented_ms + window_ms + 1;
  REQUIRE(world.run("buyer", accept()) == Status::WrongDate);
  World other;
  other.apply("seller", submit());
  other.block.time_ms = presented_ms + window_ms;
  REQUIRE(other.run("buyer", accept()) == Status::Applied);
}

TEST_CASE("the seller withdraws and the buyer rejects while nothing is owed", "[invoice]") {
  World world;
  for (const char* number : {"1", "2", "3"}) {
    world.apply("seller", submit({.id = std::string("inv-") + number, .number = number}));
  }
  play(world, {
                  {"buyer", withdraw("inv-1"), Status::NotPermitted},
                  {"seller", withdraw("inv-9"), Status::NotFound},
                  {"seller", withdraw("Inv"), Status::Malformed},
                  {"seller", withdraw("inv-1"), Status::Applied},
                  {"seller", withdraw("inv-1"), Status::WrongState},
                  {"buyer", accept({.id = "inv-1", .number = "1"}), Status::WrongState},
                  {"seller", reject("inv-2"), Status::NotPermitted},
                  {"buyer", reject("inv-9"), Status::NotFound},
                  {"buyer", reject("inv-2", "no reason"), Status::Malformed},
                  {"buyer", reject("inv-2", ""), Status::Malformed},
                  {"buyer", reject("inv-2", "NOGR"), Status::Applied},
                  {"buyer", reject("inv-2", "NOGR"), Status::WrongState},
                  {"buyer", accept({.id = "inv-3", .number = "3"}), Status::Applied},
                  {"seller", withdraw("inv-3"), Status::WrongState},
                  {"buyer", reject("inv-3"), Status::WrongState},
              });
  REQUIRE(status_of(world, "inv-1") == pb::INVOICE_WITHDRAWN);
  REQUIRE(status_of(world, "inv-2") == pb::INVOICE_REJECTED);
  REQUIRE(world.get<pb::Invoice>(invoice_key("inv-2")).code() == "NOGR");
}

TEST_CASE("an invoice cannot take an id that a split note has, nor a split the id of an invoice",
          "[invoice]") {
  World world = accepted_world();
  play(world, {
                  {"seller", split("inv-1", {60'000, 40'000}), Status::Applied},
                  {"seller", submit({.id = "inv-1-2", .number = "other"}), Status::AlreadyExists},
                  {"seller", submit({.id = "inv-1-1-2", .number = "other"}), Status::Applied},
                  {"seller", split("inv-1-1", {30'000, 30'000}), Status::AlreadyExists},
              });
}

}  // namespace aval::contracts::invoice_test
