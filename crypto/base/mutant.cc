#include "crypto/base/mutant.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>

namespace aval {

static_assert(std::adjacent_find(mutants.begin(), mutants.end(), std::greater_equal<>()) == mutants.end(),
              "ascending, so that none stands twice");

#ifdef AVAL_MUTANTS
namespace {

/// Its place in the list; behind the last one when none is named.
std::size_t read_environment() {
  const char* const name = std::getenv("AVAL_MUTANT");
  if (name == nullptr) return mutants.size();
  const auto at = std::find(mutants.begin(), mutants.end(), std::string_view(name));
  if (at == mutants.end()) {
    std::fprintf(stderr, "AVAL_MUTANT names no fault of this build: %s\n", name);
    ::_exit(64);
  }
  return static_cast<std::size_t>(at - mutants.begin());
}

/// Read by whoever asks first, which may be another static object.
std::size_t chosen() {
  static const std::size_t index = read_environment();
  return index;
}

/// So that a wrong name ends every program, also one that comes to none of the faults.
[[maybe_unused]] const std::size_t chosen_at_start = chosen();

}  // namespace

bool mutated(Mutant mutant) { return mutant.index() == chosen(); }
#else
static_assert(!mutated("high-s-accepted"), "decided by the compiler, which then leaves the fault out");
#endif

}  // namespace aval
