#pragma once

#include "cli/ubl.h"
#include "cli/ubl_xml.h"

namespace aval::cli {

/// BG-4 and BG-7 of an invoice or credit note, as far as they are there.
UblParty seller_of(pugi::xml_node root);
UblParty buyer_of(pugi::xml_node root);

/// The payee (BG-10), when there is one that is not the seller itself: its name, or its identifier
/// when it has no name. Empty when the seller is to be paid.
///
/// A payee is the seller when an identifier of the same kind (legal registration, VAT, party
/// identification under one scheme) says so; it is somebody else when such an identifier differs.
/// Where nothing can be compared, names decide, letters and digits only.
std::string foreign_payee_of(pugi::xml_node root);

}  // namespace aval::cli
