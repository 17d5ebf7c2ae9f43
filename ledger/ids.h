#pragma once

#include <compare>
#include <cstdint>
#include <type_traits>

namespace aval::ledger {

/// Position of a block; genesis is 0, the first block 1.
enum class Height : std::uint64_t {};
/// Number of a view within an epoch, from 0.
enum class View : std::uint64_t {};
/// Number of a validator set, from 0.
enum class Epoch : std::uint64_t {};
/// Index of a validator in the set of its epoch.
enum class ReplicaId : std::uint32_t {};

template <class Id>
constexpr auto number(Id id) {
  return static_cast<std::underlying_type_t<Id>>(id);
}
template <class Id>
constexpr Id next(Id id) {
  return static_cast<Id>(number(id) + 1);
}

}  // namespace aval::ledger
