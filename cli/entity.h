#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/state_answer.h"
#include "cli/submit.h"

namespace aval::cli {

/// Reads one entity with its proof, checked against the genesis; the value is empty when it is proved
/// that there is none.
Result<ProvedState> read_proved(const Session& session, const std::string& type, const std::string& id);

/// The entity as the API shows it, by its proto field names; rendered here, from the proved bytes.
/// `around` holds what else the view needs (a note's obligation, for its currency).
Result<nlohmann::json> view_of(const ProvedState& entity, const std::vector<ProvedState>& around = {});

/// read_entity() as a value.
template <class Entity>
Result<Entity> read(const Session& session, const std::string& type, const std::string& id) {
  Entity entity;
  AVAL_TRY(read_entity(session, type, id, entity));
  return entity;
}

/// The same from state that was proved already; NotFound when it is absent.
Result<void> parse_proved(const ProvedState& entity, google::protobuf::Message& message);

/// "250000.00 EUR", "2027-02-15" (or "-" for none), "presented" for INVOICE_PRESENTED.
std::string money_text(std::int64_t minor, const std::string& currency);
std::string day_text(std::uint32_t day);
std::string state_text(const std::string& enumerator);

/// Names and values under one another.
std::string sheet(const std::vector<std::pair<std::string, std::string>>& fields);

}  // namespace aval::cli
