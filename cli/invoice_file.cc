#include "cli/invoice_file.h"

#include "cli/members.h"
#include "crypto/fingerprint.h"

namespace aval::cli {
namespace {

/// The codes of files that could not be read are words, and their cause says all.
unexpected refused(const Failure& failure) {
  if (failure.exit_code == exit_usage) return unexpected(Error::Code::Malformed, failure.cause);
  return unexpected(Error::Code::Refused, failure.code + ": " + failure.cause);
}

/// Which member a party is: what the invoice says, and where it leaves that open, what the user says.
/// A user who names somebody else than the invoice does is refused.
Result<std::string> member_for(const contracts::pb::Genesis& genesis, const std::string& flag,
                               const UblParty& party, const char* term) {
  auto resolved = resolve_member(genesis, party, term);
  if (flag.empty() || (resolved && *resolved == flag)) return resolved;
  const auto* member = find_member(genesis, flag);
  if (member == nullptr) {
    return unexpected(Error::Code::Malformed, "no member of this network is called '" + flag + "'");
  }
  const Likeness likeness = compare(*member, party);
  if (likeness == Likeness::Same || (!resolved && likeness == Likeness::Unknown)) return flag;
  return unexpected(Error::Code::Refused, std::string(term) + ": the invoice names '" + party.name +
                                              "', which is not member '" + flag + "'");
}

}  // namespace

Result<InvoiceFile> read_invoice_file(const Session& session, const std::string& path,
                                      const PartyFlags& parties) {
  UblResult read = read_ubl(path);
  if (!read.ok) return refused(read.failure);
  AVAL_ASSIGN(const auto genesis, session.genesis());
  AVAL_ASSIGN(const Bytes key, session.register_key());
  InvoiceFile out;
  out.invoice = std::move(read.invoice);
  const UblInvoice& invoice = out.invoice;
  AVAL_ASSIGN(out.seller, member_for(genesis.document, parties.seller, invoice.seller, "BG-4"));
  AVAL_ASSIGN(out.buyer, member_for(genesis.document, parties.buyer, invoice.buyer, "BG-7"));
  out.fingerprint_x =
      crypto::fingerprint(key, fingerprint_input_x(out.seller, out.buyer, invoice.number, invoice.issue_date,
                                                   invoice.currency, invoice.payable_minor));
  out.fingerprint_n1 = crypto::fingerprint(
      key, fingerprint_input_n1(out.seller, out.buyer, invoice.number, invoice.issue_date, invoice.currency));
  if (!invoice.order_reference.empty()) {
    out.fingerprint_p =
        crypto::fingerprint(key, fingerprint_input_p(out.seller, out.buyer, invoice.order_reference));
  }
  return out;
}

crypto::Digest fingerprint_x_of(ByteView register_key, const contracts::pb::SubmitInvoice& document) {
  return crypto::fingerprint(
      register_key,
      fingerprint_input_x(document.seller(), document.buyer(), document.number(), document.issue_date(),
                          document.payable().currency(), document.payable().minor()));
}

}  // namespace aval::cli
