#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>

#ifdef AVAL_MUTANTS
#include <cstdio>
#include <cstdlib>

namespace {

/// A mutant may end the process in the midst of a case, which then says nothing of itself.
struct NamesTheCase : Catch::TestEventListenerBase {
  using TestEventListenerBase::TestEventListenerBase;
  void testCaseStarting(const Catch::TestCaseInfo& test) override {
    if (std::getenv("AVAL_MUTANT") != nullptr) std::fprintf(stderr, "case: %s\n", test.name.c_str());
  }
};
CATCH_REGISTER_LISTENER(NamesTheCase)

}  // namespace
#endif
