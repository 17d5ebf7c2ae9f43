#pragma once

namespace aval::node {

/// Of this program; the protocol has numbers of its own (node/hello.h).
constexpr const char* version_text = "0.1.0";

}  // namespace aval::node
