#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>

#include "cli/calendar_today.h"
#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/write_command.h"
#include "contracts/cose.h"
#include "crypto/key_file.h"

namespace aval::cli {
namespace {

namespace pb = contracts::pb;

struct AttestFlags {
  WriteFlags write;
  contracts::Attestation attestation;
  std::string device_key;
  std::string passphrase_file;
  std::string in;
  std::string out;
};

unexpected usage(std::string message) { return unexpected(Error::Code::Malformed, std::move(message)); }

Result<Bytes> read_message(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return usage("cannot read " + path);
  Bytes bytes(contracts::cose_sign1_bytes_max + 1, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(file.gcount()));
  if (bytes.size() > contracts::cose_sign1_bytes_max) return usage(path + " is too long for an attestation");
  return bytes;
}

Result<crypto::PrivateKey> read_device_key(const Session& session, const AttestFlags& flags) {
  std::filesystem::path passphrase_file = flags.passphrase_file;
  if (passphrase_file.empty()) {
    AVAL_ASSIGN(const Profile profile, session.profile());
    passphrase_file = profile.passphrase_file;
  }
  AVAL_ASSIGN(const std::string passphrase, crypto::read_passphrase_file(passphrase_file));
  return crypto::read_key_file(flags.device_key, passphrase);
}

/// The device whose key this is, as the genesis lists it.
Result<std::string> device_of(const pb::Genesis& genesis, const crypto::PublicKey& key) {
  for (const auto& device : genesis.devices()) {
    if (ByteView(device.public_key()) == key.view()) return device.id();
  }
  return usage("no device of the genesis has this key; name one with --device");
}

Result<void> check_complete(const AttestFlags& flags) {
  if (flags.device_key.empty())
    return usage("--device-key FILE is missing (or --in FILE, to send a signed message)");
  if (flags.attestation.shipment.empty()) return usage("--shipment is missing");
  if (flags.attestation.container.empty()) return usage("--container is missing");
  if (flags.attestation.milestone.empty()) return usage("--milestone is missing, such as LOAD");
  if (flags.attestation.counter == 0) return usage("--counter is missing; it must grow with every message");
  return {};
}

/// What the device itself would do: state the milestone and sign it for this chain.
Result<Bytes> sign_message(const Session& session, const AttestFlags& flags) {
  AVAL_TRY(check_complete(flags));
  AVAL_ASSIGN(const auto genesis, session.genesis());
  AVAL_ASSIGN(const auto key, read_device_key(session, flags));
  contracts::Attestation attestation = flags.attestation;
  if (attestation.device.empty()) {
    AVAL_ASSIGN(attestation.device, device_of(genesis.document, key.public_key()));
  }
  if (attestation.time_ms == 0) attestation.time_ms = unix_seconds_now() * 1000;
  const Bytes payload = contracts::encode_attestation(attestation);
  const auto digest = contracts::attestation_signing_digest(genesis.config.chain_id, payload);
  return contracts::encode_cose_sign1({payload, key.sign(digest)});
}

Result<int> save_message(const Session& session, const std::string& path, const Bytes& message) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << message;
  if (!file.flush()) return usage("cannot write " + path);
  print(session, {{"file", path}, {"bytes", message.size()}},
        "wrote " + std::to_string(message.size()) + " bytes to " + path +
            "; nothing was sent\nnext: aval ship attest --in " + path + "\n");
  return exit_ok;
}

/// What the message says, for the report; the node judges it.
Report report_of(const Bytes& message) {
  Report report;
  report.done = "the attestation counts";
  const auto cose = contracts::decode_cose_sign1(message);
  if (!cose) return report;
  const auto said = contracts::decode_attestation(cose->payload);
  if (!said) return report;
  report.object = {{"device", said->device}, {"shipment", said->shipment}, {"milestone", said->milestone}};
  report.done = said->device + " attested " + said->milestone + " of container " + said->container +
                ", shipment " + said->shipment;
  report.next = "aval ship show " + said->shipment;
  return report;
}

Result<int> ship_attest(const Session& session, const AttestFlags& flags) {
  AVAL_ASSIGN(const Bytes message, flags.in.empty() ? sign_message(session, flags) : read_message(flags.in));
  if (!flags.out.empty()) return save_message(session, flags.out, message);
  const Report report = report_of(message);
  if (session.dry_run) {
    nlohmann::json object = report.object;
    object["dry_run"] = true;
    object["cose_sign1"] = to_base64(message);
    print(session, object, "nothing was sent; the signed message is\n" + to_hex(message) + "\n");
    return exit_ok;
  }
  AVAL_ASSIGN(const Outcome outcome,
              submit_attestation(session, message, std::chrono::seconds(flags.write.wait_s)));
  return report_outcome(session, outcome, report);
}

struct ShipFlags {
  WriteFlags write;
  std::string id;
};

std::string shipment_text(const pb::Shipment& shipment) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& seen : shipment.attested()) {
    rows.push_back({seen.milestone(), seen.device(), std::to_string(seen.counter()),
                    day_text(static_cast<std::uint32_t>(seen.time_ms() / 86'400'000)),
                    std::to_string(seen.height())});
  }
  std::string waiting;
  for (const auto& id : shipment.waiting()) waiting += (waiting.empty() ? "" : ", ") + id;
  return sheet({{"shipment", shipment.id()},
                {"container", shipment.container()},
                {"debts that wait for it", waiting.empty() ? "none" : waiting}}) +
         table({"milestone", "device", "counter", "day", "height"}, rows);
}

