// aval-crash-points: every state that a power cut can leave of a node's storage, started from again.

#include <iostream>
#include <set>

#include "tests/storage/crash_images.h"
#include "tests/storage/scripted_node.h"

namespace aval::storage_test {
namespace {

constexpr std::size_t blocks = 50;
constexpr std::uint64_t states_floor = 5'000;
constexpr std::size_t reported_max = 20;

struct Tally {
  std::uint64_t points = 0;
  std::uint64_t states = 0;
  std::uint64_t normal = 0;
  std::uint64_t recovering = 0;
  std::uint64_t stopped = 0;
  std::uint64_t wrong = 0;
};

class Enumeration {
 public:
  Enumeration() : script_(blocks), node_(script_, disk_) {}

  Tally run() {
    disk_.watch([this] { cut_here(); });
    if (const auto started = node_.start(); !started)
      fail("the script does not start", started.error().message);
    while (node_.height() < script_.blocks() && tally_.wrong < reported_max)
      if (const auto lived = node_.live_through_a_block(); !lived)
        fail("the script stops", lived.error().message);
    disk_.watch({});
    return tally_;
  }

 private:
  void cut_here() {
    ++tally_.points;
    for_each_crash_image(disk_.durable(), disk_.pending(), [this](const CrashImage& each) { look_at(each); });
  }

  void look_at(const CrashImage& each) {
    const Promises& promises = node_.promises();
    const std::uint64_t owed =
        promises.journals.front().size() * promises.journals.size() + promises.final_height;
    if (!seen_.insert(fingerprint(each.image) + owed).second) return;
    ++tally_.states;
    const Judgement judgement = start_and_judge(script_, each.image, promises);
    count(judgement.end);
    if (judgement.wrong) fail(each.variant, *judgement.wrong);
    if (judgement.end != Judgement::End::Normal && each.is_usual) fail(each.variant, judgement.why);
  }

  void count(Judgement::End end) {
    if (end == Judgement::End::Normal) ++tally_.normal;
    if (end == Judgement::End::Recovering) ++tally_.recovering;
    if (end == Judgement::End::Stopped) ++tally_.stopped;
  }

  void fail(const std::string& variant, const std::string& what) {
    ++tally_.wrong;
    std::cout << "point=" << tally_.points << " height=" << node_.promises().final_height
              << " left: " << variant << ": " << what << '\n';
  }

  Script script_;
  support::SimulatedDisk disk_;
  ScriptedNode node_;
  std::set<std::uint64_t> seen_;
  Tally tally_;
};

int run() {
  const Tally tally = Enumeration().run();
  const bool is_enough = tally.states >= states_floor;
  std::cout << "stage=crash-points points=" << tally.points << " states=" << tally.states
            << " normal=" << tally.normal << " recovering=" << tally.recovering
            << " stopped=" << tally.stopped << " wrong=" << tally.wrong
            << " floor=" << (is_enough ? "ok" : "missed") << std::endl;
  return tally.wrong == 0 && is_enough ? 0 : 1;
}

}  // namespace
}  // namespace aval::storage_test

int main() { return aval::storage_test::run(); }
