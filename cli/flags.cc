#include "cli/flags.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "cli/ubl_amounts.h"
#include "contracts/calendar.h"
#include "contracts/context.h"
#include "contracts/currency.h"
#include "contracts/money.h"

namespace aval::cli {
namespace {

constexpr unsigned percent_to_ppb_digits = 7;  // 1 % a year is 10,000,000 parts per billion

unexpected wrong(std::string message) { return unexpected(Error::Code::Malformed, std::move(message)); }

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out;
  std::string::size_type start = 0;
  for (auto end = text.find(separator); end != std::string::npos; end = text.find(separator, start)) {
    out.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  out.push_back(text.substr(start));
  return out;
}

/// The ledger wants lists ascending and distinct; people need not know.
std::set<std::string> sorted(const std::string& text) {
  const auto words = split(text, '+');
  return {words.begin(), words.end()};
}

Result<std::uint32_t> parse_count(const std::string& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value > 0) return value;
  return wrong("--condition: k=" + text + " must be a number of devices");
}

Result<void> set_part(contracts::pb::Condition& condition, const std::string& key, const std::string& value) {
  if (value.empty()) return wrong("--condition: " + key + "= has no value");
  if (key == "shipment")
    condition.set_shipment(value);
  else if (key == "container")
    condition.set_container(value);
  else if (key == "milestones")
    for (const auto& word : sorted(value)) condition.add_milestones(word);
  else if (key == "devices")
    for (const auto& word : sorted(value)) condition.add_devices(word);
  else if (key == "k") {
    AVAL_ASSIGN(const std::uint32_t threshold, parse_count(value));
    condition.set_threshold(threshold);
  } else if (key == "by") {
    AVAL_ASSIGN(const std::uint32_t day, parse_day(value, "--condition by="));
    condition.set_by_date(day);
  } else {
    return wrong("--condition: unknown key '" + key +
                 "'; known are shipment, container, milestones, devices, k, by");
  }
  return {};
}

Result<void> complete(contracts::pb::Condition& condition, std::uint32_t due_date) {
  if (condition.shipment().empty()) return wrong("--condition: shipment= is missing");
  if (!contracts::is_id(condition.shipment()))
    return wrong("--condition: shipment=" + condition.shipment() + " must be 1 to 64 of a-z, 0-9 and -");
  if (condition.container().empty()) return wrong("--condition: container= is missing");
  if (condition.milestones().empty()) return wrong("--condition: milestones= is missing, such as LOAD+DISC");
  if (condition.devices().empty())
    return wrong("--condition: devices= is missing, such as device-1+device-2");
  const auto devices = static_cast<std::uint32_t>(condition.devices_size());
  if (condition.threshold() == 0) condition.set_threshold(devices);
  if (condition.threshold() > devices) return wrong("--condition: k is more than there are devices");
  if (condition.by_date() == 0) condition.set_by_date(due_date);
  return {};
}

}  // namespace

Result<std::uint64_t> parse_rate(const std::string& text) {
  const std::string form = "--rate: '" + text + "' must be a yearly percentage such as 5.35%";
  if (!text.ends_with('%')) return wrong(form);
  const auto decimal = parse_decimal(text.substr(0, text.size() - 1));
  if (!decimal || decimal->digits < 0 || decimal->scale > percent_to_ppb_digits) return wrong(form);
  auto ppb = static_cast<std::uint64_t>(decimal->digits);
  for (unsigned i = decimal->scale; i < percent_to_ppb_digits; ++i) {
    if (ppb > contracts::rate_ppb_max) return wrong("--rate: more than 100 % a year");
    ppb *= 10;
  }
  if (ppb > contracts::rate_ppb_max) return wrong("--rate: more than 100 % a year");
  return ppb;
}

Result<std::uint32_t> parse_day(const std::string& text, const char* flag) {
  auto day = contracts::parse_date(text);
  if (!day) return wrong(std::string(flag) + ": '" + text + "' must be a date such as 2027-01-31");
  return day;
}

Result<contracts::pb::Money> parse_money(const std::string& amount, const std::string& currency) {
  if (!contracts::is_currency(currency))
    return wrong("'" + currency + "' is not a currency code of ISO 4217");
  const auto minor = contracts::parse_amount(amount, currency);
  if (!minor)
    return wrong("'" + amount + "' is not an amount in " + currency +
                 ", such as 1234.56: " + minor.error().message);
  contracts::pb::Money money;
  money.set_currency(currency);
  money.set_minor(*minor);
  return money;
}

Result<contracts::pb::Condition> parse_condition(const std::string& text, std::uint32_t due_date) {
  contracts::pb::Condition condition;
  std::set<std::string> seen;
  for (const auto& part : split(text, ',')) {
    const auto equals = part.find('=');
    if (equals == std::string::npos) return wrong("--condition: '" + part + "' must be key=value");
    const std::string key = part.substr(0, equals);
    if (!seen.insert(key).second) return wrong("--condition: " + key + "= stands twice");
    AVAL_TRY(set_part(condition, key, part.substr(equals + 1)));
  }
  AVAL_TRY(complete(condition, due_date));
  return condition;
}

Result<std::vector<std::int64_t>> parse_parts(const std::string& text, const std::string& currency) {
  std::vector<std::int64_t> parts;
  for (const auto& word : split(text, ',')) {
    AVAL_ASSIGN(const auto money, parse_money(word, currency));
    parts.push_back(money.minor());
  }
  return parts;
}

}  // namespace aval::cli
