#include "cli/process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

extern char** environ;

namespace aval::cli {
namespace {

/// What /proc/PID/stat says behind the name; empty when there is no such process.
std::vector<std::string> process_stat(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  const std::string text(std::istreambuf_iterator<char>(stat), {});
  const auto bracket = text.rfind(')');
  if (bracket == std::string::npos) return {};
  std::istringstream behind(text.substr(bracket + 1));
  return {std::istream_iterator<std::string>(behind), {}};
}

/// The state letter, or 0: a zombie has ended as far as most care.
char process_state(pid_t pid) {
  const auto stat = process_stat(pid);
  return stat.empty() ? '\0' : stat.front().front();
}

/// With all its threads: while one is left, so are the files that it holds open, and its locks on them.
bool has_ended(pid_t pid) {
  constexpr std::size_t threads = 17;  // num_threads of proc(5)
  const auto stat = process_stat(pid);
  return stat.size() <= threads || (stat.front() == "Z" && stat[threads] == "1");
}

std::string command_line(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// posix_spawn returns in the middle of exec, when the new program's command line is not there yet and
/// is_running() would not know the process: waits until it is, or the process has ended.
void wait_for_command_line(pid_t pid) {
  while (command_line(pid).empty()) {
    const char state = process_state(pid);
    if (state == '\0' || state == 'Z') return;
    std::this_thread::yield();
  }
}

/// Opens the log as the child's stdout and stderr and closes its stdin.
struct FileActions {
  explicit FileActions(const std::filesystem::path& log) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, 1, 2);
  }
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  posix_spawn_file_actions_t actions{};
};

}  // namespace

bool is_paused(pid_t pid) { return process_state(pid) == 'T'; }

Result<pid_t> spawn(const std::vector<std::string>& arguments, const std::filesystem::path& log) {
  std::vector<std::string> copies = arguments;
  std::vector<char*> pointers;
  for (auto& argument : copies) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const FileActions files(log);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = 0;
  const int failed =
      ::posix_spawn(&pid, arguments.front().c_str(), &files.actions, &attributes, pointers.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    return unexpected(Error::Code::Io, "cannot start " + arguments.front() + ": " + std::strerror(failed));
  }
  wait_for_command_line(pid);
  return pid;
}

bool is_running(pid_t pid, const std::string& argument) {
  if (pid <= 0) return false;
  const char state = process_state(pid);
  if (state == '\0' || state == 'Z') return false;
  return command_line(pid).find(argument) != std::string::npos;
}

bool send_signal(pid_t pid, const std::string& argument, int signal) {
  return is_running(pid, argument) && ::kill(pid, signal) == 0;
}

bool wait_until_gone(pid_t pid, const std::string& argument, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (pid > 0 && !has_ended(pid)) {
    const std::string line = command_line(pid);  // empty once it is ending
    if (!line.empty() && line.find(argument) == std::string::npos) break;  // the number is another process's by now
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  ::waitpid(pid, nullptr, WNOHANG);  // only ours when this very process started it
  return true;
}

bool port_is_free(std::uint16_t port) {
  const int handle = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return false;
  const int on = 1;
  ::setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool free = ::bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(handle);
  return free;
}

std::filesystem::path program_folder() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
}

}  // namespace aval::cli
