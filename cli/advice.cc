#include "cli/advice.h"

#include <map>

namespace aval::cli {

std::string next_step_for(std::string_view code) {
  static const std::map<std::string_view, const char*> steps{
      {"unavailable", "see whether the nodes run (aval devnet status, aval status --all) and whether --endpoint or the profile is right"},
      {"malformed", "see  aval COMMAND --help"},
      {"AVUM", "see who is a member: the members of genesis.json, or GET /v1/members of a node"},
      {"AVMS", "the member is suspended; ask the consortium's operators"},
      {"AVUK", "sign with a key that the genesis lists for this member (aval key show FILE)"},
      {"AVKR", "the key was revoked; sign with another key of the member"},
      {"AVNP", "send it as the member whom this command belongs to: --as MEMBER"},
      {"AVCM", "this member has dual control: put the checker's key file <member>-checker.pem beside the maker's"},
      {"AVCR", "choose another --ref, or send the very same bytes again with  aval tx send"},
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
      {"AVFM", "compare your own document with the seller's: aval invoice accept ID --document FILE.xml"},
      {"AVNL", "the note is in an open financing: aval note show ID"},
      {"AVNC", "only the note's controller may do this: aval note show ID"},
      {"AVPD", "the buyer's condition is not met yet: aval ship show SHIPMENT"},
      {"AVTL", "the due date lies beyond the longest tenor of the programme"},
      {"AM04", "see the balance with  aval cash show MEMBER  and bring in cash with  aval cash issue"},
      {"AVCB", "only a cash bank for that currency may do this: --as BANK"},
      {"DUPE", "this end-to-end id was used; choose another --reference"},
      {"BSIG", "sign with the device's own key, for this chain"},
      {"AVCN", "use a --counter above the highest one that was accepted: aval ship show SHIPMENT"},
      {"AVSH", "no accepted invoice waits for this device, shipment and container"},
      {"AVST", "the device's clock is too far from block time; check --time"},
      {"AVUMS", "use a DCSA milestone such as LOAD, DEPA, ARRI, DISC, GTOT"},
  };
  const auto found = steps.find(code);
  return found == steps.end() ? std::string() : found->second;
}

}  // namespace aval::cli
