#include "crypto/merkle.h"

#include <algorithm>
#include <random>
#include <set>

#include <catch2/catch.hpp>

namespace aval::crypto::merkle_test {
namespace {

constexpr std::size_t sizes_max = 1025;

std::vector<Digest> leaves_of(std::size_t count) {
  std::vector<Digest> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(merkle_leaf(big_endian(i)));
  return leaves;
}

Digest node_of(const Digest& left, const Digest& right) {
  Bytes bytes(1, '\x01');
  bytes.append(left.view()).append(right.view());
  return sha256(bytes);
}

/// MTH of RFC 6962 section 2.1, written as it stands there.
Digest naive_root(std::span<const Digest> leaves) {
  if (leaves.empty()) return sha256("");
  if (leaves.size() == 1) return leaves.front();
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  return node_of(naive_root(leaves.first(k)), naive_root(leaves.subspan(k)));
}

/// PATH of RFC 6962 section 2.1.1, written as it stands there.
std::vector<Digest> naive_path(std::span<const Digest> leaves, std::size_t index) {
  if (leaves.size() == 1) return {};
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  const bool in_first = index < k;
  auto path = in_first ? naive_path(leaves.first(k), index) : naive_path(leaves.subspan(k), index - k);
  path.push_back(naive_root(in_first ? leaves.subspan(k) : leaves.first(k)));
  return path;
}

/// Every node of the tree above its leaves, with the path from it to the root.
void collect_inner(std::span<const Digest> leaves, std::vector<Digest> above,
                   std::vector<std::pair<Digest, std::vector<Digest>>>& found) {
  if (leaves.size() < 2) return;
  found.emplace_back(naive_root(leaves), std::vector<Digest>(above.rbegin(), above.rend()));
  std::size_t k = 1;
  while (k * 2 < leaves.size()) k *= 2;
  above.push_back(naive_root(leaves.subspan(k)));
  collect_inner(leaves.first(k), above, found);
  above.back() = naive_root(leaves.first(k));
  collect_inner(leaves.subspan(k), above, found);
}

}  // namespace

TEST_CASE("roots agree with the vectors of the Certificate Transparency log", "[merkle]") {
  std::vector<Digest> leaves;
  for (const char* hex :
       {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}) {
    leaves.push_back(merkle_leaf(from_hex(hex).value()));
  }
  const char* const roots[] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                               "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                               "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                               "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                               "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                               "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                               "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                               "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                               "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    REQUIRE(merkle_root(std::span(leaves).first(size)).hex() == roots[size]);
  }
}

TEST_CASE("roots and paths agree with RFC 6962 written as it stands there", "[merkle]") {
  const auto leaves = leaves_of(130);
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    const auto tree = std::span(leaves).first(size);
    REQUIRE(merkle_root(tree) == naive_root(tree));
    for (std::size_t index = 0; index < size; ++index) {
      REQUIRE(merkle_prove(tree, index).path == naive_path(tree, index));
    }
  }
}

TEST_CASE("every leaf of every size has a proof that holds", "[merkle]") {
  const auto leaves = leaves_of(sizes_max);
  for (const std::size_t size : {1u, 2u, 3u, 5u, 8u, 21u, 64u, 65u, 127u, 512u, 1024u, 1025u}) {
    const auto tree = std::span(leaves).first(size);
    const Digest root = merkle_root(tree);
    for (std::size_t index = 0; index < size; index += 1 + size / 50) {
      REQUIRE(merkle_verify(root, leaves[index], merkle_prove(tree, index)));
    }
  }
}

TEST_CASE("two lists of different length never share a root", "[merkle]") {
  const auto leaves = leaves_of(sizes_max);
  std::set<Digest> roots;
  for (std::size_t size = 0; size <= sizes_max; ++size)
    roots.insert(merkle_root(std::span(leaves).first(size)));
  REQUIRE(roots.size() == sizes_max + 1);
}

TEST_CASE("repeating the last leaf changes the root", "[merkle]") {
  auto leaves = leaves_of(sizes_max);
  for (std::size_t size = 1; size < sizes_max; ++size) {
    const auto tree = std::span(leaves).first(size);
    std::vector<Digest> repeated(tree.begin(), tree.end());
    repeated.push_back(repeated.back());
    REQUIRE(merkle_root(repeated) != merkle_root(tree));
  }
}

TEST_CASE("two swapped leaves change the root", "[merkle]") {
  auto leaves = leaves_of(33);
  const Digest root = merkle_root(leaves);
  for (std::size_t i = 0; i + 1 < leaves.size(); ++i) {
    std::swap(leaves[i], leaves[i + 1]);
    REQUIRE(merkle_root(leaves) != root);
    std::swap(leaves[i], leaves[i + 1]);
  }
}

