#pragma once

namespace aval {

/// Prints the broken promise and ends the process with code 70. Never returns.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace aval

/// A promise of our own code. On in every build; never used on input.
#define AVAL_CHECK(condition)                                    \
  do {                                                           \
    if (!(condition)) [[unlikely]]                               \
      ::aval::check_failed(#condition, __FILE__, __LINE__);      \
  } while (false)
