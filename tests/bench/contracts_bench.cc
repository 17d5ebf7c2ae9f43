// What executing a block costs, without signatures: those are checked on other threads.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "contracts/executor.h"
#include "contracts/invariants.h"
#include "contracts/keys.h"
#include "contracts/replay.h"
#include "crypto/keys.h"
#include "ledger/canonical.h"

namespace {

using namespace aval;
namespace pb = contracts::pb;

constexpr std::size_t block_envelopes = 500;
constexpr std::int64_t plenty = 1'000'000'000'000;

Bytes key_bytes(std::uint64_t number) {
  const Bytes scalar = Bytes(24, '\0') + big_endian(number);
  return Bytes(crypto::PrivateKey::from_scalar(scalar).value().public_key().view());
}

pb::Member member(const std::string& id, pb::Role role, std::uint64_t key) {
  pb::Member made;
  made.set_id(id);
  made.set_name(id);
  made.add_roles(role);
  made.add_keys()->set_public_key(key_bytes(key));
  made.mutable_keys(0)->set_role(pb::KEY_MAKER);
  return made;
}

/// A supplier and a buyer with cash, and the programme: all that these commands read.
ledger::MemoryState start() {
  const ledger::MemoryState nothing;
  ledger::Overlay state(nothing);
  pb::CashAccount account;
  account.set_balance(plenty);
  pb::CashIssued issued;
  issued.set_total(plenty);
  pb::Programme programme;
  programme.set_day_count_basis(360);
  state.put(contracts::programme_key(), ledger::canonical(programme));
  state.put(contracts::member_key("supplier"), ledger::canonical(member("supplier", pb::ROLE_TRADER, 1)));
  state.put(contracts::member_key("buyer"), ledger::canonical(member("buyer", pb::ROLE_TRADER, 2)));
  state.put(contracts::cash_key("EUR", "supplier"), ledger::canonical(account));
  state.put(contracts::cash_issued_key("EUR"), ledger::canonical(issued));
  ledger::MemoryState made;
  made.apply(state.writes());
  return made;
}

ledger::EnvelopePtr envelope(const pb::Command& command, std::uint64_t number) {
  ledger::Envelope made;
  made.body.member = "supplier";
  made.body.client_ref = "ref-" + std::to_string(number);
  made.body.valid_until = ledger::Height{100};
  made.body.commands.push_back(ledger::canonical(command));
  made.body_bytes = ledger::encode_body(made.body);
  made.tx_id = crypto::tagged(crypto::Tag::Tx, made.body_bytes);
  made.signatures.push_back({crypto::PublicKey::from_bytes(key_bytes(1)).value(), {}});
  return std::make_shared<const ledger::Envelope>(std::move(made));
}

pb::Command transfer(std::uint64_t) {
  pb::Command command;
  command.mutable_transfer_cash()->set_to("buyer");
  command.mutable_transfer_cash()->mutable_amount()->set_currency("EUR");
  command.mutable_transfer_cash()->mutable_amount()->set_minor(100);
  return command;
}

pb::Command submit(std::uint64_t number) {
  const std::string name = std::to_string(number);
  pb::Command command;
  pb::SubmitInvoice& invoice = *command.mutable_submit_invoice();
  invoice.set_id("inv-" + name);
  invoice.set_seller("supplier");
  invoice.set_buyer("buyer");
  invoice.set_number("A-" + name);
  invoice.set_issue_date(20'454);
  invoice.set_due_date(20'544);
  invoice.mutable_payable()->set_currency("EUR");
  invoice.mutable_payable()->set_minor(1'000'000);
  invoice.set_type_code(380);
  invoice.set_document_digest(Bytes(32, 'd'));
  invoice.set_fingerprint_x(Bytes(crypto::sha256("x" + name).view()));
  invoice.set_fingerprint_n1(Bytes(crypto::sha256("n" + name).view()));
  return command;
}

using MakeCommand = pb::Command (*)(std::uint64_t);

std::vector<ledger::BatchPtr> block_of(MakeCommand make) {
  std::vector<ledger::EnvelopePtr> envelopes;
  for (std::uint64_t number = 0; number < block_envelopes; ++number) {
    envelopes.push_back(envelope(make(number), number));
  }
  return {ledger::make_batch(ledger::ReplicaId{0}, 0, std::move(envelopes))};
}

const contracts::BlockContext context{{}, ledger::Height{1}, 1'767'225'600'000, 1000};

/// Prints the CPU time of one command beside that of the block.
void report(benchmark::State& bench) {
  bench.counters["per_command"] =
      benchmark::Counter(static_cast<double>(block_envelopes),
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void execute_block(benchmark::State& bench, MakeCommand make) {
  const ledger::MemoryState state = start();
  const auto batches = block_of(make);
  for (auto _ : bench) {
    ledger::Overlay changes(state);
    const auto executed = contracts::execute_block(context, batches, changes);
    if (executed.receipts.size() != block_envelopes || executed.receipts.back().status != 0) {
      bench.SkipWithError("a command was refused");
      break;
    }
  }
  report(bench);
}

void run_block(benchmark::State& bench, MakeCommand make) {
  const ledger::MemoryState state = start();
  const ledger::StateTree tree = ledger::StateTree::of(state);
  const auto batches = block_of(make);
  for (auto _ : bench) {
    ledger::Overlay changes(state);
    benchmark::DoNotOptimize(contracts::run_block(context, batches, tree, changes).state_root);
  }
  report(bench);
}

void check_invariants(benchmark::State& bench, MakeCommand make) {
  const ledger::MemoryState state = start();
  ledger::Overlay changes(state);
  contracts::execute_block(context, block_of(make), changes);
  for (auto _ : bench) {
    if (!contracts::check_invariants(state, changes.writes())) bench.SkipWithError("an invariant is broken");
  }
  report(bench);
}

BENCHMARK_CAPTURE(execute_block, cash_transfers, transfer)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(execute_block, invoice_submits, submit)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(run_block, cash_transfers, transfer)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(run_block, invoice_submits, submit)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(check_invariants, cash_transfers, transfer)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(check_invariants, invoice_submits, submit)->Unit(benchmark::kMicrosecond);

}  // namespace
