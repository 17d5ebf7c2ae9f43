#include "node/config.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <set>

#include <nlohmann/json.hpp>

#include "node/edit_distance.h"
#include "node/host_port.h"
#include "node/strict_json.h"

namespace aval::node {

namespace {

using nlohmann::json;

constexpr std::size_t file_bytes_max = 64 * 1024;
constexpr std::size_t cache_mb_min = 8;
constexpr std::size_t cache_mb_max = 65536;
constexpr std::size_t reserve_mb_max = 1U << 20U;
constexpr std::size_t connections_limit = 10000;
constexpr std::size_t requests_min = 10;  // else connections of a hasty client would wait for minutes
constexpr std::size_t requests_limit = 1'000'000;
constexpr std::size_t answers_mb_limit = 1'000'000;

unexpected wrong(const std::string& what) { return unexpected(Error::Code::Malformed, what); }

Result<std::string> text(const json& value) {
  if (!value.is_string()) return wrong("must be text in quotes");
  auto result = value.get<std::string>();
  if (result.find("-----BEGIN") != std::string::npos || result.find('\n') != std::string::npos) {
    return wrong("holds a secret or a document; write it to a file of mode 0600 and name the file here");
  }
  return result;
}

Result<std::string> one_of(const json& value, const std::set<std::string>& allowed) {
  AVAL_ASSIGN(std::string chosen, text(value));
  if (allowed.contains(chosen)) return chosen;
  std::string list;
  for (const std::string& each : allowed) list += (list.empty() ? "" : ", ") + each;
  return wrong("must be one of " + list);
}

Result<std::size_t> whole_number(const json& value, std::size_t least, std::size_t most) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least || value.get<std::uint64_t>() > most) {
    return wrong("must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return value.get<std::size_t>();
}

Result<HostPort> host_port(const json& value) {
  AVAL_ASSIGN(const std::string address, text(value));
  return parse_host_port(address);
}

Result<std::vector<std::string>> overrides(const json& value) {
  if (!value.is_array()) return wrong("must be a list of \"member=host:port\"");
  std::vector<std::string> result;
  for (const json& each : value) {
    AVAL_ASSIGN(const std::string entry, text(each));
    const std::size_t equals = entry.find('=');
    if (equals == 0 || equals == std::string::npos) return wrong("\"" + entry + "\" is not \"member=host:port\"");
    AVAL_TRY(parse_host_port(entry.substr(equals + 1)));
    result.push_back(entry);
  }
  return result;
}

/// One key of node.json: how it is read, how it is shown, and whether it must be there.
struct Key {
  std::string name;  // dotted
  bool required = false;
  std::function<Result<void>(Config&, const json&)> read;
  std::function<json(const Config&)> show;
};

/// A key whose value `parse` turns into the type of the field that `field` picks.
template <class Field, class Parse>
Key key(std::string name, bool required, Field field, Parse parse) {
  auto read = [field, parse](Config& config, const json& value) -> Result<void> {
    AVAL_ASSIGN(field(config), parse(value));
    return {};
  };
  auto show = [field](const Config& config) -> json {
    Config copy = config;
    auto& value = field(copy);
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(value)>, HostPort>) {
      return to_text(value);
    } else if constexpr (std::is_same_v<std::remove_reference_t<decltype(value)>, std::filesystem::path>) {
      return value.string();
    } else {
      return value;
    }
  };
  return {std::move(name), required, read, show};
}

template <class Field>
Key path_key(std::string name, bool required, Field field) {
  return key(std::move(name), required, field, [](const json& value) -> Result<std::filesystem::path> {
    AVAL_ASSIGN(std::string name_of_file, text(value));
    if (name_of_file.starts_with("file:")) name_of_file.erase(0, 5);
    if (name_of_file.empty()) return wrong("must name a file");
    return std::filesystem::path(name_of_file);
  });
}

Result<bool> truth(const json& value) {
  if (!value.is_boolean()) return wrong("must be true or false");
  return value.get<bool>();
}

auto within(std::size_t least, std::size_t most) {
  return [least, most](const json& value) { return whole_number(value, least, most); };
}

const std::vector<Key>& keys() {
  static const std::vector<Key> all = {
      path_key("genesis", true, [](Config& c) -> auto& { return c.genesis; }),
      path_key("data_dir", true, [](Config& c) -> auto& { return c.data_dir; }),
      key("member", true, [](Config& c) -> auto& { return c.member; }, text),
      key("join", false, [](Config& c) -> auto& { return c.join; }, truth),
      path_key("identity.vote_key", true, [](Config& c) -> auto& { return c.identity.vote_key; }),
      path_key("identity.tls_key", true, [](Config& c) -> auto& { return c.identity.tls_key; }),
      path_key("identity.tls_certificate", true, [](Config& c) -> auto& { return c.identity.tls_certificate; }),
      path_key("identity.ca_certificate", false, [](Config& c) -> auto& { return c.identity.ca_certificate; }),
      path_key("identity.passphrase_file", true, [](Config& c) -> auto& { return c.identity.passphrase_file; }),
      key("p2p.listen", true, [](Config& c) -> auto& { return c.p2p.listen; }, host_port),
      key("p2p.overrides", false, [](Config& c) -> auto& { return c.p2p.overrides; }, overrides),
      key("p2p.answers_mb_per_minute", false, [](Config& c) -> auto& { return c.p2p.answers_mb_per_minute; },
          within(1, answers_mb_limit)),
      key("api.listen", true, [](Config& c) -> auto& { return c.api.listen; }, host_port),
      key("api.connections_max", false, [](Config& c) -> auto& { return c.api.connections_max; },
          within(1, connections_limit)),
      key("api.requests_per_second", false, [](Config& c) -> auto& { return c.api.requests_per_second; },
          within(requests_min, requests_limit)),
      path_key("gateway.key", false, [](Config& c) -> auto& { return c.gateway.key; }),
      path_key("gateway.passphrase_file", false, [](Config& c) -> auto& { return c.gateway.passphrase_file; }),
      key("gateway.member", false, [](Config& c) -> auto& { return c.gateway.member; }, text),
      key("storage.cache_mb", false, [](Config& c) -> auto& { return c.storage.cache_mb; },
          within(cache_mb_min, cache_mb_max)),
      key("storage.disk_reserve_mb", false, [](Config& c) -> auto& { return c.storage.disk_reserve_mb; },
          within(0, reserve_mb_max)),
      key("log.level", false, [](Config& c) -> auto& { return c.log.level; },
          [](const json& v) { return one_of(v, {"debug", "info", "warn", "error"}); }),
      key("log.format", false, [](Config& c) -> auto& { return c.log.format; },
          [](const json& v) { return one_of(v, {"text", "json"}); }),
  };
  return all;
}

const Key* find_key(std::string_view name) {
  const auto found = std::find_if(keys().begin(), keys().end(), [&](const Key& k) { return k.name == name; });
  return found == keys().end() ? nullptr : &*found;
}

bool is_section(const std::string& name) {
  return std::any_of(keys().begin(), keys().end(), [&](const Key& k) { return k.name.starts_with(name + "."); });
}

std::vector<std::string> known_names() {
  std::set<std::string> names;
  for (const Key& each : keys()) {
    names.insert(each.name);
    if (const auto dot = each.name.find('.'); dot != std::string::npos) names.insert(each.name.substr(0, dot));
  }
  return {names.begin(), names.end()};
}

/// Line of the first place where the last part of `name` stands as a key; 0 when it cannot be told.
std::size_t line_of(const std::string& document, const std::string& name) {
  const std::string last = '"' + name.substr(name.rfind('.') + 1) + '"';
  const std::size_t at = document.find(last);
  if (at == std::string::npos) return 0;
  const auto end = document.begin() + static_cast<std::ptrdiff_t>(at);
  return 1 + static_cast<std::size_t>(std::count(document.begin(), end, '\n'));
}

/// Reads one document into one Config; knows the file's name and text for its messages.
class Reader {
 public:
  Reader(const std::filesystem::path& path, const std::string& document) : path_(path), document_(document) {}

