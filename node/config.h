#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "crypto/base/result.h"

namespace aval::node {

struct HostPort {
  std::string host;
  std::uint16_t port = 0;
  bool operator==(const HostPort&) const = default;
};

/// node.json, checked. Nothing in it can affect consensus. Paths are relative to the file's folder.
/// `avald --config FILE --effective` prints every key with its value.
struct Config {
  std::filesystem::path genesis;
  std::filesystem::path data_dir;
  std::string member;                       // whose node this is
  bool join = false;                        // seat or keys are what a later epoch names: follow until then
  struct Identity {
    std::filesystem::path vote_key;
    std::filesystem::path tls_key;
    std::filesystem::path tls_certificate;
    std::filesystem::path ca_certificate;
    std::filesystem::path passphrase_file;  // of both keys
  } identity;
  struct Peers {
    HostPort listen;
    std::vector<std::string> overrides;     // "member=host:port", instead of the genesis address
    std::size_t answers_mb_per_minute = 6000;  // blocks, batches and snapshots that one peer is given on demand
  } p2p;
  struct Api {
    HostPort listen;
    std::size_t connections_max = 512;
    std::size_t requests_per_second = 2000;  // of one client address, on average; faster ones are read later
  } api;
  struct Gateway {
    std::filesystem::path key;              // empty: no gateway
    std::filesystem::path passphrase_file;
    std::string member;
  } gateway;
  struct Storage {
    std::size_t cache_mb = 32;
    std::size_t disk_reserve_mb = 256;      // below it new transactions are refused
  } storage;
  struct Log {
    std::string level = "info";
    std::string format = "text";            // or json
  } log;
};

/// Reads and checks a configuration. Errors name file, key and remedy; an unknown key names the
/// nearest known one; a secret written inline is refused.
Result<Config> read_config(const std::filesystem::path& path);

/// The effective configuration as JSON, each value with where it came from (default or file).
std::string effective_json(const Config& config);

}  // namespace aval::node
