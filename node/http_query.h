#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "crypto/base/result.h"

namespace aval::node {

constexpr std::chrono::milliseconds wait_max = std::chrono::seconds(60);
constexpr std::size_t page_items_max = 100;

/// The parts of a path: "/v1/tx" has "v1" and "tx". Nothing when it is not made of 1..8 segments of
/// 1..200 of [A-Za-z0-9._-] other than "." and "..": no name of ours needs an escape, so '%' names
/// nothing.
std::optional<std::vector<std::string_view>> split_path(std::string_view path);

/// The parameters behind '?', each taken once by the call that knows it. A value is 0..200 of
/// [A-Za-z0-9._-]. Views into the request's target.
class Query {
 public:
  /// Refused when it is not name=value pairs joined by '&', or a name stands twice.
  static Result<Query> parse(std::string_view text);

  /// "0" or "1"; false when absent.
  Result<bool> flag(std::string_view name);
  /// "10s" or "500ms", at most wait_max; zero when absent.
  Result<std::chrono::milliseconds> wait(std::string_view name);
  /// 1..page_items_max; the most when absent.
  Result<std::size_t> limit(std::string_view name);
  /// As it stands; empty when absent.
  std::string_view text(std::string_view name);
  /// Refused while a parameter is left that nobody took: a misspelt one must not pass for absent.
  Result<void> finish() const;

 private:
  struct Pair {
    std::string_view name;
    std::string_view value;
  };
  std::optional<std::string_view> take(std::string_view name);
  std::vector<Pair> pairs_;
};

}  // namespace aval::node
