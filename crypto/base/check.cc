#include "crypto/base/check.h"

#include <unistd.h>

#include <cstdio>

namespace aval {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "aval: broken promise: %s (%s:%d); stopping with code 70\n", condition, file, line);
  std::fflush(stderr);
  ::_exit(70);
}

}  // namespace aval
