#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include "tests/simulation/plan.h"

/// The keys of a scenario file that stand for one member of the plan each, so that what is read and
/// what is written cannot differ.
namespace aval::simulation {

template <class T>
struct Field {
  std::string_view name;  // ends in the unit
  std::variant<Duration T::*, std::uint64_t T::*, std::uint32_t T::*, bool T::*> member;
};

inline constexpr std::array<Field<ledger::Parameters>, 14> parameter_fields = {{
    {"batch_envelopes_max", &ledger::Parameters::batch_envelopes_max},
    {"batch_bytes_max", &ledger::Parameters::batch_bytes_max},
    {"block_bytes_max", &ledger::Parameters::block_bytes_max},
    {"block_batches_max", &ledger::Parameters::block_batches_max},
    {"pipeline_window", &ledger::Parameters::pipeline_window},
    {"view_timeout_base_ms", &ledger::Parameters::view_timeout_base_ms},
    {"view_timeout_max_ms", &ledger::Parameters::view_timeout_max_ms},
    {"retransmit_interval_ms", &ledger::Parameters::retransmit_interval_ms},
    {"batch_delay_ms", &ledger::Parameters::batch_delay_ms},
    {"clock_tolerance_ms", &ledger::Parameters::clock_tolerance_ms},
    {"validity_window_blocks", &ledger::Parameters::validity_window_blocks},
    {"envelope_bytes_max", &ledger::Parameters::envelope_bytes_max},
    {"snapshot_interval_blocks", &ledger::Parameters::snapshot_interval_blocks},
    {"rules_version", &ledger::Parameters::rules_version},
}};

inline constexpr std::array<Field<NetworkPlan>, 6> network_fields = {{
    {"delay_mean_us", &NetworkPlan::delay_mean},
    {"loss_per_mille", &NetworkPlan::loss_per_mille},
    {"duplicate_per_mille", &NetworkPlan::duplicate_per_mille},
    {"hold_per_mille", &NetworkPlan::hold_per_mille},
    {"hold_max_us", &NetworkPlan::hold_max},
    {"keeps_order", &NetworkPlan::keeps_order},
}};

inline constexpr std::array<Field<DiskPlan>, 10> disk_fields = {{
    {"sync_mean_us", &DiskPlan::sync_mean},
    {"slow_sync_per_mille", &DiskPlan::slow_sync_per_mille},
    {"ledger_lag_max_us", &DiskPlan::ledger_lag_max},
    {"rotate_per_mille", &DiskPlan::rotate_per_mille},
    {"slow_node_per_mille", &DiskPlan::slow_node_per_mille},
    {"slow_node_max_us", &DiskPlan::slow_node_max},
    {"refuse_per_mille", &DiskPlan::refuse_per_mille},
    {"full_per_mille", &DiskPlan::full_per_mille},
    {"full_max_us", &DiskPlan::full_max},
    {"is_real", &DiskPlan::is_real},
}};

inline constexpr std::array<Field<ChaosPlan>, 10> chaos_fields = {{
    {"length_us", &ChaosPlan::length},
    {"partitions", &ChaosPlan::partitions},
    {"partition_gap_max_us", &ChaosPlan::partition_gap_max},
    {"partition_hold_max_us", &ChaosPlan::partition_hold_max},
    {"crashes", &ChaosPlan::crashes},
    {"crash_gap_max_us", &ChaosPlan::crash_gap_max},
    {"down_max_us", &ChaosPlan::down_max},
    {"crashes_at_effects", &ChaosPlan::crashes_at_effects},
    {"blackouts", &ChaosPlan::blackouts},
    {"clock_skew_max_us", &ChaosPlan::clock_skew_max},
}};

inline constexpr std::array<Field<LoadPlan>, 4> load_fields = {{
    {"transactions", &LoadPlan::transactions},
    {"burst_max", &LoadPlan::burst_max},
    {"twice_per_mille", &LoadPlan::twice_per_mille},
    {"retry_after_us", &LoadPlan::retry_after},
}};

inline constexpr std::array<std::pair<std::string_view, MemberChange>, 6> change_names = {{
    {"seat", MemberChange::Seat},
    {"promote", MemberChange::Promote},
    {"remove", MemberChange::Remove},
    {"remove-primary", MemberChange::RemovePrimary},
    {"rotate", MemberChange::Rotate},
    {"parameters", MemberChange::Parameters},
}};

inline constexpr std::array<std::pair<std::string_view, Deed>, 7> deed_names = {{
    {"crash", Deed::Crash},
    {"restart", Deed::Restart},
    {"partition", Deed::Partition},
    {"cut", Deed::Cut},
    {"join", Deed::Join},
    {"mend", Deed::Mend},
    {"skew", Deed::Skew},
}};

}  // namespace aval::simulation
