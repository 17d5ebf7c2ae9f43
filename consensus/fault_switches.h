#pragma once

namespace aval::consensus {

/// Faults on purpose, to prove that the judges catch them. Nobody looks at the switches but a test build of this
/// room (AVAL_FAULT_SWITCHES); the config has them everywhere, so that who uses the room is compiled once.
struct FaultSwitches {
  bool quorum_off_by_one = false;
  bool send_before_persist = false;   // carried out by the driver
  bool forget_votes_at_restart = false;
  bool votes_below_tip = false;
  bool unchecked_state_root = false;
  bool operator==(const FaultSwitches&) const = default;
};
/// Whether this is such a build.
bool has_fault_switches();

}  // namespace aval::consensus
