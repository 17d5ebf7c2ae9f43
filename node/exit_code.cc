#include "node/exit_code.h"

#include <cstdio>
#include <cstdlib>

#include "node/log.h"

namespace aval::node {

ExitCode exit_code_for(const Error& error) {
  switch (error.code) {
    case Error::Code::Corrupt: return ExitCode::RecoveryNeeded;
    case Error::Code::Io: return ExitCode::InputOutput;
    default: return ExitCode::Configuration;
  }
}

void stop_process(ExitCode code, const std::string& cause, const std::string& next_command) {
  flush_log();
  std::fprintf(stderr, "avald: %s\n", escaped(cause).c_str());
  if (!next_command.empty()) std::fprintf(stderr, "next: %s\n", escaped(next_command).c_str());
  std::fflush(stderr);
  std::_Exit(static_cast<int>(code));
}

}  // namespace aval::node
