#pragma once

namespace leveldb {
class Env;
}

namespace aval::ledger {

/// Another disk under the database than the machine's own. Owned by whoever made it; must outlive the
/// database and be used by one thread.
class StoreDisk {
 public:
  virtual ~StoreDisk() = default;
  virtual leveldb::Env& env() = 0;
  /// Does what the database has left to be done behind its calls. Called before every write and before
  /// the database is closed, with no other call under way.
  virtual void settle() = 0;
};

}  // namespace aval::ledger
