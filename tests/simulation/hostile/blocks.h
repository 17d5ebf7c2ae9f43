#pragma once

#include <map>

#include "tests/simulation/hostile/hostile.h"

/// Those who put wrong blocks forward when they are the primary.
namespace aval::simulation {

/// Puts another block in the place of each of its own, tells it to some of the others or to all, and
/// votes for it there.
class OtherBlocks : public Hostile {
 public:
  using Hostile::Hostile;
  Messages in_place_of(ReplicaId to, const Message& message) final;
  using Hostile::in_place_of;

 private:
  virtual bool lies_to(ReplicaId to) const { return is_shunned(to); }
  /// Changes a header that is otherwise well-formed.
  virtual void alter(ledger::Header& header) = 0;
  consensus::Proposal altered(const consensus::Proposal& proposal);
  void move_to_stand_in(ledger::Block& block) const;

  std::map<ledger::BlockHash, ledger::BlockHash>
      stand_in_;  // block of the true replica -> the one put forward
};

class Equivocate final : public OtherBlocks {
 public:
  using OtherBlocks::OtherBlocks;

 private:
  void alter(ledger::Header& header) override { ++header.time_ms; }
};

class WrongRoot final : public OtherBlocks {
 public:
  using OtherBlocks::OtherBlocks;

 private:
  /// It takes a quorum to be believed.
  bool lies_to(ReplicaId) const override { return true; }
  void alter(ledger::Header& header) override { header.state_root.bytes[0] ^= 1U; }
};

/// Another field for each block; the same one to everybody.
class ForgeHeaders final : public OtherBlocks {
 public:
  using OtherBlocks::OtherBlocks;

 private:
  bool lies_to(ReplicaId) const override { return true; }
  void alter(ledger::Header& header) override;
};

/// Its blocks are true and its clock is not: at first by just under the tolerance, in turn to either
/// side, and then by just over it.
class ShiftTime final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages in_place_of(ReplicaId to, const Message& message) override;
  std::int64_t clock_error_ms() override;
  using Hostile::in_place_of;

 private:
  std::uint64_t proposals_ = 0;
};

/// Opens a view with blocks that lie below its tip: some prepared and never final, some final long ago.
class BelowTip final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages in_place_of(ReplicaId to, const Message& message) override;
  Messages on_heard(const Message& message) override;
  using Hostile::in_place_of;

 private:
  Messages below_tip_first(const consensus::NewView& new_view);
  void remember(const Message& message);

  std::map<ledger::Height, ledger::Block> seen_;  // the latest block seen at each height
};

}  // namespace aval::simulation
