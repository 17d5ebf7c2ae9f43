#include "tests/simulation/workers.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>

namespace aval::simulation {
namespace {

/// A piece of memory that this process and its children share.
template <class T>
class Shared {
 public:
  explicit Shared(std::size_t count) : bytes_(count * sizeof(T)) {
    void* const memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    AVAL_CHECK(memory != MAP_FAILED);
    first_ = static_cast<T*>(memory);
    std::uninitialized_default_construct_n(first_, count);
  }
  ~Shared() { ::munmap(first_, bytes_); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T& operator[](std::size_t i) { return first_[i]; }

 private:
  std::size_t bytes_;
  T* first_;
};

/// What a child writes down about one seed: plain data, texts cut to fit.
struct Slot {
  bool has_failed = false;
  Counters counters;
  crypto::Digest trace;
  LoadFigures load;
  std::array<char, 32> invariant{};
  std::array<char, 2048> what{};

  void fail(const Violation& violation) {
    has_failed = true;
    std::snprintf(invariant.data(), invariant.size(), "%s", violation.invariant.c_str());
    std::snprintf(what.data(), what.size(), "%s", violation.what.c_str());
  }
  void take(const Outcome& outcome) {
    counters = outcome.counters;
    trace = outcome.trace_hash;
    load = outcome.load;
    if (outcome.violation) fail(*outcome.violation);
  }
  Outcome outcome() const {
    Outcome out{{}, counters, trace, load};
    if (has_failed) out.violation = Violation{invariant.data(), what.data()};
    return out;
  }
};

/// Who does what: positions are handed out in the order of the list.
struct Board {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> end{0};  // nobody starts at or behind it
  std::array<std::atomic<std::size_t>, jobs_max> running{};

  void end_behind(std::size_t position) {
    std::size_t now = end;
    while (now > position + 1 && !end.compare_exchange_weak(now, position + 1)) {
    }
  }
};
static_assert(std::atomic<std::size_t>::is_always_lock_free, "processes share these");

class Crew {
 public:
  explicit Crew(const WorkOrder& order) : order_(order), board_(1), slots_(order.seeds.size()) {
    AVAL_CHECK(order.jobs >= 1 && order.jobs <= jobs_max);
    board_[0].end = order.seeds.size();
  }

  std::vector<Outcome> run() {
    std::cout.flush();
    for (std::size_t job = 0; job < order_.jobs; ++job) start(job);
    while (!jobs_.empty()) await_one();
    std::vector<Outcome> outcomes;
    for (std::size_t i = 0; i < board_[0].end; ++i) outcomes.push_back(slots_[i].outcome());
    return outcomes;
  }

 private:
  void start(std::size_t job) {
    const ::pid_t child = ::fork();
    AVAL_CHECK(child >= 0);
    if (child > 0) {
      jobs_[child] = job;
      return;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a run that is stopped leaves nobody behind
    work(job);
    std::cout.flush();
    ::_exit(0);
  }

  void work(std::size_t job) {
    for (std::size_t position = board_[0].next++; position < board_[0].end; position = board_[0].next++) {
      board_[0].running[job] = position;
      slots_[position].take(order_.run(order_.seeds[position]));
      note_failure(position);
    }
  }

  void note_failure(std::size_t position) {
    if (order_.stops_at_failure && slots_[position].has_failed) board_[0].end_behind(position);
  }

  void await_one() {
    int status = 0;
    const ::pid_t child = ::wait(&status);
    AVAL_CHECK(child > 0 && jobs_.contains(child));
    const std::size_t job = jobs_[child];
    jobs_.erase(child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
    const std::string how = WIFEXITED(status) ? "code " + std::to_string(WEXITSTATUS(status))
                                              : "signal " + std::to_string(WTERMSIG(status));
    const std::size_t position = board_[0].running[job];
    slots_[position].fail({"S0", "the process ended with " + how});
    note_failure(position);
    start(job);
  }

  const WorkOrder& order_;
  Shared<Board> board_;
  Shared<Slot> slots_;
  std::map<::pid_t, std::size_t> jobs_;
};

}  // namespace

std::vector<Outcome> run_in_processes(const WorkOrder& order) {
  if (order.seeds.empty()) return {};
  return Crew(order).run();
}

}  // namespace aval::simulation
