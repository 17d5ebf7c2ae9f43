#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "crypto/base/bytes.h"
#include "crypto/base/check.h"

/// What the fuzzer feeds with hostile bytes. A target breaks an AVAL_CHECK when the code under it does
/// not keep its promise; crashes, leaks and undefined behaviour are the sanitizers' to find.
namespace aval::fuzz {

struct Target {
  std::string_view name;
  bool (*feed)(ByteView);  // true when the bytes were taken, false when they were refused
};

/// The targets of each room.
std::vector<Target> crypto_targets();
std::vector<Target> ledger_targets();
std::vector<Target> contracts_targets();
std::vector<Target> consensus_targets();
std::vector<Target> node_targets();
std::vector<Target> cli_targets();

/// One meaning, one byte string: what is decoded encodes to the very bytes it came from.
template <class Decode, class Encode>
auto round_trip(ByteView bytes, Decode decode, Encode encode) {
  auto value = decode(bytes);
  if (value) AVAL_CHECK(encode(*value) == bytes);
  return value;
}

}  // namespace aval::fuzz
