#include "cli/entity.h"

#include "cli/api.h"
#include "cli/output.h"
#include "cli/text.h"
#include "contracts/calendar.h"
#include "contracts/currency.h"
#include "contracts/money.h"
#include "ledger/canonical.h"
#include "node/json_view.h"

namespace aval::cli {

using nlohmann::json;

Result<ProvedState> read_proved(const Session& session, const std::string& type, const std::string& id) {
  AVAL_ASSIGN(const auto genesis, session.genesis());
  AVAL_ASSIGN(const json answer,
              get_json(session, "/v1/state/" + path_segment(type) + "/" + path_segment(id) + "?proof=1"));
  AVAL_ASSIGN(ProvedState proved, verify_state_answer(answer, genesis.config));
  if (proved.type != type || proved.id != id) {
    return unexpected(Error::Code::Corrupt,
                      "the node answered with another entity than " + type + " '" + id + "'");
  }
  return proved;
}

Result<json> view_of(const ProvedState& entity, const std::vector<ProvedState>& around) {
  AVAL_CHECK(entity.value.has_value());
  ledger::MemoryState state;
  ledger::WriteSet writes;
  for (const auto& other : around) {
    if (other.value) writes[other.type + "/" + other.id] = other.value;
  }
  state.apply(writes);
  AVAL_ASSIGN(const auto view, node::entity_view(entity.type, entity.id, *entity.value, state));
  json object = json::parse(node::text_of(view));
  object["id"] = entity.id;
  object["height"] = number(entity.height);
  return object;
}

Result<void> parse_proved(const ProvedState& entity, google::protobuf::Message& message) {
  if (entity.value) return ledger::parse_canonical(*entity.value, message, entity.type);
  return unexpected(Error::Code::NotFound, "AVNF: there is no " + entity.type + " '" + entity.id +
                                               "' at height " + std::to_string(number(entity.height)));
}

Result<void> read_entity(const Session& session, const std::string& type, const std::string& id,
                         google::protobuf::Message& message) {
  AVAL_ASSIGN(const ProvedState proved, read_proved(session, type, id));
  return parse_proved(proved, message);
}

std::string money_text(std::int64_t minor, const std::string& currency) {
  if (!contracts::is_currency(currency)) return std::to_string(minor) + " minor units";
  return contracts::format_amount(minor, currency) + " " + currency;
}

std::string day_text(std::uint32_t day) {
  return day == 0 || day > contracts::day_max ? "-" : contracts::format_date(day);
}

std::string state_text(const std::string& enumerator) {
  const auto underscore = enumerator.find('_');
  std::string out = enumerator.substr(underscore == std::string::npos ? 0 : underscore + 1);
  for (char& c : out) {
    if (c == '_')
      c = ' ';
    else if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string sheet(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, code_point_count(name));
  std::string out;
  for (const auto& [name, value] : fields) {
    out += name + std::string(width - code_point_count(name) + 2, ' ') + printable(value) + "\n";
  }
  return out;
}

}  // namespace aval::cli
