#include "node/http_query.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace aval::node {
namespace {

constexpr std::size_t segments_max = 8;
constexpr std::size_t pairs_max = 8;
constexpr std::size_t name_bytes_max = 200;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

bool is_plain(std::string_view text) {
  return text.size() <= name_bytes_max && std::all_of(text.begin(), text.end(), is_name_character);
}

bool is_segment(std::string_view text) {
  return !text.empty() && is_plain(text) && text != "." && text != "..";
}

unexpected malformed(std::string_view name, std::string_view what) {
  return unexpected(Error::Code::Malformed, std::string(name).append(": ").append(what));
}

/// Cuts `text` at the first `separator`; what stands before it is returned, `text` keeps the rest.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view first = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return first;
}

/// A decimal number without sign, leading zero or anything behind it.
std::optional<std::uint32_t> plain_number(std::string_view text) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::vector<std::string_view>> split_path(std::string_view path) {
  if (!path.starts_with('/') || path.ends_with('/')) return std::nullopt;
  path.remove_prefix(1);
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const std::string_view segment = cut(path, '/');
    if (!is_segment(segment) || segments.size() == segments_max) return std::nullopt;
    segments.push_back(segment);
  }
  return segments;
}

Result<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    std::string_view value = cut(text, '&');
    const bool has_value = value.find('=') != std::string_view::npos;
    const std::string_view name = cut(value, '=');
    if (!has_value || name.empty() || !is_plain(name) || !is_plain(value)) {
      return malformed("query", "must be name=value pairs of [A-Za-z0-9._-], joined by '&'");
    }
    if (query.pairs_.size() == pairs_max) return malformed("query", "has too many parameters");
    const auto same = [&](const Pair& pair) { return pair.name == name; };
    if (std::any_of(query.pairs_.begin(), query.pairs_.end(), same)) {
      return malformed("query", "a parameter stands twice");
    }
    query.pairs_.push_back({name, value});
  }
  return query;
}

std::optional<std::string_view> Query::take(std::string_view name) {
  const auto found =
      std::find_if(pairs_.begin(), pairs_.end(), [&](const Pair& pair) { return pair.name == name; });
  if (found == pairs_.end()) return std::nullopt;
  const std::string_view value = found->value;
  pairs_.erase(found);
  return value;
}

Result<bool> Query::flag(std::string_view name) {
  const auto value = take(name);
  if (!value || *value == "0") return false;
  if (*value == "1") return true;
  return malformed(name, "must be 0 or 1");
}

Result<std::chrono::milliseconds> Query::wait(std::string_view name) {
  auto value = take(name);
  if (!value) return std::chrono::milliseconds(0);
  const bool milliseconds = value->ends_with("ms");
  if (!value->ends_with('s')) return malformed(name, "must be a number of s or ms, such as 10s");
  value->remove_suffix(milliseconds ? 2 : 1);
  const auto count = plain_number(*value);
  if (!count) return malformed(name, "must be a number of s or ms, such as 10s");
  const auto duration = milliseconds ? std::chrono::milliseconds(*count)
                                     : std::chrono::milliseconds(std::chrono::seconds(*count));
  if (duration > wait_max) return malformed(name, "must be at most 60s");
  return duration;
}

Result<std::size_t> Query::limit(std::string_view name) {
  const auto value = take(name);
  if (!value) return page_items_max;
  const auto count = plain_number(*value);
  if (!count || *count == 0 || *count > page_items_max) return malformed(name, "must be 1 to 100");
  return std::size_t{*count};
}

std::string_view Query::text(std::string_view name) { return take(name).value_or(std::string_view()); }

Result<void> Query::finish() const {
  if (!pairs_.empty()) return malformed("query", "has a parameter that this call does not take");
  return {};
}

}  // namespace aval::node
