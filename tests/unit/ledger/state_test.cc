#include "ledger/state.h"

#include <catch2/catch.hpp>

#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::state_test {
namespace {

using Entries = std::map<Bytes, Bytes>;

Entries scanned(const StateReader& state, ByteView prefix) {
  Entries out;
  Bytes last;
  state.scan(prefix, [&](ByteView key, ByteView value) {
    CHECK((out.empty() || Bytes(key) > last));
    last = Bytes(key);
    out.emplace(key, value);
    return true;
  });
  return out;
}

Entries with_prefix(const Entries& all, const Bytes& prefix) {
  Entries out;
  for (const auto& [key, value] : all)
    if (key.starts_with(prefix)) out.emplace(key, value);
  return out;
}

Bytes random_key(Numbers& numbers) {
  static const char letters[] = "ab\xff~";
  Bytes key;
  for (std::size_t i = 1 + numbers.below(4); i > 0; --i) key.push_back(letters[numbers.below(4)]);
  return key;
}

/// One random write, to the overlay and to the plain map alike.
void write(Overlay& overlay, Entries& naive, Numbers& numbers) {
  const Bytes key = random_key(numbers);
  if (numbers.below(3) == 0) {
    overlay.remove(key);
    naive.erase(key);
    return;
  }
  const Bytes value = numbers.bytes(numbers.below(5));
  overlay.put(key, value);
  naive[key] = value;
}

void check_same(const StateReader& state, const Entries& naive, Numbers& numbers) {
  CHECK(scanned(state, {}) == naive);
  const Bytes key = random_key(numbers);
  CHECK(scanned(state, key) == with_prefix(naive, key));
  const auto value = state.get(key);
  CHECK(value.has_value() == naive.contains(key));
  if (value) CHECK(*value == naive.at(key));
}

}  // namespace

TEST_CASE("overlays on overlays read like one plain map", "[state]") {
  Numbers numbers(4);
  for (int round = 0; round < 150; ++round) {
    Entries naive;
    MemoryState memory;
    Overlay first(memory);
    for (int i = 0; i < 20; ++i) write(first, naive, numbers);
    memory.apply(first.writes());
    first.clear();
    check_same(memory, naive, numbers);

    for (int i = 0; i < 10; ++i) write(first, naive, numbers);
    check_same(first, naive, numbers);
    const Entries before = naive;
    Overlay second = first.nested();
    for (int i = 0; i < 10; ++i) write(second, naive, numbers);
    Overlay third = second.nested();
    for (int i = 0; i < 10; ++i) write(third, naive, numbers);
    check_same(third, naive, numbers);
    check_same(first, before, numbers);

    third.merge_into(second);
    CHECK(third.writes().empty());
    check_same(second, naive, numbers);
    second.merge_into(first);
    memory.apply(first.writes());
    check_same(memory, naive, numbers);
  }
}

TEST_CASE("an overlay that is thrown away leaves no trace", "[state]") {
  MemoryState memory;
  memory.apply({{"a", "1"}});
  Overlay overlay(memory);
  {
    Overlay discarded = overlay.nested();
    discarded.put("a", "2");
    discarded.remove("a");
    discarded.put("b", "3");
  }
  CHECK(overlay.writes().empty());
  CHECK(overlay.get("a") == Bytes("1"));
}

TEST_CASE("a scan stops when the visitor has had enough", "[state]") {
  MemoryState memory;
  memory.apply({{"b", "below"}, {"d", "below"}});
  Overlay overlay(memory);
  for (const char* key : {"a", "c", "e"}) overlay.put(key, "above");
  for (std::size_t limit = 1; limit <= 5; ++limit) {
    Bytes seen;
    overlay.scan({}, [&](ByteView key, ByteView) {
      seen += key;
      return seen.size() < limit;
    });
    CHECK(seen == Bytes("abcde").substr(0, limit));
  }
}

TEST_CASE("an overlay moved to a parent with the same contents reads the same", "[state]") {
  MemoryState one;
  MemoryState other;
  one.apply({{"a", "1"}});
  other.apply({{"a", "1"}});
  Overlay overlay(one);
  overlay.put("b", "2");
  overlay.rebase(other);
  one.apply({{"a", std::nullopt}});
  CHECK(scanned(overlay, {}) == Entries{{"a", "1"}, {"b", "2"}});
}

TEST_CASE("an empty value is a value", "[state]") {
  MemoryState memory;
  Overlay overlay(memory);
  overlay.put("a", "");
  CHECK(overlay.get("a") == Bytes());
  memory.apply(overlay.writes());
  CHECK(memory.get("a") == Bytes());
}

TEST_CASE("index keys start with a tilde", "[state]") {
  CHECK(is_index_key("~tx/1"));
  CHECK_FALSE(is_index_key("tx~"));
  CHECK_FALSE(is_index_key(""));
}

}  // namespace aval::ledger::state_test