TEST_CASE("the data of an inner node is not the data of a leaf", "[merkle]") {
  const auto leaves = leaves_of(2);
  Bytes children(leaves[0].view());
  children.append(leaves[1].view());
  REQUIRE(merkle_leaf(children) != merkle_root(leaves));
}

TEST_CASE("an inner node is refused as a leaf at every position", "[merkle]") {
  const auto leaves = leaves_of(40);
  for (std::size_t size = 2; size <= leaves.size(); ++size) {
    const auto tree = std::span(leaves).first(size);
    std::vector<std::pair<Digest, std::vector<Digest>>> inner;
    collect_inner(tree, {}, inner);
    REQUIRE(inner.size() == size - 1);
    int accepted = 0;
    for (const auto& [node, path] : inner) {
      for (std::size_t index = 0; index < size; ++index) {
        accepted += merkle_verify(merkle_root(tree), node, {index, size, path}) ? 1 : 0;
      }
    }
    REQUIRE(accepted == 0);
  }
}

TEST_CASE("a proof holds for its own position only", "[merkle]") {
  const auto leaves = leaves_of(40);
  for (std::size_t size = 1; size <= leaves.size(); ++size) {
    const auto tree = std::span(leaves).first(size);
    const Digest root = merkle_root(tree);
    int accepted = 0;
    for (std::size_t index = 0; index < size; ++index) {
      MerkleProof proof = merkle_prove(tree, index);
      for (proof.index = 0; proof.index <= size; ++proof.index) {
        accepted += merkle_verify(root, leaves[index], proof) ? 1 : 0;
      }
    }
    REQUIRE(accepted == static_cast<int>(size));
  }
}

TEST_CASE("a proof for a size that gives its position another shape is refused", "[merkle]") {
  const auto leaves = leaves_of(8);
  const auto verify_as = [&](std::uint64_t index, std::uint64_t size) {
    MerkleProof proof = merkle_prove(leaves, index);
    proof.size = size;
    return merkle_verify(merkle_root(leaves), leaves[index], proof);
  };
  for (const std::uint64_t size : {0u, 1u, 2u, 3u, 4u, 9u, 16u, 1000u}) REQUIRE(!verify_as(0, size));
  for (const std::uint64_t size : {0u, 6u, 7u, 9u, 15u, 16u}) REQUIRE(!verify_as(6, size));
  REQUIRE(!verify_as(0, std::uint64_t{1} << 63));
  REQUIRE(!verify_as(0, ~std::uint64_t{0}));
}

TEST_CASE("the root alone does not fix the size, so the size must be the signed one", "[merkle]") {
  const auto leaves = leaves_of(4);
  MerkleProof proof = merkle_prove(leaves, 0);
  proof.size = 3;  // leaf 0 has a path of the same shape in both trees
  REQUIRE(merkle_verify(merkle_root(leaves), leaves[0], proof));
}

TEST_CASE("an empty tree proves nothing", "[merkle]") {
  REQUIRE(!merkle_verify(sha256(""), sha256(""), {}));
  REQUIRE(!merkle_verify(sha256(""), merkle_leaf(""), {}));
}

TEST_CASE("altered proofs are refused", "[merkle]") {
  const auto leaves = leaves_of(sizes_max);
  std::mt19937_64 random(6962);
  int accepted = 0;
  for (int tree_number = 0; tree_number < 100; ++tree_number) {
    const std::size_t size = 3 + random() % (sizes_max - 3);
    const auto tree = std::span(leaves).first(size);
    const Digest root = merkle_root(tree);
    const std::size_t index = random() % size;
    const MerkleProof proof = merkle_prove(tree, index);
    REQUIRE(merkle_verify(root, leaves[index], proof));
    for (int i = 0; i < 500; ++i) {
      MerkleProof altered = proof;
      auto& path = altered.path;
      const std::size_t place = random() % path.size();
      Digest leaf = leaves[index];
      switch (random() % 7) {
        case 0:
          path[place].bytes[random() % 32] ^= static_cast<std::uint8_t>(1u << random() % 8);
          break;
        case 1:
          path.erase(path.begin() + static_cast<std::ptrdiff_t>(place));
          break;
        case 2:
          path.insert(path.begin() + static_cast<std::ptrdiff_t>(place), sha256("more"));
          break;
        case 3:
          path.push_back(root);
          break;
        case 4:
          altered.index ^= std::uint64_t{1} << random() % 10;
          break;
        case 5:
          leaf.bytes[random() % 32] ^= static_cast<std::uint8_t>(1u << random() % 8);
          break;
        default:
          if (path.size() < 2) continue;
          std::swap(path[place], path[(place + 1) % path.size()]);
      }
      accepted += merkle_verify(root, leaf, altered) ? 1 : 0;
    }
  }
  REQUIRE(accepted == 0);
}

}  // namespace aval::crypto::merkle_test
