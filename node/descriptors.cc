#include "node/descriptors.h"

#include <algorithm>
#include <string>
#include <utility>

#include <sys/resource.h>

#include "ledger/certificate.h"
#include "node/log.h"

namespace aval::node {
namespace {

constexpr std::size_t handshakes = 256;  // accepted by either port and not yet told apart or turned away
constexpr std::size_t files = 64;        // database, journal, snapshots, keys, log; tables are mapped and need none
constexpr std::size_t set_aside = handshakes + ledger::validators_max + files;
constexpr rlim_t limit_max = 1U << 20U;  // as far as Linux goes (fs.nr_open), also where there is no limit

std::size_t raised_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t wanted = std::min(limit.rlim_max, limit_max);
  if (limit.rlim_cur >= wanted) return limit.rlim_cur;
  const rlim_t before = std::exchange(limit.rlim_cur, wanted);
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? wanted : before;
}

}  // namespace

std::size_t clients_that_fit(std::size_t clients, std::size_t limit) {
  return limit <= set_aside ? 0 : std::min(clients, limit - set_aside);
}

Result<std::size_t> clients_that_fit(std::size_t clients) {
  const std::size_t limit = raised_limit();
  const std::size_t fitting = clients_that_fit(clients, limit);
  const std::string what = "this process may have " + std::to_string(limit) + " files open; " +
                           std::to_string(set_aside) + " are set aside for links and files";
  const std::string remedy = ": raise the limit (ulimit -n, LimitNOFILE= of systemd)";
  if (fitting == 0) return unexpected(Error::Code::Refused, what + ", which leaves none for a client" + remedy);
  if (fitting < clients) {
    log_warn("alarm: " + what + ", so " + std::to_string(fitting) + " clients may be connected instead of " +
             std::to_string(clients) + remedy + ", or lower api.connections_max");
  }
  return fitting;
}

}  // namespace aval::node
