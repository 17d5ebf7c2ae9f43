#pragma once

// Makes sessions out of connected sockets. Included by the .cc files of the peer network only.

#include "node/asio.h"
#include "node/peer_session.h"

namespace aval::node {

enum class LinkRole { Dialled, Accepted };

struct SessionSetup {
  const TlsContext& tls;
  LinkRole role{};
  Hello hello;
  LinkLimits limits;
  bool hears_strangers = false;  // a key that is in no seat may still prove to be in one
  PeerSession::Events events;
};

/// Starts the handshake at once.
std::shared_ptr<PeerSession> open_session(tcp::socket socket, SessionSetup setup);

}  // namespace aval::node
