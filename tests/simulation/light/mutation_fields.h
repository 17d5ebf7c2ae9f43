#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "consensus/messages.h"

namespace aval::simulation {

/// How one value is changed. Of a list: an entry twice, one taken off, none left, all of them twice, the
/// list of an earlier message, first and last exchanged.
enum class Change { Increment, Decrement, Zero, Most, Old, Swap };
constexpr std::size_t changes = 6;

/// One field of one kind of message.
struct MutableField {
  std::size_t kind = 0;  // index in consensus::Message
  std::string name;      // with that of the kind before it
  /// Changes the field of `message`, which is of the kind; `donor` is an earlier one of the kind. False when
  /// that made no difference, or there is no such field, as in a view change that shows no certificate.
  bool (*apply)(consensus::Message& message, const consensus::Message& donor, Change change);
  /// The sender's signature is made anew afterwards, so that nothing but the change can be wrong.
  bool is_signed_again = true;
};

/// Every field of every kind.
const std::vector<MutableField>& mutable_fields();

}  // namespace aval::simulation
