#pragma once

#include <string>

#include "crypto/base/result.h"

namespace aval::node {

/// How avald ends. Operators and the service manager act on these: only Success and a crash may be
/// restarted without looking.
enum class ExitCode {
  Success = 0,
  Configuration = 64,   // the operator's input: file, key, port, data directory of another chain
  Assertion = 70,       // a promise of our own code was broken
  InputOutput = 74,     // a write failed; nothing is retried in process
  Divergence = 75,      // this node's result differs from a certified one
  RecoveryNeeded = 76,  // the vote journal cannot show that nothing was forgotten
  UpgradeNeeded = 77,   // the ledger has rules that this program does not know
};

/// The code for a failure during start-up: Corrupt needs recovery, Io is the disk, the rest is input.
ExitCode exit_code_for(const Error& error);

/// Prints one line of cause, and the next command where there is one, and ends the process at once:
/// no destructor runs, because another thread may be in the middle of a write.
[[noreturn]] void stop_process(ExitCode code, const std::string& cause, const std::string& next_command = {});

}  // namespace aval::node
