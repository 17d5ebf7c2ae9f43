#include "cli/advice.h"

#include <map>

namespace aval::cli {
namespace {

constexpr const char* correct_it = "correct the invoice in the system it comes from; nothing was sent";

const std::map<std::string_view, const char*>& steps() {
  static const std::map<std::string_view, const char*> all{
      {"unavailable",
       "see whether the nodes run (aval devnet status, aval status --all) and whether --endpoint or "
       "the profile is right"},
      {"malformed", "correct what the cause names; --help after any command explains its flags"},
      {"AVUM", "see who is a member: the members of genesis.json, or GET /v1/members of a node"},
      {"AVMS", "the member is suspended; ask the consortium's operators"},
      {"AVUK", "sign with a key that the genesis lists for this member (aval key show FILE)"},
      {"AVKR", "the key was revoked; sign with another key of the member"},
      {"AVNP", "send it as the member whom this command belongs to: --as MEMBER"},
      {"AVCM",
       "this member has dual control: put the checker's key file <member>-checker.pem beside the "
       "maker's"},
      {"AVCR", "choose another --client-ref, or send the very same bytes again with  aval tx send"},
      {"AVAE", "choose another --id; ids are used once and for ever"},
      {"AVNF", "check the id: aval invoice list, aval note show ID, aval finance show ID"},
      {"AVWS", "look at its present state first: aval invoice show, note show, finance show"},
      {"AVWA", "compare the amount with what is open: aval invoice show ID"},
      {"AVWC", "use the currency of the invoice"},
      {"AVWD", "compare the dates with those of the invoice: aval invoice show ID"},
      {"AVCP", "the other party must sign the same envelope; its key files must be at hand"},
      {"AVAI", "ask whom the invoice was assigned to; only that party can finance it"},
      {"DFIN", "this receivable is financed already: aval dup check FILE.xml shows by which invoice"},
      {"REDU", "the same invoice is registered already: aval dup check FILE.xml shows where"},
      {"AVUT", "only commercial invoices (UNTDID 1001 code 380) can be submitted"},
      {"AVSZ", "leave embedded attachments out of the file; the limit is 5 MiB"},
      {"AVXM", "export the invoice again, as UBL 2.1 XML in UTF-8"},
      {"AVDT", "remove the document type declaration and export the invoice again"},
      {"AVNS", "export the invoice as UBL 2.1 (EN 16931)"},
      {"BT-9", "correct the date, or say what terms in words mean with  --due DATE"},
      {"BT-115", "an invoice that is paid, or that credits, stays off the ledger"},
      {"BG-4", "say which member the seller is:  --as MEMBER"},
      {"BG-7", "say which member the buyer is:  --buyer MEMBER"},
      {"io", "check the path, the permissions and the space on the disk"},
      {"not_found", "check the id"},
      {"refused", "read the cause; nothing changed"},
      {"conflict", "choose another --client-ref, or send the very same bytes again with  aval tx send"},
      {"expired", "send the command again"},
      {"corrupt", "ask another node with  --endpoint URL  and tell the operators"},
      {"AVFM", "compare your own document with the seller's: aval invoice accept ID --document FILE.xml"},
      {"AVNL", "the note is in an open financing: aval note show ID"},
      {"AVNC", "only the note's controller may do this: aval note show ID"},
      {"AVPD", "the buyer's condition is not met yet: aval ship show SHIPMENT"},
      {"AVTL", "the due date lies beyond the longest tenor of the programme"},
      {"AM04", "see the balance with  aval cash show MEMBER  and bring in cash with  aval cash issue"},
      {"AVCB", "only a cash bank for that currency may do this: --as BANK"},
      {"DUPE", "this end-to-end id was used; choose another --reference"},
      {"AVMF", "compare ids and texts with their form: ids, also of shipments, are [a-z0-9-], 1 to 64 bytes"},
      {"AVVL", "send the command again; its validity is counted from the present height"},
      {"AVOV", "no balance can hold this amount; divide it"},
      {"AVRB", "see which other command of the same envelope was refused: aval tx status ID"},
      {"AVLR", "a bound of the ledger stands in the way; use fewer parts, conditions or notes"},
      {"AVUD", "name a device of the genesis, with its own key"},
      {"AVDR", "the device was revoked; use another one"},
      {"INCD", "send the bytes exactly as the device made them"},
      {"BSIG", "sign with the device's own key, for this chain"},
      {"AVCN", "use a --counter above the highest one that was accepted: aval ship show SHIPMENT"},
      {"AVSH", "no accepted invoice waits for this device, shipment and container"},
      {"AVST", "the device's clock is too far from block time; check --time"},
      {"AVUMS", "use a DCSA milestone such as LOAD, DEPA, ARRI, DISC, GTOT"},
  };
  return all;
}

bool is_of_invoice(std::string_view code) {
  return code.starts_with("BR-") || code.starts_with("BT-") || code.starts_with("UBL-") ||
         code.starts_with("PEPPOL-");
}

}  // namespace

std::string next_step_for(std::string_view code) {
  const auto found = steps().find(code);
  if (found != steps().end()) return found->second;
  return is_of_invoice(code) ? correct_it : "";
}

Failure refusal(std::string code, std::string cause) {
  std::string next = next_step_for(code);
  return {exit_refused, std::move(code), std::move(cause), std::move(next)};
}

}  // namespace aval::cli
