#include "tests/simulation/treachery.h"

namespace aval::simulation {

std::string_view name_of(Treachery treachery) { return treacheries[index_of(treachery)].first; }

std::optional<Treachery> treachery_named(std::string_view name) {
  for (const auto& [known, treachery] : treacheries)
    if (known == name) return treachery;
  return std::nullopt;
}

std::vector<std::string> treachery_names() {
  std::vector<std::string> names;
  for (const auto& [name, treachery] : treacheries) names.emplace_back(name);
  return names;
}

}  // namespace aval::simulation
