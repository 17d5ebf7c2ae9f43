#pragma once

#include <cstdint>
#include <string_view>

namespace aval::contracts {

/// The result of a command or a transaction; numbered for ever, explained in contracts/README.md.
/// 0 is applied. The numbers are grouped by the object that refuses.
enum class Status : std::uint32_t {
  Applied = 0,
  // envelope and authority
  Malformed = 1,            // AVMF: the command's bytes are not canonical or a field is out of form
  UnknownMember = 2,        // AVUM
  MemberSuspended = 3,      // AVMS
  UnknownKey = 4,           // AVUK: a signature by a key that is not the sender's
  KeyRevoked = 5,           // AVKR
  NotPermitted = 6,         // AVNP: wrong role or not the party this command belongs to
  CheckerMissing = 7,       // AVCM: maker and another person's checker are both needed
  ClientRefReused = 8,      // AVCR: the reference already names other bytes
  ValidityTooLong = 9,      // AVVL
  AlreadyExists = 10,       // AVAE
  NotFound = 11,            // AVNF
  WrongState = 12,          // AVWS
  WrongAmount = 13,         // AVWA
  WrongCurrency = 14,       // AVWC
  WrongDate = 15,           // AVWD
  Overflow = 16,            // AVOV
  CounterpartMissing = 17,  // AVCP: another party's signature is needed in the same envelope
  RolledBack = 18,          // AVRB: another command of the same envelope was refused
  LimitReached = 19,        // AVLR: a bound of the ledger stands in the way
  // invoice and register
  AssignedInvoice = 30,      // AVAI: type 393 or 396
  DuplicateFinanced = 31,    // DFIN
  DuplicateRegistered = 32,  // REDU: the exact fingerprint is held by another live invoice
  UnsupportedType = 33,      // AVUT
  FingerprintMismatch = 34,  // AVFM: the buyer's own fingerprint differs from the seller's
  // financing and notes
  NoteLocked = 40,        // AVNL
  NotController = 41,     // AVNC
  ConditionPending = 42,  // AVPD: the obligation is not yet unconditional
  TenorTooLong = 43,      // AVTL
  // cash
  InsufficientFunds = 50,  // AM04
  NotCashBank = 51,        // AVCB
  ReferenceReused = 52,    // DUPE: this end-to-end id was used
  // devices
  AttestationMalformed = 60,  // INCD
  BadDeviceSignature = 61,    // BSIG
  UnknownDevice = 62,         // AVUD
  DeviceRevoked = 63,         // AVDR
  CounterNotGrowing = 64,     // AVCN: replayed or out of order
  WrongShipment = 65,         // AVSH: no open obligation waits for this device on this shipment and container
  AttestationStale = 66,      // AVST
  UnknownMilestone = 67,      // AVUMS
  // governance
  ChangeInFlight = 70,     // AVCF: an epoch has one change at a time
  ProposalExpired = 71,    // AVPX
  DigestMismatch = 72,     // AVDM: what is approved is not what was proposed
  NotReady = 73,           // AVNR: the observer has not shown lately that it has caught up
  TooFewValidators = 74,   // AVTF
  ParameterOutOfBounds = 75,  // AVPB
  KeyUsed = 76,            // AVKU: a seat has, or had, this key
  BadPossession = 77,      // AVBP: the signature by the new key itself does not verify
};

/// The short market or Aval code of a status, such as "DFIN"; "OK" for Applied.
std::string_view code_of(Status status);
/// One sentence for people, such as "the note is locked in an open financing".
std::string_view sentence_of(Status status);

}  // namespace aval::contracts
