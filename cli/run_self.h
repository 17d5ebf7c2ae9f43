#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace aval::cli {

/// What another run of this program printed.
struct SelfRun {
  int exit_code = 0;
  nlohmann::json object;  // its --json output, or an empty object
  std::string output;     // everything it printed
};

/// Runs this program again with --json and the given words, as a user would, and waits for its end.
SelfRun run_self(const std::filesystem::path& profile, const std::vector<std::string>& words);

/// A word as it must be typed in a POSIX shell.
std::string shell_word(const std::string& word);

}  // namespace aval::cli
