#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aval::node {

/// Insertions, deletions and replacements that lead from one text to the other (Levenshtein).
std::size_t edit_distance(std::string_view from, std::string_view to);

/// The one of `known` (not empty) nearest to `name`; the first of equals.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

}  // namespace aval::node
