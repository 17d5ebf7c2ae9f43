#include "node/host_port.h"

#include <algorithm>

namespace aval::node {

namespace {

unexpected malformed(const std::string& what) { return unexpected(Error::Code::Malformed, what); }

}  // namespace

Result<HostPort> parse_host_port(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return malformed("\"" + address + "\" is not host:port");
  std::string host = address.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  const std::string digits = address.substr(colon + 1);
  const bool numeric = !digits.empty() && digits.size() <= 5 &&
                       std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (host.empty() || !numeric || std::stoul(digits) > 65535) {
    return malformed("\"" + address + "\" is not host:port with a port from 0 to 65535");
  }
  return HostPort{host, static_cast<std::uint16_t>(std::stoul(digits))};
}

std::string to_text(const HostPort& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

}  // namespace aval::node
