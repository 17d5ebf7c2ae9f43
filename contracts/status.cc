#include "contracts/status.h"

#include <algorithm>
#include <iterator>

namespace aval::contracts {
namespace {

struct Explained {
  Status status;
  std::string_view code;
  std::string_view sentence;
};

// Ascending by number. contracts/README.md prints the same table; a test compares them.
constexpr Explained table[] = {
    {Status::Applied, "OK", "applied"},
    {Status::Malformed, "AVMF", "the command's bytes are not canonical, or a field is out of form"},
    {Status::UnknownMember, "AVUM", "no such member"},
    {Status::MemberSuspended, "AVMS", "the member is suspended"},
    {Status::UnknownKey, "AVUK", "signed by a key that is not the sender's"},
    {Status::KeyRevoked, "AVKR", "the key has been revoked"},
    {Status::NotPermitted, "AVNP", "wrong role, or not the party this command belongs to"},
    {Status::CheckerMissing, "AVCM", "a maker and another person's checker must both sign"},
    {Status::ClientRefReused, "AVCR", "the client reference already names another transaction"},
    {Status::ValidityTooLong, "AVVL", "valid_until lies further ahead than the ledger allows"},
    {Status::AlreadyExists, "AVAE", "the id is taken, or the fact is already recorded"},
    {Status::NotFound, "AVNF", "the thing named does not exist"},
    {Status::WrongState, "AVWS", "the thing named is not in a state that allows this"},
    {Status::WrongAmount, "AVWA", "the amount is out of its bounds"},
    {Status::WrongCurrency, "AVWC", "the currency is unknown or not the one in question"},
    {Status::WrongDate, "AVWD", "a date is out of order or out of its bounds"},
    {Status::Overflow, "AVOV", "a sum would not fit 64 bits"},
    {Status::CounterpartMissing, "AVCP", "another party must sign the same envelope"},
    {Status::RolledBack, "AVRB", "not applied, because another command of the envelope was refused"},
    {Status::LimitReached, "AVLR", "a bound of the ledger stands in the way"},
    {Status::AssignedInvoice, "AVAI", "the invoice says that it is assigned already (type 393 or 396)"},
    {Status::DuplicateFinanced, "DFIN", "the same invoice is financed already"},
    {Status::DuplicateRegistered, "REDU", "the same invoice is registered already"},
    {Status::UnsupportedType, "AVUT", "only plain commercial invoices (type 380) are taken"},
    {Status::FingerprintMismatch, "AVFM",
     "the buyer's own fingerprint of the invoice differs from the seller's"},
    {Status::NoteLocked, "AVNL", "the note is locked in an open financing"},
    {Status::NotController, "AVNC", "the sender does not control the note"},
    {Status::ConditionPending, "AVPD", "the obligation is not yet unconditional"},
    {Status::TenorTooLong, "AVTL", "the term is longer than the programme allows"},
    {Status::InsufficientFunds, "AM04", "the account does not hold enough cash"},
    {Status::NotCashBank, "AVCB", "not a cash bank of this currency"},
    {Status::ReferenceReused, "DUPE", "this end-to-end id was used before"},
    {Status::AttestationMalformed, "INCD", "not the one accepted form of an attestation"},
    {Status::BadDeviceSignature, "BSIG", "the device's signature does not verify"},
    {Status::UnknownDevice, "AVUD", "no such device"},
    {Status::DeviceRevoked, "AVDR", "the device has been revoked"},
    {Status::CounterNotGrowing, "AVCN", "the device's counter does not grow: replayed or out of order"},
    {Status::WrongShipment, "AVSH",
     "no open obligation waits for this device on this shipment and container"},
    {Status::AttestationStale, "AVST", "the attestation's time is too far from block time"},
    {Status::UnknownMilestone, "AVUMS", "not a milestone code of DCSA"},
    {Status::ChangeInFlight, "AVCF", "another change of the validators or parameters is under way"},
    {Status::ProposalExpired, "AVPX", "the proposal can no longer be approved"},
    {Status::DigestMismatch, "AVDM", "what is approved is not what was proposed"},
    {Status::NotReady, "AVNR", "the observer has not shown lately that it has caught up"},
    {Status::TooFewValidators, "AVTF", "fewer than four validators would be left"},
    {Status::ParameterOutOfBounds, "AVPB", "a parameter is outside its bounds"},
    {Status::KeyUsed, "AVKU", "a seat has or had this key"},
    {Status::BadPossession, "AVBP", "the signature that shows who holds the new key does not verify"},
};

const Explained* find(Status status) {
  const auto* found = std::find_if(std::begin(table), std::end(table),
                                   [&](const Explained& row) { return row.status == status; });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace

std::string_view code_of(Status status) {
  const Explained* row = find(status);
  return row == nullptr ? "AV??" : row->code;
}

std::string_view sentence_of(Status status) {
  const Explained* row = find(status);
  return row == nullptr ? "a status this version does not know" : row->sentence;
}

}  // namespace aval::contracts
