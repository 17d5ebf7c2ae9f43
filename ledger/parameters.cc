#include "ledger/parameter_names.h"

#include <array>

#include "ledger/canonical.h"
#include "ledger/wire.h"

namespace aval::ledger {
namespace {

struct Bound {
  const char* name;
  std::uint32_t Parameters::*field;
  std::uint32_t least;
  std::uint32_t most;
};

constexpr std::array<Bound, 14> bounds = {{
    {"batch_envelopes_max", &Parameters::batch_envelopes_max, 1, batch_envelopes_limit},
    {"batch_bytes_max", &Parameters::batch_bytes_max, 1024, batch_bytes_limit},
    {"block_bytes_max", &Parameters::block_bytes_max, 1024, batch_bytes_limit},
    {"block_batches_max", &Parameters::block_batches_max, 1, block_batches_limit},
    {"pipeline_window", &Parameters::pipeline_window, 1, pipeline_window_limit},
    {"view_timeout_base_ms", &Parameters::view_timeout_base_ms, 50, 600'000},
    {"view_timeout_max_ms", &Parameters::view_timeout_max_ms, 50, 3'600'000},
    {"retransmit_interval_ms", &Parameters::retransmit_interval_ms, 10, 60'000},
    {"batch_delay_ms", &Parameters::batch_delay_ms, 0, 1'000},
    {"clock_tolerance_ms", &Parameters::clock_tolerance_ms, 1, 3'600'000},
    {"validity_window_blocks", &Parameters::validity_window_blocks, 1, 1'000'000'000},
    {"envelope_bytes_max", &Parameters::envelope_bytes_max, 256, batch_bytes_limit},
    {"snapshot_interval_blocks", &Parameters::snapshot_interval_blocks, 0, 1'000'000'000},
    {"rules_version", &Parameters::rules_version, 0, 1'000'000},
}};

Result<void> check_bound(const Parameters& parameters, const Bound& bound) {
  const std::uint32_t value = parameters.*bound.field;
  if (value >= bound.least && value <= bound.most) return {};
  return malformed("parameters: " + std::string(bound.name) + " is " + std::to_string(value) +
                   ", not within " + std::to_string(bound.least) + " to " + std::to_string(bound.most));
}

Parameters from_wire(const pb::Parameters& wire) {
  Parameters out;
  out.batch_envelopes_max = wire.batch_envelopes_max();
  out.batch_bytes_max = wire.batch_bytes_max();
  out.block_bytes_max = wire.block_bytes_max();
  out.block_batches_max = wire.block_batches_max();
  out.pipeline_window = wire.pipeline_window();
  out.view_timeout_base_ms = wire.view_timeout_base_ms();
  out.view_timeout_max_ms = wire.view_timeout_max_ms();
  out.retransmit_interval_ms = wire.retransmit_interval_ms();
  out.batch_delay_ms = wire.batch_delay_ms();
  out.clock_tolerance_ms = wire.clock_tolerance_ms();
  out.validity_window_blocks = wire.validity_window_blocks();
  out.envelope_bytes_max = wire.envelope_bytes_max();
  out.snapshot_interval_blocks = wire.snapshot_interval_blocks();
  out.rules_version = wire.rules_version();
  return out;
}

}  // namespace

const std::map<std::string_view, std::uint32_t Parameters::*>& parameter_names() {
  static const auto names = [] {
    std::map<std::string_view, std::uint32_t Parameters::*> out;
    for (const Bound& bound : bounds) out.emplace(bound.name, bound.field);
    return out;
  }();
  return names;
}

Result<void> check_bounds(const Parameters& parameters) {
  for (const Bound& bound : bounds) AVAL_TRY(check_bound(parameters, bound));
  if (parameters.view_timeout_base_ms > parameters.view_timeout_max_ms)
    return malformed("parameters: view_timeout_base_ms is above view_timeout_max_ms");
  if (parameters.envelope_bytes_max > parameters.batch_bytes_max)
    return malformed("parameters: envelope_bytes_max is above batch_bytes_max");
  if (parameters.batch_bytes_max > parameters.block_bytes_max)
    return malformed("parameters: batch_bytes_max is above block_bytes_max");
  return {};
}

Bytes encode_parameters(const Parameters& parameters) {
  pb::Parameters wire;
  wire.set_batch_envelopes_max(parameters.batch_envelopes_max);
  wire.set_batch_bytes_max(parameters.batch_bytes_max);
  wire.set_block_bytes_max(parameters.block_bytes_max);
  wire.set_block_batches_max(parameters.block_batches_max);
  wire.set_pipeline_window(parameters.pipeline_window);
  wire.set_view_timeout_base_ms(parameters.view_timeout_base_ms);
  wire.set_view_timeout_max_ms(parameters.view_timeout_max_ms);
  wire.set_retransmit_interval_ms(parameters.retransmit_interval_ms);
  wire.set_batch_delay_ms(parameters.batch_delay_ms);
  wire.set_clock_tolerance_ms(parameters.clock_tolerance_ms);
  wire.set_validity_window_blocks(parameters.validity_window_blocks);
  wire.set_envelope_bytes_max(parameters.envelope_bytes_max);
  wire.set_snapshot_interval_blocks(parameters.snapshot_interval_blocks);
  wire.set_rules_version(parameters.rules_version);
  return canonical(wire);
}

Result<Parameters> decode_parameters(ByteView bytes) {
  pb::Parameters wire;
  AVAL_TRY(parse_canonical(bytes, wire, "parameters"));
  const Parameters parameters = from_wire(wire);
  AVAL_TRY(check_bounds(parameters));
  return parameters;
}

crypto::Digest hash_of(const Parameters& parameters) {
  return crypto::tagged(crypto::Tag::Parameters, encode_parameters(parameters));
}

}  // namespace aval::ledger
