#include "contracts/shipment.h"

#include <algorithm>
#include <array>
#include <functional>
#include <tuple>

#include "contracts/commands.h"
#include "contracts/cose.h"
#include "contracts/keys.h"
#include "contracts/obligation.h"
#include "crypto/base/mutant.h"

namespace aval::contracts {
namespace {

// DCSA Track & Trace: equipment events, transport events and customs or inspection shipment events.
constexpr std::array<std::string_view, 20> milestone_codes = {
    "ARRI", "AVDO", "AVPU", "CROS", "CUSI", "CUSR", "CUSS", "DEPA", "DISC", "DROP",
    "GTIN", "GTOT", "INSP", "LOAD", "PICK", "RMVD", "RSEA", "STRP", "STUF", "WAYP"};

constexpr int condition_milestones_max = 8;
constexpr int condition_devices_max = 16;
constexpr int waiting_max = 64;
constexpr UnixMillis device_clock_ahead_ms_max = 5 * 60 * 1000;

bool is_milestone(std::string_view code) {
  return std::binary_search(milestone_codes.begin(), milestone_codes.end(), code);
}

template <class Texts>
bool is_ascending(const Texts& texts) {
  return std::adjacent_find(texts.begin(), texts.end(), std::greater_equal<>()) == texts.end();
}

template <class Texts>
bool contains(const Texts& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool well_formed(const pb::Condition& condition) {
  const int milestones = condition.milestones_size();
  const int devices = condition.devices_size();
  return is_id(condition.shipment()) && is_container(condition.container()) && milestones >= 1 &&
         milestones <= condition_milestones_max && devices >= 1 && devices <= condition_devices_max &&
         is_ascending(condition.milestones()) && is_ascending(condition.devices()) &&
         condition.threshold() >= 1 && condition.threshold() <= static_cast<std::uint32_t>(devices);
}

Status check_device(const std::string& id, const ContractContext& context) {
  if (!is_id(id)) return Status::UnknownDevice;
  const auto device = context.find<pb::Device>(device_key(id));
  if (!device) return Status::UnknownDevice;
  return device->revoked() ? Status::DeviceRevoked : Status::Applied;
}

bool counts(const pb::Attested& attested, std::string_view milestone, const pb::Condition& condition,
            const ContractContext& context) {
  return attested.milestone() == milestone && contains(condition.devices(), attested.device()) &&
         day_of(attested.time_ms()) <= condition.by_date() &&
         check_device(attested.device(), context) == Status::Applied;
}

/// k of the devices for each milestone. A shipment holds one entry per (milestone, device), so that a
/// device counts once; a device revoked since counts no more.
bool is_met(const pb::Condition& condition, const pb::Shipment& shipment, const ContractContext& context) {
  const auto reached = [&](const std::string& milestone) {
    const auto devices = std::count_if(
        shipment.attested().begin(), shipment.attested().end(),
        [&](const pb::Attested& entry) { return counts(entry, milestone, condition, context); });
    return devices >= static_cast<std::ptrdiff_t>(condition.threshold());
  };
  return std::all_of(condition.milestones().begin(), condition.milestones().end(), reached);
}

void make_unconditional(pb::Obligation& obligation, ContractContext& context) {
  obligation.set_status(pb::OBLIGATION_UNCONDITIONAL);
  context.emit("obligation.unconditional", obligation.id());
}

bool waits_for(const pb::Obligation& obligation, const Attestation& attestation,
               const ContractContext& context) {
  const pb::Condition& condition = obligation.condition();
  return obligation.status() == pb::OBLIGATION_CONDITIONAL && !has_lapsed(obligation, context.today()) &&
         condition.container() == attestation.container &&
         contains(condition.devices(), attestation.device) &&
         contains(condition.milestones(), attestation.milestone);
}

bool is_fresh(UnixMillis attested_ms, UnixMillis block_ms, UnixMillis age_ms_max) {
  if (attested_ms > block_ms) return attested_ms - block_ms <= device_clock_ahead_ms_max;
  return block_ms - attested_ms <= age_ms_max;
}

/// Whether the signed statement is from a device of ours, genuine, new and recent.
Status check_attestation(const Attestation& attestation, const CoseSign1& message, const pb::Device& device,
                         const ContractContext& context) {
  if (device.revoked()) return Status::DeviceRevoked;
  const auto key = crypto::PublicKey::from_bytes(device.public_key());
  AVAL_CHECK(key.has_value());  // genesis refuses others
  const crypto::Digest digest = attestation_signing_digest(context.block().chain_id, message.payload);
  if (!crypto::verify(*key, digest, message.signature)) return Status::BadDeviceSignature;
  const bool is_old = attestation.counter <= device.counter() && !mutated("attestation-replayed");
  if (is_old) return Status::CounterNotGrowing;
  const UnixMillis age_ms_max = context.programme().attestation_age_max_ms();
  if (!is_fresh(attestation.time_ms, context.block().time_ms, age_ms_max)) return Status::AttestationStale;
  return Status::Applied;
}

/// The obligations that wait for exactly this: this device, shipment, container and milestone.
std::vector<pb::Obligation> waiting_obligations(const Attestation& attestation, const pb::Shipment& shipment,
                                                const ContractContext& context) {
  std::vector<pb::Obligation> waiting;
  for (const std::string& id : shipment.waiting()) {
    pb::Obligation obligation = obligation_of(id, context);
    if (waits_for(obligation, attestation, context)) waiting.push_back(std::move(obligation));
  }
  return waiting;
}

auto place_of(pb::Shipment& shipment, const Attestation& attestation) {
  auto& entries = *shipment.mutable_attested();
  return std::find_if(entries.begin(), entries.end(), [&](const pb::Attested& entry) {
    return std::tie(entry.milestone(), entry.device()) >= std::tie(attestation.milestone, attestation.device);
  });
}

bool is_attested(pb::Shipment& shipment, const Attestation& attestation) {
  const auto place = place_of(shipment, attestation);
  return place != shipment.mutable_attested()->end() && place->milestone() == attestation.milestone &&
         place->device() == attestation.device;
}

void record(pb::Shipment& shipment, const Attestation& attestation, const Bytes& cose_sign1,
            const ContractContext& context) {
  const auto index = place_of(shipment, attestation) - shipment.mutable_attested()->begin();
  pb::Attested& entry = *shipment.add_attested();
  entry.set_milestone(attestation.milestone);
  entry.set_device(attestation.device);
  entry.set_counter(attestation.counter);
  entry.set_time_ms(attestation.time_ms);
  entry.set_digest(Bytes(crypto::sha256(cose_sign1).view()));
  entry.set_height(ledger::number(context.block().height));
  auto& entries = *shipment.mutable_attested();
  std::rotate(entries.begin() + index, entries.end() - 1, entries.end());
}

void stop_waiting(pb::Shipment& shipment, const std::string& obligation) {
  auto& waiting = *shipment.mutable_waiting();
  waiting.erase(std::remove(waiting.begin(), waiting.end(), obligation), waiting.end());
}

}  // namespace

Status check_condition(const pb::Condition& condition, Day due_date, const ContractContext& context) {
  if (!well_formed(condition)) return Status::Malformed;
  for (const std::string& milestone : condition.milestones()) {
    if (!is_milestone(milestone)) return Status::UnknownMilestone;
  }
  for (const std::string& id : condition.devices()) {
    if (const Status device = check_device(id, context); device != Status::Applied) return device;
  }
  if (condition.by_date() < context.today() || condition.by_date() > due_date) return Status::WrongDate;
  const auto shipment = context.find<pb::Shipment>(shipment_key(condition.shipment()));
  if (!shipment) return Status::Applied;
  if (shipment->container() != condition.container()) return Status::WrongShipment;
  return shipment->waiting_size() < waiting_max ? Status::Applied : Status::LimitReached;
}

void open_condition(pb::Obligation& obligation, ContractContext& context) {
  const pb::Condition& condition = obligation.condition();
  const std::string key = shipment_key(condition.shipment());
  pb::Shipment shipment = context.find<pb::Shipment>(key).value_or(pb::Shipment());
  shipment.set_id(condition.shipment());
  shipment.set_container(condition.container());
  if (is_met(condition, shipment, context)) {
    make_unconditional(obligation, context);
  } else {
    shipment.add_waiting(obligation.id());
  }
  context.store(key, shipment);
}

void close_condition(const pb::Obligation& obligation, ContractContext& context) {
  const std::string key = shipment_key(obligation.condition().shipment());
  auto shipment = context.find<pb::Shipment>(key);
  AVAL_CHECK(shipment.has_value());
  stop_waiting(*shipment, obligation.id());
  context.store(key, *shipment);
}

Status apply(const pb::Attest& command, ContractContext& context) {
  if (!context.sender_has(pb::ROLE_ORACLE)) return Status::NotPermitted;
  const auto message = decode_cose_sign1(command.cose_sign1());
  if (!message) return Status::AttestationMalformed;
  const auto attestation = decode_attestation(message->payload);
  if (!attestation) return Status::AttestationMalformed;
  if (!is_milestone(attestation->milestone)) return Status::UnknownMilestone;
  auto device = context.find<pb::Device>(device_key(attestation->device));
  if (!device) return Status::UnknownDevice;
  const Status genuine = check_attestation(*attestation, *message, *device, context);
  if (genuine != Status::Applied) return genuine;
  auto shipment = context.find<pb::Shipment>(shipment_key(attestation->shipment));
  if (!shipment) return Status::WrongShipment;
  std::vector<pb::Obligation> waiting = waiting_obligations(*attestation, *shipment, context);
  if (waiting.empty()) return Status::WrongShipment;
  if (is_attested(*shipment, *attestation)) return Status::AlreadyExists;

  device->set_counter(attestation->counter);
  context.store(device_key(device->id()), *device);
  record(*shipment, *attestation, command.cose_sign1(), context);
  context.emit("attestation.counted", shipment->id(), message->payload);
  for (pb::Obligation& obligation : waiting) {
    if (!is_met(obligation.condition(), *shipment, context)) continue;
    make_unconditional(obligation, context);
    stop_waiting(*shipment, obligation.id());
    context.store(obligation_key(obligation.id()), obligation);
  }
  context.store(shipment_key(shipment->id()), *shipment);
  return Status::Applied;
}

Status apply(const pb::RevokeDevice& command, ContractContext& context) {
  if (!is_id(command.device())) return Status::Malformed;
  auto device = context.find<pb::Device>(device_key(command.device()));
  if (!device) return Status::UnknownDevice;
  if (device->owner() != context.sender()) return Status::NotPermitted;
  if (device->revoked()) return Status::DeviceRevoked;

  device->set_revoked(true);
  context.store(device_key(command.device()), *device);
  context.emit("device.revoked", command.device());
  return Status::Applied;
}

}  // namespace aval::contracts
