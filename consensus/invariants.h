#pragma once

#include <optional>
#include <string>
#include <vector>

#include "consensus/messages.h"

namespace aval::consensus {

/// What is true of a replica between two steps, in numbers that can be looked at from outside.
struct Facts {
  std::size_t validators = 0;
  std::uint32_t window = 0;  // W
  Height final_height{};
  BlockHash final_hash;
  View final_view{};  // of its certificate
  View view{};        // the one it is in or wants to open
  View entered{};     // the last one that opened here
  bool in_view_change = false;
  Height tip{};  // of the entered view
  std::optional<Certificate> prepared;
  std::vector<Vote> votes;  // of the entered view above the final block
  std::vector<Height> slots;
  std::size_t known_blocks = 0;
  std::size_t restored_blocks = 0;  // at the start, from a journal that may reach further back than the ledger
  std::size_t certificates = 0;     // above the final block
  std::size_t early_messages = 0;
  std::size_t proofs = 0;
  std::size_t batches = 0;
  std::size_t envelopes = 0;
};

/// The first fact that does not hold, in a sentence; nothing when all hold. A replica checks this after
/// every step, in every build, and stops (70) rather than go on: whatever it says next is signed.
std::optional<std::string> broken_fact(const Facts& now);
/// The same for what may not happen between two steps.
std::optional<std::string> broken_fact(const Facts& before, const Facts& now);

}  // namespace aval::consensus
