#include "ledger/state_tree.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::state_tree_test {
namespace {

using crypto::Digest;
using crypto::Tag;
using Leaves = std::vector<std::pair<Digest, Digest>>;  // position and value digest, ascending

bool naive_bit(const Digest& position, unsigned bit) {
  return (position.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

/// The definition of the root, word for word from state_tree.h and without any cleverness.
Digest naive_root(const Leaves& leaves) {
  if (leaves.empty()) return {};
  if (leaves.size() == 1)
    return crypto::tagged(Tag::StateLeaf, Bytes(leaves[0].first.view()) + Bytes(leaves[0].second.view()));
  unsigned bit = 0;
  const auto parts = [&] {
    return std::any_of(leaves.begin(), leaves.end(), [&](const auto& leaf) {
      return naive_bit(leaf.first, bit) != naive_bit(leaves[0].first, bit);
    });
  };
  while (!parts()) ++bit;
  Leaves left;
  Leaves right;
  for (const auto& leaf : leaves) (naive_bit(leaf.first, bit) ? right : left).push_back(leaf);
  const Bytes bit_bytes = big_endian(bit).substr(6);
  return crypto::tagged(Tag::StateNode,
                        bit_bytes + Bytes(naive_root(left).view()) + Bytes(naive_root(right).view()));
}

Digest naive_root(const std::map<Bytes, Bytes>& entries) {
  Leaves leaves;
  for (const auto& [key, value] : entries)
    if (!is_index_key(key)) leaves.emplace_back(crypto::tagged(Tag::StateKey, key), crypto::sha256(value));
  return naive_root(leaves);
}

WriteSet random_writes(Numbers& numbers, std::size_t count, std::size_t keys) {
  WriteSet writes;
  for (std::size_t i = 0; i < count; ++i) {
    const Bytes key = (numbers.below(10) == 0 ? "~" : "") + ("key/" + std::to_string(numbers.below(keys)));
    if (numbers.below(3) == 0)
      writes[key] = std::nullopt;
    else
      writes[key] = std::to_string(numbers.below(4));
  }
  return writes;
}

void apply(std::map<Bytes, Bytes>& entries, const WriteSet& writes) {
  for (const auto& [key, value] : writes) {
    if (value)
      entries[key] = *value;
    else
      entries.erase(key);
  }
}

std::size_t authenticated(const std::map<Bytes, Bytes>& entries) {
  return static_cast<std::size_t>(std::count_if(
      entries.begin(), entries.end(), [](const auto& entry) { return !is_index_key(entry.first); }));
}

std::optional<ByteView> value_in(const std::map<Bytes, Bytes>& entries, const Bytes& key) {
  const auto at = entries.find(key);
  return at == entries.end() ? std::nullopt : std::optional<ByteView>(at->second);
}

StateTree tree_of(const std::map<Bytes, Bytes>& entries) {
  WriteSet writes;
  for (const auto& [key, value] : entries) writes[key] = value;
  return StateTree().with(writes);
}

std::map<Bytes, Bytes> numbered_entries(int count) {
  std::map<Bytes, Bytes> entries;
  for (int i = 0; i < count; ++i) entries["key/" + std::to_string(i)] = "value " + std::to_string(i);
  return entries;
}

}  // namespace

TEST_CASE("the root of the empty tree is 32 zero bytes", "[state_tree]") {
  CHECK(StateTree().root().is_zero());
  CHECK(StateTree().size() == 0);
  CHECK(StateTree().with({{"a", std::nullopt}, {"~b", "indexed"}}).root().is_zero());
}

TEST_CASE("after any writes the root is the one the definition gives", "[state_tree]") {
  Numbers numbers(5);
  for (const std::size_t keys : {3U, 30U, 300U}) {
    std::map<Bytes, Bytes> naive;
    StateTree tree;
    for (int round = 0; round < 120; ++round) {
      const WriteSet writes = random_writes(numbers, 1 + numbers.below(keys), keys);
      tree = tree.with(writes);
      apply(naive, writes);
      REQUIRE(tree.root() == naive_root(naive));
      REQUIRE(tree.size() == authenticated(naive));
    }
  }
}

TEST_CASE("CR-03 the root does not depend on the order or the grouping of writes", "[state_tree]") {
  Numbers numbers(6);
  const auto entries = numbered_entries(200);
  const StateTree at_once = tree_of(entries);
  std::vector<std::pair<Bytes, Bytes>> shuffled(entries.begin(), entries.end());
  for (int round = 0; round < 20; ++round) {
    for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[numbers.below(i)]);
    StateTree tree;
    for (std::size_t i = 0; i < shuffled.size();) {
      WriteSet writes;
      for (std::size_t n = 1 + numbers.below(40); n > 0 && i < shuffled.size(); --n, ++i)
        writes[shuffled[i].first] = shuffled[i].second;
      tree = tree.with(writes).with({{"passing/" + std::to_string(i), "guest"}});
      tree = tree.with({{"passing/" + std::to_string(i), std::nullopt}});
    }
    REQUIRE(tree.root() == at_once.root());
  }
}

TEST_CASE("a tree is unchanged by the trees made of it", "[state_tree]") {
  const StateTree before = tree_of(numbered_entries(50));
  const Digest root = before.root();
  const StateTree removed = before.with({{"key/3", std::nullopt}});
  const StateTree changed = before.with({{"key/3", "another"}});
  CHECK(before.root() == root);
  CHECK(before.size() == 50);
  CHECK(removed.size() == 49);
  CHECK(changed.root() != root);
  CHECK(removed.with({{"key/3", "value 3"}}).root() == root);
}

TEST_CASE("writing what is already there gives the same root", "[state_tree]") {
  const StateTree tree = tree_of(numbered_entries(50));
  CHECK(tree.with({{"key/3", "value 3"}, {"key/77", std::nullopt}}).root() == tree.root());
}

TEST_CASE("the tree of a state is the tree of its authenticated entries", "[state_tree]") {
  MemoryState state;
  Numbers numbers(7);
  StateTree tree;
  for (int round = 0; round < 20; ++round) {
    const WriteSet writes = random_writes(numbers, 100, 200);
    state.apply(writes);
    tree = tree.with(writes);
  }
  CHECK(StateTree::of(state).root() == tree.root());
  CHECK(StateTree::of(state).size() == tree.size());
  CHECK(StateTree::of(MemoryState()).root().is_zero());
}

TEST_CASE("presence and absence of every key can be proved", "[state_tree]") {
  for (const int count : {0, 1, 2, 3, 50}) {
    const auto entries = numbered_entries(count);
    const StateTree tree = tree_of(entries);
    for (int i = 0; i < count + 20; ++i) {
      const Bytes key = "key/" + std::to_string(i);
      const StateProof proof = decode_state_proof(encode_state_proof(tree.prove(key))).value();
      CHECK(proof == tree.prove(key));
      CHECK(verify_state(tree.root(), key, value_in(entries, key), proof));
    }
  }
}

TEST_CASE("a proof shows nothing but the truth", "[state_tree]") {
  const auto entries = numbered_entries(50);
  const StateTree tree = tree_of(entries);
  for (int i = 0; i < 70; ++i) {
    const Bytes key = "key/" + std::to_string(i);
    const StateProof proof = tree.prove(key);
    const auto value = value_in(entries, key);
    CHECK_FALSE(verify_state(tree.root(), key, "another value", proof));
    if (value) CHECK_FALSE(verify_state(tree.root(), key, std::nullopt, proof));
    CHECK_FALSE(verify_state(digest_of("another root"), key, value, proof));
    CHECK_FALSE(verify_state(Digest(), key, value, proof));
    const Bytes other = "key/" + std::to_string(i + 1);
    if (i + 1 < 50) CHECK_FALSE(verify_state(tree.root(), other, std::nullopt, proof));
    CHECK_FALSE(verify_state(tree.root(), "~" + key, std::nullopt, proof));
  }
}

TEST_CASE("nothing is present in the empty tree, and no other root is empty", "[state_tree]") {
  CHECK(verify_state(Digest(), "key", std::nullopt, {}));
  CHECK_FALSE(verify_state(Digest(), "key", "value", {}));
  CHECK_FALSE(verify_state(tree_of(numbered_entries(1)).root(), "key", std::nullopt, {}));
  CHECK_FALSE(verify_state(Digest(), "key", std::nullopt, {std::nullopt, {{3, digest_of("sibling")}}}));
}

TEST_CASE("a proof changed in any way is refused", "[state_tree]") {
  const auto entries = numbered_entries(50);
  const StateTree tree = tree_of(entries);
  Numbers numbers(8);
  for (int round = 0; round < 5000; ++round) {
    const Bytes key = "key/" + std::to_string(numbers.below(70));
    const auto value = value_in(entries, key);
    StateProof bad = tree.prove(key);
    const std::size_t at = numbers.below(bad.siblings.size());
    switch (numbers.below(9)) {
      case 0:
        bad.leaf->position.bytes.at(numbers.below(32)) ^= 1U;
        break;
      case 1:
        bad.leaf->value.bytes.at(numbers.below(32)) ^= 1U;
        break;
      case 2:
        bad.siblings[at].digest.bytes.at(numbers.below(32)) ^= 1U;
        break;
      case 3:
        bad.siblings[at].bit ^= static_cast<std::uint16_t>(1U << numbers.below(16));
        break;
      case 4:
        bad.siblings.erase(bad.siblings.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 5:
        bad.siblings.push_back(bad.siblings[at]);
        break;
      case 6:
        std::reverse(bad.siblings.begin(), bad.siblings.end());
        break;
      case 7:
        bad.leaf.reset();
        break;
      default:
        bad.siblings.clear();
        break;
    }
    if (bad == tree.prove(key)) continue;
    REQUIRE_FALSE(verify_state(tree.root(), key, value, bad));
    const auto read = decode_state_proof(encode_state_proof(bad));
    if (read) REQUIRE(*read == bad);
  }
}

TEST_CASE("an inner node is not accepted as a leaf", "[state_tree]") {
  const StateTree tree = tree_of(numbered_entries(2));
  const StateProof proof = tree.prove("key/0");
  // The children of the root, dressed up as position and value of a leaf.
  StateProof forged;
  forged.leaf = {proof.siblings[0].digest, proof.siblings[0].digest};
  CHECK_FALSE(verify_state(tree.root(), "key/none", std::nullopt, forged));
}

TEST_CASE("a state proof that is not well-formed does not decode", "[state_tree]") {
  const StateProof good = tree_of(numbered_entries(50)).prove("key/1");
  REQUIRE(good.siblings.size() >= 2);
  StateProof bad = good;
  bad.siblings[0].bit = 256;
  CHECK_FALSE(decode_state_proof(encode_state_proof(bad)));
  bad = good;
  bad.siblings[0].bit = bad.siblings[1].bit;
  CHECK_FALSE(decode_state_proof(encode_state_proof(bad)));
  bad = good;
  bad.leaf.reset();
  CHECK_FALSE(decode_state_proof(encode_state_proof(bad)));
}

}  // namespace aval::ledger::state_tree_test
