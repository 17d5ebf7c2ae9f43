#pragma once

#include "node/config.h"

namespace aval::node {

/// "host:port", where host is a name or an IPv4 address, or "[v6]:port". Malformed, saying which part is not.
Result<HostPort> parse_host_port(const std::string& address);
std::string to_text(const HostPort& address);

}  // namespace aval::node
