#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "crypto/base/check.h"

namespace aval::contracts {

inline std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  AVAL_CHECK(file.good());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// contracts/README.md, whose tables the tests hold the code to.
inline std::string contracts_page() { return text_of(AVAL_GOLDEN_DIR "/../../contracts/README.md"); }

inline std::string golden_text(const std::string& name) {
  return text_of(AVAL_GOLDEN_DIR "/contracts/" + name);
}

}  // namespace aval::contracts
