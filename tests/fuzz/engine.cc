#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/target.h"

/// aval-fuzz-ROOM TARGET [libFuzzer's arguments]: one program for the targets of a room.

namespace {

bool (*feed)(aval::ByteView) = nullptr;

}  // namespace

/// In place of crypto/base/check.cc: the engine keeps the input of a process that aborts, not of one
/// that exits.
void aval::check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "aval: broken promise: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const auto targets = aval::fuzz::AVAL_FUZZ_TARGETS();
  for (const auto& target : targets) {
    if (*argc > 1 && target.name == (*argv)[1]) feed = target.feed;
  }
  if (feed == nullptr) {
    std::fprintf(stderr, "usage: aval-fuzz-ROOM TARGET [option...] [corpus...]\n");
    for (const auto& target : targets)
      std::fprintf(stderr, "  %.*s\n", static_cast<int>(target.name.size()), target.name.data());
    ::_exit(64);
  }
  (*argv)[1] = (*argv)[0];
  ++*argv;
  --*argc;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  feed({static_cast<const char*>(static_cast<const void*>(data)), size});
  return 0;
}
