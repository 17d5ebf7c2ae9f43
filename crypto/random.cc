#include "crypto/random.h"

#include <openssl/rand.h>

namespace aval::crypto {

Bytes random_bytes(std::size_t count) {
  Bytes bytes(count, '\0');
  AVAL_CHECK(RAND_bytes(as_unsigned(bytes), static_cast<int>(count)) == 1);
  return bytes;
}

std::uint64_t random_below(std::uint64_t bound) {
  AVAL_CHECK(bound > 0);
  return from_big_endian(random_bytes(8)) % bound;
}

}  // namespace aval::crypto
