#pragma once

#include "node/config.h"

namespace aval::node {

/// "host:port" or "[v6]:port".
Result<HostPort> parse_host_port(const std::string& address);
std::string to_text(const HostPort& address);

}  // namespace aval::node
