#pragma once

#include <map>
#include <string>
#include <vector>

#include "contracts/context.h"
#include "ledger/envelope.h"

namespace aval::contracts {

/// Who signed an envelope, judged against the state below it: the sender, and counterparts that some
/// commands need in the same envelope.
class Signers {
 public:
  /// The sender of `envelope` and its signatures. `counterparts` are the members that the envelope's
  /// commands ask for; a signature by anyone else is UnknownKey. The guards, in order: UnknownMember,
  /// MemberSuspended, then for each signature UnknownKey, KeyRevoked; then UnknownKey when no
  /// signature is the sender's, and CheckerMissing when what the sender signed permits nothing.
  static Status judge(const ledger::Envelope& envelope, const std::vector<std::string>& counterparts,
                      const ledger::StateReader& state, Signers& out);

  const pb::Member& sender() const { return sender_; }
  /// May the sender's signatures carry this command? A gateway key may only attest; everything else
  /// needs a maker or a checker, or under dual control both.
  Status permits(const pb::Command& command) const;
  /// True when `member` (the sender or a counterpart) signed as its own dual control asks.
  bool signed_by(const std::string& member) const;
  /// True when some key of the sender other than `public_key` signed.
  bool signed_by_key_other_than(ByteView public_key) const;

 private:
  /// What one member's signatures amount to.
  struct Party {
    bool dual_control = false;
    bool maker = false;
    bool checker = false;
    bool gateway = false;
    bool complete() const { return dual_control ? maker && checker : maker || checker; }
  };
  static void count(Party& party, pb::KeyRole role);

  pb::Member sender_;
  std::vector<Bytes> sender_keys_;
  std::map<std::string, Party, std::less<>> parties_;
};

bool has_role(const pb::Member& member, pb::Role role);

}  // namespace aval::contracts
