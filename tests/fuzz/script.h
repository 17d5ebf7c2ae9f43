#pragma once

#include "crypto/base/bytes.h"

namespace aval::fuzz {

/// Choices out of bytes; zeros once they are used up.
class Script {
 public:
  explicit Script(ByteView bytes) : rest_(bytes) {}
  bool ended() const { return rest_.empty(); }
  std::uint32_t below(std::size_t bound);
  ByteView take(std::size_t size);

 private:
  ByteView rest_;
};

}  // namespace aval::fuzz