Result<int> ship_show(const Session& session, const ShipFlags& flags) {
  AVAL_ASSIGN(const auto entity, read_proved(session, "shipment", flags.id));
  pb::Shipment shipment;
  AVAL_TRY(parse_proved(entity, shipment));
  AVAL_ASSIGN(const auto view, view_of(entity));
  print(session, view, shipment_text(shipment));
  return exit_ok;
}

Result<int> ship_revoke(const Session& session, const ShipFlags& flags) {
  AVAL_ASSIGN(const auto device, read<pb::Device>(session, "device", flags.id));
  pb::Command command;
  command.mutable_revoke_device()->set_device(flags.id);
  Report report;
  report.object = {{"device", flags.id}};
  report.done = "device " + flags.id + " is revoked; what it attested before stands";
  return send(session, flags.write, flags.write.as.empty() ? device.owner() : flags.write.as, command,
              report);
}

void add_attest(CLI::App& group, Session& session, Chosen& chosen) {
  auto flags = std::make_shared<AttestFlags>();
  auto* command =
      group.add_subcommand("attest", "Sign a milestone as a device would, and hand it to the gateway node");
  auto& attestation = flags->attestation;
  command->add_option("--device-key", flags->device_key, "The device's own key file")->type_name("FILE");
  command->add_option("--passphrase-file", flags->passphrase_file,
                      "Of the key file (default: the profile's)");
  command->add_option("--device", attestation.device, "Device id (default: the one with this key)");
  command->add_option("--shipment", attestation.shipment, "Shipment that the debt waits for");
  command->add_option("--container", attestation.container, "Container, ISO 6346");
  command->add_option("--milestone", attestation.milestone, "DCSA event code, such as LOAD, DISC, GTOT");
  command->add_option("--counter", attestation.counter, "The device's counter; must grow with every message");
  command->add_option("--time", attestation.time_ms,
                      "Milliseconds since 1970 by the device's clock (default: now)");
  command->add_option("--out", flags->out, "Write the signed bytes to a file instead of sending them");
  command->add_option("--in", flags->in, "Send the bytes of a file, as a device made them");
  command->add_option("--wait", flags->write.wait_s, "Seconds to wait for the end")->capture_default_str();
  command->add_flag("--dry-run", session.dry_run, "Print what would be sent, and send nothing");
  command->callback([&session, &chosen, flags] {
    chosen = [&session, flags] { return run(session, [&] { return ship_attest(session, *flags); }); };
  });
}

}  // namespace

void add_shipment_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* group = app.add_subcommand("ship", "Shipments: what devices attested");
  group->require_subcommand(1);
  add_attest(*group, session, chosen);
  auto flags = std::make_shared<ShipFlags>();
  auto* show =
      group->add_subcommand("show", "Which milestones were seen by which device, proved against the genesis");
  show->add_option("SHIPMENT", flags->id)->required();
  show->callback([&session, &chosen, flags] {
    chosen = [&session, flags] { return run(session, [&] { return ship_show(session, *flags); }); };
  });
  auto* revoke = group->add_subcommand("revoke", "Revoke a device as its owner");
  revoke->add_option("DEVICE", flags->id)->required();
  add_write_flags(*revoke, session, flags->write, "the device's owner");
  revoke->callback([&session, &chosen, flags] {
    chosen = [&session, flags] { return run(session, [&] { return ship_revoke(session, *flags); }); };
  });
}

}  // namespace aval::cli
