#pragma once

#include <deque>
#include <memory>

#include "ledger/store_disk.h"
#include "tests/support/simulated_disk.h"

namespace aval::support {

/// LevelDB's view of a simulated disk. What it would do on a thread of its own waits for settle(), so
/// that a run is the same every time.
class SimulatedStore final : public ledger::StoreDisk {
 public:
  explicit SimulatedStore(SimulatedDisk& disk);
  ~SimulatedStore() override;
  leveldb::Env& env() override;
  void settle() override;

 private:
  class Env;
  std::unique_ptr<Env> env_;
};

}  // namespace aval::support