  Result<Config> read(const json& root) {
    if (!root.is_object()) return unexpected(Error::Code::Malformed, path_.string() + ": must be a JSON object");
    AVAL_TRY(read_object("", root));
    for (const Key& each : keys()) {
      if (each.required && !seen_.contains(each.name)) return fault(each.name, "is missing");
    }
    AVAL_TRY(check_gateway());
    return std::move(config_);
  }

 private:
  unexpected fault(const std::string& name, const std::string& what) const {
    const std::size_t line = line_of(document_, name);
    const std::string place = line == 0 ? "" : ":" + std::to_string(line);
    return unexpected(Error::Code::Malformed, path_.string() + place + ": \"" + name + "\" " + what);
  }

  Result<void> read_object(const std::string& prefix, const json& object) {
    for (const auto& [name, value] : object.items()) AVAL_TRY(read_member(prefix + name, value));
    return {};
  }

  Result<void> read_member(const std::string& name, const json& value) {
    if (const Key* known = find_key(name)) {
      if (auto taken = known->read(config_, value); !taken) return fault(name, taken.error().message);
      seen_.insert(name);
      return {};
    }
    if (!is_section(name)) {
      return fault(name, "is not a setting; the nearest one is \"" + nearest(name, known_names()) + "\"");
    }
    if (!value.is_object()) return fault(name, "must be an object");
    return read_object(name + ".", value);
  }

