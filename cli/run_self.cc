#include "cli/run_self.h"

#include <array>
#include <cstdio>

#include "cli/process.h"
#include "crypto/base/check.h"
#include "node/strict_json.h"

namespace aval::cli {

std::string shell_word(const std::string& word) {
  const auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+.,:/%@";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

SelfRun run_self(const std::filesystem::path& profile, const std::vector<std::string>& words) {
  std::string command = shell_word((program_folder() / "aval").string()) + " --json";
  if (words.front() != "devnet") command += " --profile " + shell_word(profile.string());
  for (const auto& word : words) command += " " + shell_word(word);
  std::FILE* pipe = ::popen((command + " 2>&1 </dev/null").c_str(), "re");
  AVAL_CHECK(pipe != nullptr);
  SelfRun run;
  std::array<char, 4096> chunk{};
  while (const std::size_t got = std::fread(chunk.data(), 1, chunk.size(), pipe)) run.output.append(chunk.data(), got);
  const int status = ::pclose(pipe);
  run.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 70;
  auto parsed = node::parse_strict_json(run.output);
  run.object = parsed && parsed->is_object() ? *parsed : nlohmann::json::object();
  return run;
}

}  // namespace aval::cli
