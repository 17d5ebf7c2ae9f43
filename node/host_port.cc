#include "node/host_port.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace aval::node {

namespace {

unexpected malformed(const std::string& what) { return unexpected(Error::Code::Malformed, what); }

bool consists_of(std::string_view text, std::string_view others) {
  const auto is_letter_or_digit = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
  });
}

/// A name or an IPv4 address, or an IPv6 address in brackets (RFC 3986 section 3.2.2); without the brackets.
std::optional<std::string> read_host(const std::string& text) {
  const bool is_bracketed = text.size() > 2 && text.front() == '[' && text.back() == ']';
  if (!is_bracketed) return consists_of(text, "-._") ? std::optional(text) : std::nullopt;
  const std::string inner = text.substr(1, text.size() - 2);
  const bool is_ipv6 = consists_of(inner, ":.%") && inner.find(':') != std::string::npos;
  return is_ipv6 ? std::optional(inner) : std::nullopt;
}

}  // namespace

Result<HostPort> parse_host_port(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return malformed("\"" + address + "\" is not host:port");
  const auto host = read_host(address.substr(0, colon));
  const std::string digits = address.substr(colon + 1);
  const bool numeric = !digits.empty() && digits.size() <= 5 &&
                       std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!host) return malformed("\"" + address + "\" does not begin with a name, an IPv4 address or an IPv6 address in brackets");
  if (!numeric || std::stoul(digits) > 65535) {
    return malformed("\"" + address + "\" is not host:port with a port from 0 to 65535");
  }
  return HostPort{*host, static_cast<std::uint16_t>(std::stoul(digits))};
}

std::string to_text(const HostPort& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace aval::node
