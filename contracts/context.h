#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/calendar.h"
#include "contracts/executor.h"
#include "contracts/finance.h"
#include "contracts/money.h"
#include "ledger/canonical.h"

namespace aval::contracts {

/// Reads the entity at `key`. Entities are written by this room alone, so one that does not parse is
/// a broken promise, not input.
template <class Entity>
std::optional<Entity> find(const ledger::StateReader& state, ByteView key) {
  const auto bytes = state.get(key);
  if (!bytes) return std::nullopt;
  std::optional<Entity> entity(std::in_place);
  AVAL_CHECK(entity->ParseFromString(*bytes));
  return entity;
}

template <class Entity>
void store(ledger::Overlay& state, ByteView key, const Entity& entity) {
  state.put(key, ledger::canonical(entity));
}

/// The whole world of a command: the state, the sender, the block, and the events it tells. Lives for
/// one command; a command that is refused must be given its own overlay, which is then thrown away.
class ContractContext {
 public:
  /// `sender` is as it was before its envelope.
  ContractContext(const BlockContext& block, const pb::Member& sender, ledger::Overlay& state)
      : block_(block), sender_(sender), state_(state) {}

  const std::string& sender() const { return sender_.id(); }
  const pb::Member& sender_member() const { return sender_; }
  bool sender_has(pb::Role role) const;

  const BlockContext& block() const { return block_; }
  Day today() const { return day_of(block_.time_ms); }
  pb::Programme programme() const;
  Rounding rounding() const;

  template <class Entity>
  std::optional<Entity> find(ByteView key) const {
    return contracts::find<Entity>(state_, key);
  }
  bool exists(ByteView key) const { return state_.get(key).has_value(); }
  /// Entries of the chain itself, which are not of this room's types.
  std::optional<Bytes> get(ByteView key) const { return state_.get(key); }
  void put(ByteView key, ByteView value) { state_.put(key, value); }
  template <class Entity>
  void store(ByteView key, const Entity& entity) {
    contracts::store(state_, key, entity);
  }

  /// Tells the world what happened; part of the receipt.
  void emit(std::string type, std::string subject, Bytes data = {});
  std::vector<ledger::Event> take_events() { return std::move(events_); }

 private:
  const BlockContext& block_;
  const pb::Member& sender_;
  ledger::Overlay& state_;
  std::vector<ledger::Event> events_;
};

/// Form of fields, as finance.proto states it.
bool is_id(std::string_view text);                    // 1..64 of [a-z0-9-]
bool is_code(std::string_view text);                  // 1..8 of [A-Z0-9]
bool is_container(std::string_view text);             // ISO 6346: four letters, seven digits
bool is_digest(ByteView bytes);                       // 32 bytes
bool is_text(ByteView bytes, std::size_t bytes_max);  // 1..bytes_max of UTF-8 without control characters

/// Guards that many commands share; Applied when the thing is in order.
Status check_money(const pb::Money& money);
/// The member exists, is not suspended and is not the sender.
Status check_other_party(const std::string& member, const ContractContext& context);

}  // namespace aval::contracts
