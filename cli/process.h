#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "crypto/base/result.h"

namespace aval::cli {

/// Starts a program in a session of its own with its output appended to `log`. Returns its process id.
Result<pid_t> spawn(const std::vector<std::string>& arguments, const std::filesystem::path& log);

/// True when `pid` runs and its command line holds `argument`: process ids are reused, and we only ever
/// signal what we started.
bool is_running(pid_t pid, const std::string& argument);

/// True when `pid` was stopped by a signal and can go on.
bool is_paused(pid_t pid);

/// Sends `signal` to `pid` if is_running(pid, argument); false when there was nobody to send it to.
bool send_signal(pid_t pid, const std::string& argument, int signal);

/// Waits until the process has ended with all that it holds; false when it still runs after `limit`.
bool wait_until_gone(pid_t pid, const std::string& argument, std::chrono::milliseconds limit);

/// True when a listener could be had on 127.0.0.1:port just now.
bool port_is_free(std::uint16_t port);

/// Folder of the running program; avald is looked for beside aval.
std::filesystem::path program_folder();

}  // namespace aval::cli
