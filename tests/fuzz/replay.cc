#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "tests/fuzz/target.h"

/// aval-fuzz-replay CORPUS: feeds every file of CORPUS/<target>/ to its target, so that the ordinary
/// compiler and the ordinary suite keep what the fuzzer once found. A target that takes none of its files
/// has lost its way in, and a folder without a target is never read: both are errors.

namespace {

struct Replayed {
  std::size_t files = 0;
  std::size_t taken = 0;
};

std::vector<aval::fuzz::Target> all_targets() {
  using namespace aval::fuzz;
  std::vector<Target> all;
  for (const auto& room : {crypto_targets(), ledger_targets(), contracts_targets(), consensus_targets(),
                           node_targets(), cli_targets()})
    all.insert(all.end(), room.begin(), room.end());
  return all;
}

aval::Bytes contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Names each file before it is fed, so that the last one named is the one that ended the process.
Replayed replay(const aval::fuzz::Target& target, const std::filesystem::path& folder) {
  Replayed out;
  if (!std::filesystem::is_directory(folder)) return out;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::cerr << entry.path().string() << '\n';
    ++out.files;
    if (target.feed(contents(entry.path()))) ++out.taken;
  }
  return out;
}

std::ptrdiff_t folders_in(const std::filesystem::path& corpus) {
  return std::distance(std::filesystem::directory_iterator(corpus), {});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: aval-fuzz-replay CORPUS\n";
    return 64;
  }
  const std::filesystem::path corpus(argv[1]);
  const auto targets = all_targets();
  Replayed all;
  bool ok = folders_in(corpus) == static_cast<std::ptrdiff_t>(targets.size());
  if (!ok) std::cout << "there must be one folder for each target\n";
  for (const auto& target : targets) {
    const Replayed one = replay(target, corpus / target.name);
    if (one.taken == 0) std::cout << "takes nothing of its corpus: " << target.name << '\n';
    ok = ok && one.taken > 0;
    all.files += one.files;
    all.taken += one.taken;
  }
  std::cout << "stage=fuzz-replay targets=" << targets.size() << " files=" << all.files
            << " taken=" << all.taken << " floor=" << (ok ? "ok" : "failed") << '\n';
  return ok ? 0 : 1;
}
