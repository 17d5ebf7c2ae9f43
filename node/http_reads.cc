#include "node/http_reads.h"

#include <array>

#include <nlohmann/json.hpp>

namespace aval::node {
namespace {

struct Pattern {
  std::array<std::string_view, 4> segments;  // "{}" stands for any name; unused ones are empty
  ReadHandler handler;
};

constexpr std::string_view any = "{}";

constexpr std::array<Pattern, 13> patterns{{
    {{"v1", "tx", any}, &read_transaction},
    {{"v1", "tx", any, "receipt"}, &read_receipt},
    {{"v1", "state", any}, &read_entities},
    {{"v1", "state", any, any}, &read_entity},
    {{"v1", "registry", any}, &read_registry},
    {{"v1", "blocks", any}, &read_block},
    {{"v1", "genesis"}, &read_genesis},
    {{"v1", "members"}, &read_members},
    {{"v1", "status"}, &read_status},
    {{"v1", "evidence"}, &read_evidence},
    {{"v1", "version"}, &read_version},
    {{"livez"}, &read_liveness},
    {{"readyz"}, &read_readiness},
}};

std::size_t length_of(const Pattern& pattern) {
  std::size_t length = 0;
  while (length < pattern.segments.size() && !pattern.segments[length].empty()) ++length;
  return length;
}

bool matches(const Pattern& pattern, std::span<const std::string_view> segments) {
  if (segments.size() != length_of(pattern)) return false;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (pattern.segments[i] != any && pattern.segments[i] != segments[i]) return false;
  }
  return true;
}

}  // namespace

HttpResponse ok(const Json& json) {
  HttpResponse response;
  response.body = text_of(json);
  return response;
}

ReadRoute find_read(std::span<const std::string_view> segments) {
  for (const Pattern& pattern : patterns) {
    if (!matches(pattern, segments)) continue;
    ReadRoute route{pattern.handler, {}};
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (pattern.segments[i] == any) route.names.push_back(segments[i]);
    }
    return route;
  }
  return {};
}

}  // namespace aval::node
