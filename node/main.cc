#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>

#include <malloc.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>

#include "node/exit_code.h"
#include "node/log.h"
#include "node/node.h"

namespace {

using namespace aval;
using namespace aval::node;

struct Arguments {
  std::string config;
  bool check = false;
  bool effective = false;
  bool give_up_vote_key = false;
};

constexpr int success = static_cast<int>(ExitCode::Success);

[[noreturn]] void fail(const Error& error, const std::string& next_command) {
  stop_process(exit_code_for(error), error.message, next_command);
}

/// Few threads allocate here: more arenas would only hold memory back. Keys must not reach a core file. A
/// write beyond the file size limit has to fail like any other, and not end the process by a signal. Clients must
/// not use up the file descriptors that links and the database need: all that the system grants are asked for.
void prepare_process() {
  ::mallopt(M_ARENA_MAX, 2);
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

std::string next_command_for(const Error& error, const std::string& config) {
  if (error.code == Error::Code::Corrupt) {
    return "keep a copy of the data directory; if db/ is whole and only votes/ is not: avald --config " + config +
           " --give-up-vote-key; if db/ is damaged: start avald on an empty data directory, which gives the vote key up by "
           "itself; then replace the key with aval gov rotate";
  }
  if (error.code == Error::Code::Io) return "check the disk, then start avald again";
  return "avald --config " + config + " --check";
}

int run(const Arguments& arguments) {
  auto config = read_config(arguments.config);
  if (!config) fail(config.error(), {});
  init_log(config->log.level, config->log.format);
  if (arguments.effective) {
    std::cout << effective_json(*config) << '\n';
    return success;
  }
  if (arguments.check) {
    if (const auto sound = Node::check(*config); !sound) fail(sound.error(), {});
    std::cout << "the configuration is sound\n";
    return success;
  }
  if (arguments.give_up_vote_key) {
    if (const auto done = Node::give_up_vote_key(*config); !done) fail(done.error(), {});
    std::cout << "the vote key is given up: avald follows without a vote until the ledger names another key for this node "
                 "(aval gov rotate)\n";
    return success;
  }
  auto node = Node::create(*config);
  if (!node) fail(node.error(), next_command_for(node.error(), arguments.config));
  (*node)->run();
  flush_log();
  return success;
}

}  // namespace

int main(int argc, char** argv) {
  prepare_process();
  Arguments arguments;
  CLI::App app{"avald: one node of an Aval network"};
  app.set_version_flag("--version", "avald " AVAL_VERSION);
  app.add_option("--config", arguments.config, "node.json")->required();
  app.add_flag("--check", arguments.check, "check configuration, genesis and keys, and exit");
  app.add_flag("--give-up-vote-key", arguments.give_up_vote_key,
               "when the vote journal is lost: never sign with the present vote key again, and exit");
  app.add_flag("--effective", arguments.effective, "print every setting, its value and where it came from, and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? success : static_cast<int>(ExitCode::Configuration);
  }
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    stop_process(ExitCode::Assertion, std::string("unexpected: ") + error.what());
  }
}
