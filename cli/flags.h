#pragma once

#include <string>

#include "contracts/finance.h"
#include "crypto/base/result.h"

namespace aval::cli {

/// What people write behind a flag. Every error names the flag and shows the form.

/// "5.35%" as parts per billion a year, exactly.
Result<std::uint64_t> parse_rate(const std::string& text);

/// "2026-01-31" as days since 1970.
Result<std::uint32_t> parse_day(const std::string& text, const char* flag);

/// "1234.56" in minor units of a currency of ISO 4217.
Result<contracts::pb::Money> parse_money(const std::string& amount, const std::string& currency);

/// "shipment=S,container=C,milestones=LOAD+DISC,devices=d1+d2,k=2,by=2027-01-31". Milestones and devices
/// are sorted; k is all of the devices where it is absent, `by` the due date.
Result<contracts::pb::Condition> parse_condition(const std::string& text, std::uint32_t due_date);

/// "amount,amount,..." of one currency.
Result<std::vector<std::int64_t>> parse_parts(const std::string& text, const std::string& currency);

}  // namespace aval::cli
