#include "node/client_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

namespace aval::node {
namespace {

constexpr std::string_view scheme = "http://";

unexpected bad_url(const std::string& text) {
  return unexpected(Error::Code::Malformed, "url " + text + ": must be http://host:port");
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

std::string text_of(int error) { return std::generic_category().message(error); }

ClientSocket::Moved moved(ssize_t count) {
  using Outcome = ClientSocket::Moved::Outcome;
  if (count >= 0) return {Outcome::Done, static_cast<std::size_t>(count), 0};
  const int error = errno;
  const bool would_block = error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
  return {would_block ? Outcome::WouldBlock : Outcome::Failed, 0, error};
}

}  // namespace

Result<HttpUrl> parse_http_url(const std::string& text) {
  std::string_view rest = text;
  if (!rest.starts_with(scheme)) return bad_url(text);
  rest.remove_prefix(scheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos || !is_port(rest.substr(colon + 1))) return bad_url(text);
  std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool is_sound = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return c > 0x20 && c < 0x7F && std::string_view("/?#@[]%\\\"").find(c) == std::string_view::npos;
  });
  if (!is_sound) return bad_url(text);
  return HttpUrl{text, std::string(host), std::string(rest.substr(colon + 1))};
}

std::string host_field(const HttpUrl& url) {
  const bool is_v6 = url.host.find(':') != std::string::npos;
  return (is_v6 ? "[" + url.host + "]" : url.host) + ":" + url.port;
}

Result<std::vector<SocketAddress>> resolve(const HttpUrl& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &list);
  if (failed != 0) return unexpected(Error::Code::Unavailable, url.text + ": " + ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<SocketAddress> addresses;
  for (const addrinfo* at = list; at != nullptr; at = at->ai_next) {
    SocketAddress address;
    std::memcpy(&address.bytes, at->ai_addr, at->ai_addrlen);
    address.size = at->ai_addrlen;
    addresses.push_back(address);
  }
  return addresses;
}

Result<ClientSocket> ClientSocket::begin(const SocketAddress& address) {
  ClientSocket socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return unexpected(Error::Code::Unavailable, text_of(errno));
  const int on = 1;
  (void)::setsockopt(socket.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* target = static_cast<const sockaddr*>(static_cast<const void*>(&address.bytes));
  if (::connect(socket.fd_, target, address.size) != 0 && errno != EINPROGRESS) {
    return unexpected(Error::Code::Unavailable, text_of(errno));
  }
  return socket;
}

ClientSocket& ClientSocket::operator=(ClientSocket&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = other.release();
  }
  return *this;
}

int ClientSocket::release() { return std::exchange(fd_, -1); }

void ClientSocket::close() {
  if (fd_ >= 0) ::close(release());
}

std::string ClientSocket::connect_error() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error == 0 ? std::string() : text_of(error);
}

ClientSocket::Moved ClientSocket::send(ByteView bytes) {
  return moved(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

ClientSocket::Moved ClientSocket::receive(char* into, std::size_t capacity) {
  return moved(::recv(fd_, into, capacity, 0));
}

}  // namespace aval::node