  Result<void> check_gateway() const {
    const bool has_key = seen_.contains("gateway.key");
    for (const char* other : {"gateway.passphrase_file", "gateway.member"}) {
      if (seen_.contains(other) != has_key) {
        return fault(has_key ? other : "gateway.key", "is missing: a gateway needs key, passphrase_file and member");
      }
    }
    return {};
  }

  std::filesystem::path path_;
  std::string document_;
  Config config_;
  std::set<std::string> seen_;
};

void resolve_paths(Config& config, const std::filesystem::path& folder) {
  for (std::filesystem::path* path :
       {&config.genesis, &config.data_dir, &config.identity.vote_key, &config.identity.tls_key,
        &config.identity.tls_certificate, &config.identity.ca_certificate, &config.identity.passphrase_file,
        &config.gateway.key, &config.gateway.passphrase_file}) {
    if (!path->empty() && path->is_relative()) *path = folder / *path;
  }
}

Result<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return unexpected(Error::Code::NotFound, "cannot read configuration " + path.string());
  std::string document(file_bytes_max + 1, '\0');
  file.read(document.data(), static_cast<std::streamsize>(document.size()));
  document.resize(static_cast<std::size_t>(file.gcount()));
  if (document.size() > file_bytes_max) {
    return unexpected(Error::Code::Malformed, path.string() + ": larger than 64 KiB");
  }
  return document;
}

}  // namespace

Result<Config> read_config(const std::filesystem::path& path) {
  AVAL_ASSIGN(const std::string document, read_text(path));
  auto root = parse_strict_json(document);
  if (!root) return unexpected(root.error().code, path.string() + ": " + root.error().message);
  AVAL_ASSIGN(Config config, Reader(path, document).read(*root));
  resolve_paths(config, std::filesystem::absolute(path).parent_path());
  return config;
}

std::string effective_json(const Config& config) {
  const Config defaults;
  json document = json::object();
  for (const Key& each : keys()) {
    const json value = each.show(config);
    const bool by_default = !each.required && value == each.show(defaults);
    document[each.name] = {{"value", value}, {"from", by_default ? "default" : "file"}};
  }
  return document.dump(2);
}

}  // namespace aval::node
