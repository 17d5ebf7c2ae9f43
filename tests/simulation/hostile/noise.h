#pragma once

#include <deque>
#include <set>
#include <tuple>

#include "tests/simulation/hostile/hostile.h"

/// Those who say too much.
namespace aval::simulation {

/// Both votes for every block it hears of, whatever it voted for before.
class DoubleVote final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages on_heard(const Message& message) override;

 private:
  Messages vote_for(ledger::View view, ledger::Height height, const ledger::BlockHash& hash);
  std::set<std::tuple<ledger::View, ledger::Height, ledger::BlockHash>> voted_;
};

/// With every few messages that come in, one that costs memory if it is kept: of a height or a view far
/// away, about a digest nobody knows.
class Flood final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages on_heard(const Message& message) override;

 private:
  Message invented(const Message& heard);
  ledger::Vote far_vote();
  crypto::Digest unique_digest();
  std::uint64_t heard_ = 0;
};

/// Keeps what it hears, and later says it again: as it was, under its own name, in a later view, as the
/// other phase.
class Replay final : public Hostile {
 public:
  using Hostile::Hostile;
  Messages on_heard(const Message& message) override;

 private:
  Message moved(Message message);
  std::deque<Message> kept_;
  std::uint64_t heard_ = 0;
};

}  // namespace aval::simulation
