#include "tests/fuzz/script.h"

namespace aval::fuzz {

std::uint32_t Script::below(std::size_t bound) {
  if (rest_.empty()) return 0;
  const auto byte = static_cast<unsigned char>(rest_.front());
  rest_.remove_prefix(1);
  return static_cast<std::uint32_t>(byte % bound);
}

ByteView Script::take(std::size_t size) {
  const ByteView out = rest_.substr(0, size);
  rest_.remove_prefix(out.size());
  return out;
}

}  // namespace aval::fuzz
