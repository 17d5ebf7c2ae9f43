#pragma once

#include <string>
#include <vector>

#include "crypto/base/bytes.h"

/// Valid inputs made by code: where each fuzz target begins. Those of formats that have golden vectors
/// or samples are copies of these and not made here.
namespace aval::fuzz {

struct Seed {
  std::string target;
  std::string name;
  Bytes bytes;
};

std::vector<Seed> consensus_seeds();
std::vector<Seed> contracts_seeds();
std::vector<Seed> ledger_seeds();
std::vector<Seed> crypto_seeds();
std::vector<Seed> node_seeds();
std::vector<Seed> cli_seeds();

}  // namespace aval::fuzz
