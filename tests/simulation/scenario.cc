#include "tests/simulation/scenario.h"

#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>

#include "consensus/fault_switches.h"
#include "node/edit_distance.h"
#include "node/strict_json.h"
#include "tests/simulation/counters.h"
#include "tests/simulation/scenario_fields.h"

namespace aval::simulation {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t replicas_min = 4;
constexpr std::uint64_t replicas_max = 16;
constexpr std::size_t changes_max = 32;
constexpr std::uint64_t day_us = 86'400'000'000;
constexpr std::uint64_t day_ms = day_us / 1000;
constexpr std::uint64_t count_max = 1'000'000'000;
constexpr std::size_t list_max = 1000;

unexpected wrong(const std::string& where, const std::string& what) {
  return unexpected(Error::Code::Malformed, where + ": " + what);
}

/// Every key of the object is one of these.
Result<void> check_keys(const json& object, const std::string& where, const std::vector<std::string>& known) {
  if (!object.is_object()) return wrong(where, "must be an object");
  for (const auto& [key, value] : object.items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      return wrong(where, "unknown key \"" + key + "\"" +
                              (known.empty() ? "" : "; did you mean \"" + node::nearest(key, known) + "\"?"));
  return {};
}

Result<std::uint64_t> whole(const json& value, const std::string& where, std::uint64_t least,
                            std::uint64_t most) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() >= least && value.get<std::uint64_t>() <= most)
    return value.get<std::uint64_t>();
  return wrong(where, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<bool> truth(const json& value, const std::string& where) {
  if (!value.is_boolean()) return wrong(where, "must be true or false");
  return value.get<bool>();
}

Result<std::string> text_in(const json& value, const std::string& where) {
  if (!value.is_string()) return wrong(where, "must be text in quotes");
  return value.get<std::string>();
}

Result<Duration> time_ms(const json& value, const std::string& where) {
  AVAL_ASSIGN(const std::uint64_t count, whole(value, where, 0, day_ms));
  return Duration(milliseconds(count));
}

Result<void> check_list(const json& value, const std::string& where) {
  if (value.is_array() && value.size() <= list_max) return {};
  return wrong(where, "must be a list of at most " + std::to_string(list_max));
}

/// What a name of the file stands for, or which names there are.
Result<std::string> one_of(const json& value, const std::string& where,
                           const std::vector<std::string>& known) {
  AVAL_ASSIGN(std::string name, text_in(value, where));
  if (std::find(known.begin(), known.end(), name) != known.end()) return name;
  return wrong(where, "unknown \"" + name + "\"; did you mean \"" + node::nearest(name, known) + "\"?");
}

template <class T>
Result<void> read_field(const json& value, const std::string& where, const Field<T>& field, T& out) {
  if (const auto* flag = std::get_if<bool T::*>(&field.member)) {
    AVAL_ASSIGN(out.*(*flag), truth(value, where));
  } else if (const auto* duration = std::get_if<Duration T::*>(&field.member)) {
    AVAL_ASSIGN(const std::uint64_t micros, whole(value, where, 0, day_us));
    out.*(*duration) = Duration(static_cast<Duration::rep>(micros));
  } else if (const auto* wide = std::get_if<std::uint64_t T::*>(&field.member)) {
    AVAL_ASSIGN(out.*(*wide), whole(value, where, 0, field.name.ends_with("_per_mille") ? 1000 : count_max));
  } else {
    AVAL_ASSIGN(const std::uint64_t count, whole(value, where, 0, UINT32_MAX));
    out.*std::get<std::uint32_t T::*>(field.member) = static_cast<std::uint32_t>(count);
  }
  return {};
}

/// The section `name` of the file, when it is there.
template <class T, std::size_t N>
Result<void> read_section(const json& file, const std::string& name, const std::array<Field<T>, N>& fields,
                          T& out) {
  if (!file.contains(name)) return {};
  const json& section = file.at(name);
  std::vector<std::string> known;
  for (const Field<T>& field : fields) known.emplace_back(field.name);
  AVAL_TRY(check_keys(section, name, known));
  for (const Field<T>& field : fields)
    if (const auto value = section.find(std::string(field.name)); value != section.end())
      AVAL_TRY(read_field(*value, name + "." + std::string(field.name), field, out));
  return {};
}

Result<std::vector<ledger::ReplicaId>> nodes(const json& value, const std::string& where, const Plan& plan) {
  AVAL_TRY(check_list(value, where));
  std::vector<ledger::ReplicaId> out;
  for (const json& each : value) {
    AVAL_ASSIGN(const std::uint64_t id, whole(each, where, 0, plan.replicas - 1));
    out.push_back(static_cast<ledger::ReplicaId>(id));
  }
  return out;
}

const json& member(const json& object, const char* key) {
  static const json nothing;
  return object.contains(key) ? object.at(key) : nothing;
}

/// One of the names in `names`.
template <class T, std::size_t N>
Result<T> named_in(const std::array<std::pair<std::string_view, T>, N>& names, const json& value,
                   const std::string& where) {
  std::vector<std::string> known;
  for (const auto& [name, each] : names) known.emplace_back(name);
  AVAL_ASSIGN(const std::string chosen, one_of(value, where, known));
  for (const auto& [name, each] : names)
    if (name == chosen) return each;
  return wrong(where, "unknown");
}

/// Refuses what the ledger would refuse: a newcomer that votes before it observes, fewer than four that vote.
Result<void> read_membership(const json& list, Plan& plan) {
  AVAL_TRY(check_list(list, "membership"));
  if (list.size() > changes_max)
    return wrong("membership", "more than " + std::to_string(changes_max) + " changes");
  for (const json& each : list) {
    AVAL_ASSIGN(const MemberChange change, named_in(change_names, each, "membership"));
    if (change == MemberChange::Seat && plan.makes(change))
      return wrong("membership", "there is one newcomer");
    if (change == MemberChange::Promote && (plan.makes(change) || !plan.makes(MemberChange::Seat)))
      return wrong("membership", "\"promote\" stands once, behind \"seat\"");
    plan.membership.push_back(change);
  }
  if (plan.voters_min() < replicas_min) return wrong("membership", "fewer than four would vote");
  return {};
}

Result<void> read_hostile(const json& list, Plan& plan) {
  AVAL_TRY(check_list(list, "hostile"));
  if (list.size() > plan.faulty_max())
    return wrong("hostile", "of " + std::to_string(plan.replicas) + " validators at most " +
                                std::to_string(plan.faulty_max()) + " can be hostile");
  for (const json& each : list) {
    AVAL_TRY(check_keys(each, "hostile", {"node", "behaviour"}));
    AVAL_ASSIGN(const std::uint64_t id, whole(member(each, "node"), "hostile.node", 0, plan.replicas - 1));
    AVAL_ASSIGN(const std::string name,
                one_of(member(each, "behaviour"), "hostile.behaviour", treachery_names()));
    const auto who = static_cast<ledger::ReplicaId>(id);
    if (plan.treachery_of(who)) return wrong("hostile.node", std::to_string(id) + " stands there twice");
    plan.hostile.push_back({who, *treachery_named(name)});
  }
  return {};
}

std::vector<std::string> keys_of(Deed deed) {
  switch (deed) {
    case Deed::Crash:
    case Deed::Restart:
      return {"at_ms", "do", "nodes"};
    case Deed::Skew:
      return {"at_ms", "do", "nodes", "by_ms"};
    case Deed::Cut:
    case Deed::Join:
      return {"at_ms", "do", "from", "to"};
    case Deed::Partition:
      return {"at_ms", "do", "groups"};
    case Deed::Mend:
      break;
  }
  return {"at_ms", "do"};
}

/// The nodes of an event, as its deed groups them.
Result<std::vector<std::vector<ledger::ReplicaId>>> groups(const json& event, const std::string& where,
                                                           const Plan& plan) {
  std::vector<std::vector<ledger::ReplicaId>> out;
  for (const char* key : {"nodes", "from", "to"})
    if (event.contains(key)) {
      AVAL_ASSIGN(auto group, nodes(event.at(key), where + "." + key, plan));
      out.push_back(std::move(group));
    }
  if (!event.contains("groups")) return out;
  AVAL_TRY(check_list(event.at("groups"), where + ".groups"));
  for (const json& each : event.at("groups")) {
    AVAL_ASSIGN(auto group, nodes(each, where + ".groups", plan));
    out.push_back(std::move(group));
  }
  return out;
}

Result<Happening> happening(const json& event, const std::string& where, const Plan& plan) {
  if (!event.is_object()) return wrong(where, "must be an object");
  Happening out;
  AVAL_ASSIGN(out.at, time_ms(member(event, "at_ms"), where + ".at_ms"));
  AVAL_ASSIGN(out.deed, named_in(deed_names, member(event, "do"), where + ".do"));
  const std::vector<std::string> keys = keys_of(out.deed);
  AVAL_TRY(check_keys(event, where, keys));
  for (const std::string& key : keys)
    if (!event.contains(key)) return wrong(where, "\"" + key + "\" is missing");
  AVAL_ASSIGN(out.groups, groups(event, where, plan));
  if (out.deed != Deed::Skew) return out;
  const json& by = event.at("by_ms");
  if (!by.is_number_integer() || std::abs(by.get<std::int64_t>()) > static_cast<std::int64_t>(day_ms))
    return wrong(where + ".by_ms", "must be a whole number of at most a day");
  out.by = milliseconds(by.get<std::int64_t>());
  return out;
}

Result<void> read_events(const json& list, Plan& plan) {
  AVAL_TRY(check_list(list, "events"));
  for (std::size_t i = 0; i < list.size(); ++i) {
    AVAL_ASSIGN(Happening each, happening(list[i], "events[" + std::to_string(i) + "]", plan));
    plan.script.push_back(std::move(each));
  }
  return {};
}

Result<std::vector<Span>> spans(const json& list, const std::string& where, const Plan& plan) {
  AVAL_TRY(check_list(list, where));
  std::vector<Span> out;
  for (const json& each : list) {
    AVAL_TRY(check_keys(each, where, {"from_ms", "to_ms", "nodes"}));
    Span span;
    AVAL_ASSIGN(span.from, time_ms(member(each, "from_ms"), where + ".from_ms"));
    AVAL_ASSIGN(span.to, time_ms(member(each, "to_ms"), where + ".to_ms"));
    if (each.contains("nodes")) {
      AVAL_ASSIGN(span.nodes, nodes(each.at("nodes"), where + ".nodes", plan));
    }
    out.push_back(std::move(span));
  }
  return out;
}

Result<std::map<std::string, std::uint64_t>> faults_at_least(const json& object, const std::string& where) {
  std::vector<std::string> known;
  for (const auto& [name, count] : Counters::faults) known.emplace_back(name);
  AVAL_TRY(check_keys(object, where, known));
  std::map<std::string, std::uint64_t> out;
  for (const auto& [name, value] : object.items()) {
    AVAL_ASSIGN(out[name], whole(value, where + "." + name, 0, count_max));
  }
  return out;
}

Result<void> read_expectation(const std::string& key, const json& value, const Plan& plan,
                              Expectations& out) {
  const std::string where = "expect." + key;
  if (key == "all_final") {
    AVAL_ASSIGN(out.all_final, truth(value, where));
  } else if (key == "commits_at_least") {
    AVAL_ASSIGN(out.commits_at_least, whole(value, where, 0, count_max));
  } else if (key == "epochs_at_least") {
    AVAL_ASSIGN(out.epochs_at_least, whole(value, where, 0, count_max));
  } else if (key == "evidence_at_least") {
    AVAL_ASSIGN(out.evidence_at_least, whole(value, where, 0, count_max));
  } else if (key == "view_at_least") {
    AVAL_ASSIGN(out.view_at_least, whole(value, where, 0, count_max));
  } else if (key == "view_at_most") {
    AVAL_ASSIGN(out.view_at_most, whole(value, where, 0, count_max));
  } else if (key == "settled_within_ms") {
    AVAL_ASSIGN(out.settled_within, time_ms(value, where));
  } else if (key == "no_commits_between") {
    AVAL_ASSIGN(out.no_commits_between, spans(value, where, plan));
  } else if (key == "commits_between") {
    AVAL_ASSIGN(out.commits_between, spans(value, where, plan));
  } else if (key == "no_votes_between") {
    AVAL_ASSIGN(out.no_votes_between, spans(value, where, plan));
  } else {
    AVAL_ASSIGN(out.faults_at_least, faults_at_least(value, where));
  }
  return {};
}

Result<void> read_expectations(const json& object, Plan& plan) {
  AVAL_TRY(check_keys(object, "expect",
                      {"all_final", "commits_at_least", "epochs_at_least", "evidence_at_least",
                       "view_at_least", "view_at_most", "settled_within_ms", "no_commits_between",
                       "commits_between", "no_votes_between", "faults_at_least"}));
  for (const auto& [key, value] : object.items()) AVAL_TRY(read_expectation(key, value, plan, plan.expect));
  return {};
}

Result<Fault> fault(const json& value) {
  AVAL_ASSIGN(const std::string name, text_in(value, "fault"));
  if (!consensus::has_fault_switches()) return wrong("fault", "this program has no fault switches: " + name);
  if (const auto known = fault_named(name)) return *known;
  return wrong("fault", "unknown \"" + name + "\"");
}

/// A healthy world of four in which nothing happens.
Plan quiet_plan() {
  Plan plan;
  plan.network = calm_network();
  plan.disk.sync_mean = milliseconds(1);
  plan.disk.ledger_lag_max = milliseconds(100);
  plan.chaos.length = seconds(10);
  plan.load = {.transactions = 60, .burst_max = 5, .twice_per_mille = 0, .retry_after = seconds(1)};
  return plan;
}

Result<void> read_sections(const json& file, Plan& plan) {
  AVAL_TRY(read_section(file, "parameters", parameter_fields, plan.parameters));
  if (const auto fine = ledger::check_bounds(plan.parameters); !fine)
    return wrong("parameters", fine.error().message);
  AVAL_TRY(read_section(file, "network", network_fields, plan.network));
  AVAL_TRY(read_section(file, "disk", disk_fields, plan.disk));
  AVAL_TRY(read_section(file, "chaos", chaos_fields, plan.chaos));
  AVAL_TRY(read_section(file, "load", load_fields, plan.load));
  if (plan.load.burst_max == 0) return wrong("load.burst_max", "must be at least 1");
  return {};
}

}  // namespace

Result<Plan> parse_scenario(std::string_view bytes) {
  AVAL_ASSIGN(const json file, node::parse_strict_json(bytes));
  AVAL_TRY(check_keys(file, "scenario",
                      {"about", "replicas", "fault", "parameters", "network", "disk", "chaos", "load",
                       "membership", "hostile", "events", "liveness_bound_us", "expect"}));
  Plan plan = quiet_plan();
  if (file.contains("about")) {
    AVAL_ASSIGN(plan.about, text_in(file.at("about"), "about"));
  }
  if (file.contains("replicas")) {
    AVAL_ASSIGN(plan.replicas, whole(file.at("replicas"), "replicas", replicas_min, replicas_max));
  }
  if (file.contains("fault")) {
    AVAL_ASSIGN(plan.fault, fault(file.at("fault")));
  }
  AVAL_TRY(read_sections(file, plan));
  if (file.contains("membership")) AVAL_TRY(read_membership(file.at("membership"), plan));
  plan.liveness_bound = usual_liveness_bound(plan);
  if (file.contains("liveness_bound_us")) {
    AVAL_ASSIGN(const std::uint64_t micros,
                whole(file.at("liveness_bound_us"), "liveness_bound_us", 0, day_us));
    plan.liveness_bound = Duration(static_cast<Duration::rep>(micros));
  }
  if (file.contains("hostile")) AVAL_TRY(read_hostile(file.at("hostile"), plan));
  if (file.contains("events")) AVAL_TRY(read_events(file.at("events"), plan));
  if (file.contains("expect")) AVAL_TRY(read_expectations(file.at("expect"), plan));
  return plan;
}

Result<Plan> read_scenario(const std::string& path) {
  std::ifstream file(path);
  if (!file) return unexpected(Error::Code::NotFound, path + ": cannot be read");
  std::ostringstream text;
  text << file.rdbuf();
  Result<Plan> plan = parse_scenario(text.str());
  if (!plan) return unexpected(plan.error().code, path + ": " + plan.error().message);
  return plan;
}

}  // namespace aval::simulation
