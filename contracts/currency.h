#pragma once

#include <optional>
#include <string_view>

namespace aval::contracts {

/// Digits after the decimal point of a currency in use (ISO 4217, list one), such as 2 for USD and 0
/// for JPY. Nothing for an unknown code, and for metals and test codes, which have no minor unit.
std::optional<unsigned> minor_unit_digits(std::string_view currency);

inline bool is_currency(std::string_view code) { return minor_unit_digits(code).has_value(); }

}  // namespace aval::contracts
