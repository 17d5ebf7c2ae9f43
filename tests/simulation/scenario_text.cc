#include <nlohmann/json.hpp>

#include "tests/simulation/scenario.h"
#include "tests/simulation/scenario_fields.h"

namespace aval::simulation {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t millis(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

template <class T, std::size_t N>
Json fields_of(const T& section, const std::array<Field<T>, N>& fields) {
  Json out;
  for (const Field<T>& field : fields)
    std::visit(
        [&](auto member) {
          if constexpr (std::is_same_v<decltype(member), Duration T::*>)
            out[std::string(field.name)] = (section.*member).count();
          else
            out[std::string(field.name)] = section.*member;
        },
        field.member);
  return out;
}

Json nodes_of(const std::vector<ledger::ReplicaId>& nodes) {
  Json out = Json::array();
  for (const ledger::ReplicaId id : nodes) out.push_back(number(id));
  return out;
}

Json event_of(const Happening& happening) {
  Json out = {{"at_ms", millis(happening.at)}};
  for (const auto& [name, deed] : deed_names)
    if (deed == happening.deed) out["do"] = std::string(name);
  switch (happening.deed) {
    case Deed::Skew:
      out["by_ms"] = millis(happening.by);
      [[fallthrough]];
    case Deed::Crash:
    case Deed::Restart:
      out["nodes"] = nodes_of(happening.groups.front());
      break;
    case Deed::Cut:
    case Deed::Join:
      out["from"] = nodes_of(happening.groups.front());
      out["to"] = nodes_of(happening.groups.back());
      break;
    case Deed::Partition:
      out["groups"] = Json::array();
      for (const auto& group : happening.groups) out["groups"].push_back(nodes_of(group));
      break;
    case Deed::Mend:
      break;
  }
  return out;
}

Json spans_of(const std::vector<Span>& spans) {
  Json out = Json::array();
  for (const Span& span : spans)
    out.push_back(
        {{"from_ms", millis(span.from)}, {"to_ms", millis(span.to)}, {"nodes", nodes_of(span.nodes)}});
  return out;
}

Json changes_of(const std::vector<MemberChange>& changes) {
  Json out = Json::array();
  for (const MemberChange change : changes)
    for (const auto& [name, known] : change_names)
      if (known == change) out.push_back(std::string(name));
  return out;
}

Json expectations_of(const Expectations& expect) {
  Json out = {{"all_final", expect.all_final}};
  if (expect.commits_at_least > 0) out["commits_at_least"] = expect.commits_at_least;
  if (expect.epochs_at_least > 0) out["epochs_at_least"] = expect.epochs_at_least;
  if (expect.evidence_at_least > 0) out["evidence_at_least"] = expect.evidence_at_least;
  if (expect.view_at_least > 0) out["view_at_least"] = expect.view_at_least;
  if (expect.view_at_most) out["view_at_most"] = *expect.view_at_most;
  if (expect.settled_within) out["settled_within_ms"] = millis(*expect.settled_within);
  if (!expect.no_commits_between.empty()) out["no_commits_between"] = spans_of(expect.no_commits_between);
  if (!expect.commits_between.empty()) out["commits_between"] = spans_of(expect.commits_between);
  if (!expect.no_votes_between.empty()) out["no_votes_between"] = spans_of(expect.no_votes_between);
  if (!expect.faults_at_least.empty()) out["faults_at_least"] = expect.faults_at_least;
  return out;
}

}  // namespace

std::string scenario_text(const Plan& plan) {
  Json out;
  if (!plan.about.empty()) out["about"] = plan.about;
  out["replicas"] = plan.replicas;
  if (plan.fault != Fault::None) out["fault"] = std::string(name_of(plan.fault));
  out["parameters"] = fields_of(plan.parameters, parameter_fields);
  out["network"] = fields_of(plan.network, network_fields);
  out["disk"] = fields_of(plan.disk, disk_fields);
  out["chaos"] = fields_of(plan.chaos, chaos_fields);
  out["load"] = fields_of(plan.load, load_fields);
  if (!plan.membership.empty()) out["membership"] = changes_of(plan.membership);
  out["hostile"] = Json::array();
  for (const HostilePlan& each : plan.hostile)
    out["hostile"].push_back(
        {{"node", number(each.who)}, {"behaviour", std::string(name_of(each.treachery))}});
  out["events"] = Json::array();
  for (const Happening& happening : plan.script) out["events"].push_back(event_of(happening));
  out["liveness_bound_us"] = plan.liveness_bound.count();
  out["expect"] = expectations_of(plan.expect);
  return out.dump(2) + "\n";
}

}  // namespace aval::simulation
