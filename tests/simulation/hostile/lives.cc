#include "tests/simulation/hostile/lives.h"

namespace aval::simulation {

void Amnesia::on_start(consensus::Recovered& recovered) {
  const std::size_t before = recovered.records.size();
  std::erase_if(recovered.records, [](const consensus::Record& record) {
    return std::holds_alternative<consensus::VoteRecord>(record) ||
           std::holds_alternative<consensus::PreparedRecord>(record) ||
           std::holds_alternative<consensus::ViewChangeRecord>(record);
  });
  if (recovered.records.size() < before) count();
}

Messages Twin::in_place_of(ReplicaId to, const Message& message) {
  if (sees_second_twin(to) != is_second_twin()) return {};
  count();
  return {message};
}

}  // namespace aval::simulation
