#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/fuzz/seeds.h"

/// aval-fuzz-seeds CORPUS: writes what code can make into CORPUS/<target>/. Run after a format has
/// changed; aval-fuzz-replay fails when a target has nothing left that it takes.
int main(int argc, char** argv) {
  using namespace aval::fuzz;
  if (argc != 2) {
    std::cerr << "usage: aval-fuzz-seeds CORPUS\n";
    return 64;
  }
  for (const auto& room :
       {consensus_seeds(), contracts_seeds(), ledger_seeds(), crypto_seeds(), node_seeds(), cli_seeds()})
    for (const Seed& seed : room) {
      const auto folder = std::filesystem::path(argv[1]) / seed.target;
      std::filesystem::create_directories(folder);
      std::ofstream(folder / seed.name, std::ios::binary) << seed.bytes;
    }
  return 0;
}
