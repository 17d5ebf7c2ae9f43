#include "ledger/parameters.h"

#include <catch2/catch.hpp>

#include "tests/unit/ledger/fixtures.h"

namespace aval::ledger::parameters_test {
namespace {

struct Edge {
  const char* name;
  std::uint32_t Parameters::*field;
  std::uint32_t least;
  std::uint32_t most;
};

const Edge edges[] = {
    {"batch_envelopes_max", &Parameters::batch_envelopes_max, 1, 5000},
    {"batch_bytes_max", &Parameters::batch_bytes_max, 1024, 8 * 1024 * 1024},
    {"block_bytes_max", &Parameters::block_bytes_max, 1024, 8 * 1024 * 1024},
    {"block_batches_max", &Parameters::block_batches_max, 1, 1024},
    {"pipeline_window", &Parameters::pipeline_window, 1, 64},
    {"view_timeout_base_ms", &Parameters::view_timeout_base_ms, 50, 600'000},
    {"view_timeout_max_ms", &Parameters::view_timeout_max_ms, 50, 3'600'000},
    {"retransmit_interval_ms", &Parameters::retransmit_interval_ms, 10, 60'000},
    {"batch_delay_ms", &Parameters::batch_delay_ms, 0, 1'000},
    {"clock_tolerance_ms", &Parameters::clock_tolerance_ms, 1, 3'600'000},
    {"validity_window_blocks", &Parameters::validity_window_blocks, 1, 1'000'000'000},
    {"envelope_bytes_max", &Parameters::envelope_bytes_max, 256, 8 * 1024 * 1024},
    {"snapshot_interval_blocks", &Parameters::snapshot_interval_blocks, 0, 1'000'000'000},
    {"rules_version", &Parameters::rules_version, 0, 1'000'000},
};

std::string refusal(const Parameters& parameters) {
  const auto read = decode_parameters(encode_parameters(parameters));
  return read ? "" : read.error().message;
}

}  // namespace

TEST_CASE("parameters decode to themselves", "[parameters]") {
  Parameters parameters;
  CHECK(decode_parameters(encode_parameters(parameters)).value() == parameters);
  parameters.batch_delay_ms = 0;
  parameters.pipeline_window = 64;
  CHECK(decode_parameters(encode_parameters(parameters)).value() == parameters);
}

TEST_CASE("a parameter outside its bounds is refused by name", "[parameters]") {
  for (const Edge& edge : edges) {
    for (const std::uint32_t value : {edge.least - 1, edge.most + 1, 0xffffffffU}) {
      if (value == 0xffffffffU && edge.least == 0 && edge.most == value) continue;
      Parameters parameters;
      parameters.*edge.field = value;
      CHECK(refusal(parameters).starts_with("parameters: " + std::string(edge.name) + " is "));
    }
  }
}

TEST_CASE("a parameter at its bounds is accepted when the others allow it", "[parameters]") {
  Parameters least;
  Parameters most;
  for (const Edge& edge : edges) {
    least.*edge.field = edge.least;
    most.*edge.field = edge.most;
  }
  CHECK(refusal(least).empty());
  CHECK(refusal(most).empty());
}

TEST_CASE("parameters that contradict each other are refused", "[parameters]") {
  Parameters parameters;
  parameters.view_timeout_base_ms = parameters.view_timeout_max_ms + 1;
  CHECK(refusal(parameters) == "parameters: view_timeout_base_ms is above view_timeout_max_ms");
  parameters = {};
  parameters.envelope_bytes_max = parameters.batch_bytes_max + 1;
  CHECK(refusal(parameters) == "parameters: envelope_bytes_max is above batch_bytes_max");
  parameters = {};
  parameters.batch_bytes_max = parameters.block_bytes_max + 1;
  CHECK(refusal(parameters) == "parameters: batch_bytes_max is above block_bytes_max");
}

TEST_CASE("every parameter enters the hash", "[parameters]") {
  const auto hash = hash_of(Parameters());
  for (const Edge& edge : edges) {
    Parameters parameters;
    parameters.*edge.field += 1;
    CHECK(hash_of(parameters) != hash);
  }
}

}  // namespace aval::ledger::parameters_test
