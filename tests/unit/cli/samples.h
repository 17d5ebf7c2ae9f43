#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "cli/ubl.h"

namespace aval::cli {

inline std::filesystem::path sample_path(const std::string& name) {
  return std::filesystem::path(AVAL_SAMPLES_DIR) / name;
}

inline std::string read_sample(const std::string& name) {
  std::ifstream file(sample_path(name), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline UblResult read_sample_invoice(const std::string& name) { return read_ubl(sample_path(name).string()); }

/// The plain sample with `from` replaced by `to` wherever it stands.
inline std::string changed_sample(const std::string& from, const std::string& to) {
  std::string xml = read_sample("invoice-ab-2026-001.xml");
  for (auto at = xml.find(from); at != std::string::npos; at = xml.find(from, at + to.size())) {
    xml.replace(at, from.size(), to);
  }
  return xml;
}

}  // namespace aval::cli
