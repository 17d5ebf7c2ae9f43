#include "tests/unit/node/http_fake_backend.h"

#include "contracts/keys.h"
#include "crypto/merkle.h"
#include "ledger/parameters.h"

namespace aval::node {
namespace {

namespace pb = contracts::pb;

std::unique_ptr<crypto::MemorySigner> signer(unsigned seed) {
  Bytes scalar(32, '\0');
  scalar.back() = static_cast<char>(seed);
  return std::make_unique<crypto::MemorySigner>(*crypto::PrivateKey::from_scalar(scalar));
}

template <class Entity>
void put(ledger::WriteSet& writes, const std::string& key, const Entity& entity) {
  writes[key] = entity.SerializeAsString();
}

pb::Obligation obligation() {
  pb::Obligation out;
  out.set_id("inv-1");
  out.set_obligor("buyer");
  out.set_currency("EUR");
  out.set_accepted(123456);
  out.set_outstanding(123456);
  out.set_due_date(20473);  // 2026-01-20
  out.set_status(pb::OBLIGATION_UNCONDITIONAL);
  out.set_terms_hash(Bytes(32, '\x11'));
  return out;
}

pb::Note note() {
  pb::Note out;
  out.set_id("inv-1");
  out.set_obligation("inv-1");
  out.set_controller("seller");
  out.set_amount(123456);
  out.set_status(pb::NOTE_ACTIVE);
  return out;
}

pb::Invoice invoice(const std::string& id) {
  pb::Invoice out;
  pb::SubmitInvoice& document = *out.mutable_document();
  document.set_id(id);
  document.set_seller("seller");
  document.set_buyer("buyer");
  document.set_number("RE-7/ü");
  document.set_issue_date(20454);
  document.set_due_date(20473);
  document.mutable_payable()->set_currency("JPY");
  document.mutable_payable()->set_minor(5000);
  document.set_document_digest(Bytes(32, '\x22'));
  out.set_status(pb::INVOICE_PRESENTED);
  out.set_presented_height(1);
  return out;
}

ledger::WriteSet entities() {
  ledger::WriteSet writes;
  put(writes, contracts::obligation_key("inv-1"), obligation());
  put(writes, contracts::note_key("inv-1"), note());
  for (int i = 1; i <= 25; ++i) {
    const std::string id = "inv-" + std::to_string(i);
    put(writes, contracts::invoice_key(id), invoice(id));
  }
  pb::CashAccount cash;
  cash.set_balance(-7);
  put(writes, contracts::cash_key("EUR", "bank-a"), cash);
  pb::RegisterEntry entry;
  entry.set_status(pb::REGU);
  entry.set_invoice("inv-1");
  put(writes, contracts::register_key("x", Bytes(32, '\xAB')), entry);
  return writes;
}

}  // namespace

std::optional<ledger::CertifiedBlock> FakeSnapshot::block(ledger::Height height) const {
  return number(height) == 1 ? first : std::nullopt;
}

std::optional<ledger::Header> FakeSnapshot::header(ledger::Height height) const {
  if (number(height) >= headers.size()) return std::nullopt;
  return headers[number(height)];
}

std::vector<ledger::Receipt> FakeSnapshot::receipts(ledger::Height height) const {
  return number(height) == 1 ? first_receipts : std::vector<ledger::Receipt>();
}

std::optional<ledger::TxLocation> FakeSnapshot::find(const ledger::TxId& tx_id) const {
  if (first_receipts.empty() || first_receipts.front().tx_id != tx_id) return std::nullopt;
  return ledger::TxLocation{ledger::Height{1}, 0};
}

std::optional<ledger::ReceiptProof> FakeSnapshot::receipt_proof(const ledger::TxId& tx_id) const {
  return proof && proof->receipt.tx_id == tx_id ? proof : std::nullopt;
}

FakeBackend::FakeBackend() : snapshot(std::make_shared<FakeSnapshot>()) {
  make_genesis();
  make_block();
  node_status.replica.final_header = snapshot->head();
  node_status.head_hash = hash_of(snapshot->head());
  node_status.peers = {{ledger::ReplicaId{1}, "bank-b", true, ledger::Height{1}}};
  on_submit = [](Bytes, std::chrono::milliseconds, const Answer& answer) {
    answer(TxState{TxState::Kind::Pending, {}, {}});
  };
}

void FakeBackend::make_genesis() {
  pb::Genesis document;
  document.set_name("test");
  document.set_time_ms(1'763'856'000'000);
  document.set_parameters(encode_parameters(ledger::Parameters{}));
  document.set_register_key_check(Bytes(32, '\x01'));
  pb::Programme& programme = *document.mutable_programme();
  programme.set_day_count_basis(360);
  programme.set_acceptance_window_days(30);
  programme.set_tenor_days_max(365);
  programme.set_attestation_age_max_ms(60'000);
  maker_ = signer(100);
  for (unsigned i = 0; i < 4; ++i) {
    const std::string id = std::string("bank-") + static_cast<char>('a' + i);
    voters_.push_back(signer(i + 1));
    pb::GenesisValidator& validator = *document.add_validators();
    validator.set_member(id);
    validator.set_vote_key(Bytes(voters_.back()->public_key().view()));
    validator.set_tls_key(Bytes(signer(i + 11)->public_key().view()));
    validator.set_address("127.0.0.1:" + std::to_string(7400 + i));
    pb::Member& member = *document.add_members();
    member.set_id(id);
    member.set_name("Bank " + id);
    member.set_country("DE");
    member.add_roles(pb::ROLE_FINANCIER);
    if (i != 0) continue;
    member.add_keys()->set_public_key(Bytes(maker_->public_key().view()));
    member.mutable_keys(0)->set_role(pb::KEY_MAKER);
  }
  auto made = contracts::make_genesis(document);
  if (!made) throw std::runtime_error(made.error().message);
  genesis_ = std::move(*made);
  chain = std::make_shared<const ledger::ChainConfig>(genesis_->config);
  snapshot->state.apply(genesis_->state);
  snapshot->seats = genesis_->config.validators;
  snapshot->headers = {genesis_header(genesis_->config)};
}

void FakeBackend::make_block() {
  const ledger::Envelope first = envelope("first");
  first_tx = first.tx_id;
  transactions[first_tx] = committed(first);
  const auto batch =
      ledger::make_batch(ledger::ReplicaId{0}, 1, {std::make_shared<const ledger::Envelope>(first)});
  snapshot->state.apply(entities());
  tree = ledger::StateTree::of(snapshot->state);
  snapshot->first_receipts = {transactions[first_tx].receipt};
  const crypto::Digest tx_leaf = crypto::merkle_leaf(first_tx.view());
  const crypto::Digest receipt_leaf = leaf_of(snapshot->first_receipts.front());

  ledger::Header header = snapshot->headers.front();
  header.parent = hash_of(header);
  header.height = ledger::Height{1};
  header.time_ms += 1000;
  header.batches_root = ledger::batches_root({ref_of(*batch)});
  header.tx_root = crypto::merkle_root({&tx_leaf, 1});
  header.receipt_root = crypto::merkle_root({&receipt_leaf, 1});
  header.state_root = tree.root();
  snapshot->headers.push_back(header);

  ledger::Certificate certificate;
  certificate.height = header.height;
  certificate.block_hash = hash_of(header);
  const ledger::Vote vote{header.chain_id, header.epoch,          certificate.view,
                          header.height,   ledger::Phase::Commit, certificate.block_hash};
  for (unsigned i = 0; i < 3; ++i) {
    certificate.signatures.push_back({ledger::ReplicaId{i}, *voters_[i]->sign(signing_digest(vote))});
  }
  snapshot->first = ledger::CertifiedBlock{{header, {ref_of(*batch)}}, {batch}, certificate};
  snapshot->proof = ledger::ReceiptProof{first.body_bytes,
                                         snapshot->first_receipts.front(),
                                         crypto::merkle_prove({&receipt_leaf, 1}, 0),
                                         {{header}, certificate, {}}};
}

TxState FakeBackend::find(const ledger::TxId& tx_id) const {
  const auto found = transactions.find(tx_id);
  return found == transactions.end() ? TxState{} : found->second;
}

void FakeBackend::submit(Bytes envelope, ClientQueue queue, std::chrono::milliseconds wait, Answer answer) {
  ++submits;
  last_queue = queue;
  on_submit(std::move(envelope), wait, std::move(answer));
}

void FakeBackend::submit_attestation(Bytes cose_sign1, ClientQueue queue, std::chrono::milliseconds wait, Answer answer) {
  submit(std::move(cose_sign1), queue, wait, std::move(answer));
}

ledger::Envelope FakeBackend::envelope(const std::string& reference) const {
  ledger::Body body;
  body.chain_id = genesis_->config.chain_id;
  body.member = "bank-a";
  body.client_ref = reference;
  body.valid_until = ledger::Height{100};
  contracts::pb::Command command;
  command.mutable_revoke_device()->set_device("d");
  body.commands = {command.SerializeAsString()};
  auto signed_envelope = ledger::sign_envelope(body, {maker_.get()});
  if (!signed_envelope) throw std::runtime_error(signed_envelope.error().message);
  return *signed_envelope;
}

TxState FakeBackend::committed(const ledger::Envelope& envelope) {
  TxState state;
  state.kind = TxState::Kind::Committed;
  state.height = ledger::Height{1};
  state.receipt.tx_id = envelope.tx_id;
  state.receipt.results = {{0, {{"invoice.accepted", "inv-\"1\"", {}}}}};
  return state;
}

}  // namespace aval::node
