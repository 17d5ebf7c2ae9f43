#pragma once

#include <string>

#include "cli/ubl.h"
#include "contracts/genesis.h"

namespace aval::cli {

/// Which member of the network a party of an invoice is: the one with member_id_of() as its id, else
/// the only one with the party's LEI, else VAT number, else electronic address; letters and digits
/// decide, in any spelling. Refused when none or several fit; `term` (BG-4, BG-7) names the party.
Result<std::string> resolve_member(const contracts::pb::Genesis& genesis, const UblParty& party,
                                   const char* term);

const contracts::pb::Member* find_member(const contracts::pb::Genesis& genesis, const std::string& id);

/// Whether a member is the party, as far as LEI and VAT number tell: the first that both have decides.
enum class Likeness { Same, Different, Unknown };
Likeness compare(const contracts::pb::Member& member, const UblParty& party);

}  // namespace aval::cli
