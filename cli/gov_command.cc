#include <charconv>
#include <fstream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/api.h"
#include "cli/commands.h"
#include "cli/entity.h"
#include "cli/flags.h"
#include "cli/genesis_spec.h"
#include "cli/gov_words.h"
#include "cli/write_command.h"
#include "crypto/random.h"
#include "ledger/parameter_names.h"
#include "node/strict_json.h"

namespace aval::cli {
namespace {

using nlohmann::json;
namespace pb = contracts::pb;

constexpr std::size_t file_bytes_max = 64 * 1024;

struct GovFlags {
  WriteFlags write;
  std::string id;
  std::string subject;              // a file, or a member
  std::vector<std::string> values;  // name=value
  std::string governor;
  std::string vote_key;
  std::string tls_key;
  std::string address;
  std::string node;
  std::uint64_t expires_in = 10000;  // blocks
  std::uint64_t at = 0;
};

using Made = Result<pb::Change>;

unexpected usage(const std::string& what) { return unexpected(Error::Code::Malformed, what); }

Result<json> read_json(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return unexpected(Error::Code::Io, "cannot read " + path);
  Bytes text(file_bytes_max, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  auto parsed = node::parse_strict_json(text);
  if (!parsed) return usage(path + ": " + parsed.error().message);
  return parsed;
}

Result<std::string> text_at(const json& object, const char* key, const std::string& path) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return usage(path + ": \"" + key + "\" is missing");
  return found->get<std::string>();
}

Result<Bytes> key_from_hex(const std::string& hex) {
  AVAL_ASSIGN(const auto key, crypto::PublicKey::from_hex(hex));
  return Bytes(key.view());
}

Made admit(const Session&, const GovFlags& flags) {
  pb::Change change;
  AVAL_ASSIGN(const json object, read_json(flags.subject));
  AVAL_ASSIGN(*change.mutable_admit_member()->mutable_member(), member_from_spec(object));
  return change;
}

Made seat(const Session&, const GovFlags& flags) {
  pb::Change change;
  AVAL_ASSIGN(const json object, read_json(flags.subject));
  auto& observer = *change.mutable_seat_observer();
  AVAL_ASSIGN(*observer.mutable_member(), text_at(object, "member", flags.subject));
  AVAL_ASSIGN(*observer.mutable_address(), text_at(object, "address", flags.subject));
  AVAL_ASSIGN(const std::string vote_key, text_at(object, "vote_key", flags.subject));
  AVAL_ASSIGN(*observer.mutable_vote_key(), key_from_hex(vote_key));
  AVAL_ASSIGN(const std::string tls_key, text_at(object, "tls_key", flags.subject));
  AVAL_ASSIGN(*observer.mutable_tls_key(), key_from_hex(tls_key));
  return change;
}

Made promote(const Session&, const GovFlags& flags) {
  pb::Change change;
  change.mutable_promote_observer()->set_member(flags.subject);
  return change;
}

Made remove(const Session&, const GovFlags& flags) {
  pb::Change change;
  change.mutable_remove_seat()->set_member(flags.subject);
  return change;
}

Made replace_keys(const Session&, const GovFlags& flags) {
  pb::Change change;
  change.mutable_replace_keys()->set_member(flags.subject);
  AVAL_ASSIGN(*change.mutable_replace_keys()->mutable_governor(), key_from_hex(flags.governor));
  return change;
}

Result<ledger::Parameters> present_parameters(const Session& session) {
  AVAL_ASSIGN(const auto entry, read_proved(session, "chain", "parameters"));
  return ledger::decode_parameters(entry.value.value_or(Bytes()));
}

Made set_parameters(const Session& session, const GovFlags& flags) {
  AVAL_ASSIGN(ledger::Parameters parameters, present_parameters(session));
  for (const std::string& entry : flags.values) {
    const std::size_t equals = entry.find('=');
    const auto field = ledger::parameter_names().find(std::string_view(entry).substr(0, equals));
    std::uint32_t value = 0;
    const char* end = entry.data() + entry.size();
    const bool is_read = equals != std::string::npos && field != ledger::parameter_names().end() &&
                         std::from_chars(entry.data() + equals + 1, end, value).ptr == end;
    if (!is_read) return usage("\"" + entry + "\" is not NAME=NUMBER with the name of a parameter (aval gov show)");
    parameters.*field->second = value;
  }
  AVAL_TRY(ledger::check_bounds(parameters));
  pb::Change change;
  change.mutable_set_parameters()->set_parameters(ledger::encode_parameters(parameters));
  return change;
}

Result<std::uint64_t> present_height(const Session& session) {
  AVAL_ASSIGN(const json status, get_json(session, "/v1/status"));
  return status.at("height").get<std::uint64_t>();
}

Result<int> propose(const Session& session, const GovFlags& flags, Made (*make)(const Session&, const GovFlags&)) {
  AVAL_ASSIGN(pb::Change change, make(session, flags));
  AVAL_ASSIGN(const std::uint64_t height, present_height(session));
  AVAL_ASSIGN(const auto parameters, present_parameters(session));
  const std::string id = flags.id.empty() ? "change-" + to_hex(crypto::random_bytes(4)) : flags.id;
  const std::string words = change_in_words(change, parameters);
  pb::Command command;
  auto& proposal = *command.mutable_propose_change();
  proposal.set_id(id);
  *proposal.mutable_change() = std::move(change);
  proposal.set_expires_height(height + flags.expires_in);
  proposal.set_activate_height(flags.at);
  Report report;
  report.object = {{"id", id}, {"change", words}};
  report.done = fmt::format("{} proposes and approves {}: {}", flags.write.as, id, words);
  report.next = fmt::format("the others look at it (aval gov show {0}) and approve it (aval gov vote {0} --as MEMBER)", id);
  return send(session, flags.write, flags.write.as, command, report);
}

Result<int> vote(const Session& session, const GovFlags& flags) {
  AVAL_ASSIGN(const auto proposal, read<pb::Proposal>(session, "proposal", flags.id));
  AVAL_ASSIGN(const auto parameters, present_parameters(session));
  pb::Command command;
  command.mutable_approve_change()->set_proposal(flags.id);
  command.mutable_approve_change()->set_change_digest(proposal.change_digest());
  const std::string words = change_in_words(proposal.change(), parameters);
  Report report;
  report.object = {{"id", flags.id}, {"change", words}};
  report.done = fmt::format("{} approves {}: {}", flags.write.as, flags.id, words);
  report.next = "aval gov show " + flags.id;
  return send(session, flags.write, flags.write.as, command, report);
}

Result<int> withdraw(const Session& session, const GovFlags& flags) {
  pb::Command command;
  command.mutable_withdraw_change()->set_proposal(flags.id);
  Report report;
  report.object = {{"id", flags.id}};
  report.done = flags.write.as + " withdraws " + flags.id;
  return send(session, flags.write, flags.write.as, command, report);
}

/// Names the newest block of the observer's own node. The command itself goes to a node that votes.
Result<int> ready(const Session& session, const GovFlags& flags) {
  AVAL_ASSIGN(const auto genesis, session.genesis());
  AVAL_ASSIGN(const auto key, session.key(flags.vote_key));
  Session of_observer = session;
  of_observer.endpoint_override = flags.node;
  AVAL_ASSIGN(const json status, get_json(of_observer, "/v1/status"));
  const auto height = status.at("height").get<std::uint64_t>();
  AVAL_ASSIGN(const auto hash, crypto::Digest::from_hex(status.at("head_hash").get<std::string>()));
  const auto digest = crypto::tagged(
      crypto::Tag::Ready, {genesis.config.chain_id.view(), big_endian(height), hash.view()});
  const auto signature = key.sign(digest);
  pb::Command command;
  command.mutable_declare_ready()->set_height(height);
  command.mutable_declare_ready()->set_block_hash(Bytes(hash.view()));
  command.mutable_declare_ready()->set_signature(Bytes(signature.view()));
  Report report;
  report.object = {{"member", flags.write.as}};
  report.done = fmt::format("{} declares its node ready to vote", flags.write.as);
  report.next = fmt::format("aval gov propose promote {} --as MEMBER", flags.write.as);
  return send(session, flags.write, flags.write.as, command, report);
}

Result<int> rotate(const Session& session, const GovFlags& flags) {
  AVAL_ASSIGN(const auto genesis, session.genesis());
  pb::Command command;
  auto& rotation = *command.mutable_rotate_seat();
  rotation.set_address(flags.address);
  if (!flags.vote_key.empty()) {
    AVAL_ASSIGN(const auto key, session.key(flags.vote_key));
    const auto digest = crypto::tagged(crypto::Tag::Possession, {genesis.config.chain_id.view(), key.public_key().view(),
                                                                 flags.write.as});
    const auto possession = key.sign(digest);
    rotation.set_vote_key(Bytes(key.public_key().view()));
    rotation.set_possession(Bytes(possession.view()));
  }
  if (!flags.tls_key.empty()) {
    AVAL_ASSIGN(const auto key, session.key(flags.tls_key));
    rotation.set_tls_key(Bytes(key.public_key().view()));
  }
  Report report;
  report.object = {{"member", flags.write.as}};
  report.done = flags.write.as + " gives its seat other keys";
  report.next = "aval gov show";
  return send(session, flags.write, flags.write.as, command, report);
}

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

Result<int> show_proposal(const Session& session, const GovFlags& flags) {
  AVAL_ASSIGN(const auto entity, read_proved(session, "proposal", flags.id));
  pb::Proposal proposal;
  AVAL_TRY(parse_proved(entity, proposal));
  AVAL_ASSIGN(const auto parameters, present_parameters(session));
  AVAL_ASSIGN(json view, view_of(entity));
  const std::string words = change_in_words(proposal.change(), parameters);
  view["words"] = words;
  const std::string when =
      proposal.activate_height() == 0 ? "with the last approval" : fmt::format("at height {}", proposal.activate_height());
  print(session, view,
        sheet({{"proposal", proposal.id()},
               {"by", proposal.proposer()},
               {"change", words},
               {"takes effect", when},
               {"approved by", joined(proposal.approvals())},
               {"can be approved", fmt::format("until height {}", proposal.expires_height())},
               {"state", state_text(pb::ProposalStatus_Name(proposal.status()))}}));
  return exit_ok;
}

std::string seats_text(const json& seats) {
  std::vector<std::vector<std::string>> rows;
  std::size_t number = 0;
  for (const auto& seat : seats.at("seats")) {
    rows.push_back({std::to_string(number++), seat.at("member"), seat.at("standing"), seat.at("address"),
                    seat.at("vote_key").get<std::string>().substr(0, 16)});
  }
  return fmt::format("epoch {}: {} validators, {} are a quorum\n", seats.at("epoch").get<std::uint64_t>(),
                     seats.at("voters").get<std::size_t>(), seats.at("quorum").get<std::size_t>()) +
         table({"seat", "member", "standing", "address", "vote key"}, rows);
}

std::string open_text(const json& proposals) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : proposals.at("items")) {
    const auto& value = item.at("value");
    rows.push_back({value.at("id"), value.at("proposer"), state_text(value.at("status")),
                    std::to_string(value.at("approvals").size())});
  }
  return rows.empty() ? "no proposals\n" : table({"proposal", "by", "state", "approvals"}, rows);
}

Result<int> show_all(const Session& session) {
  AVAL_ASSIGN(const auto set, read_proved(session, "chain", "validators"));
  AVAL_ASSIGN(const json seats, view_of(set));
  AVAL_ASSIGN(const auto entry, read_proved(session, "chain", "parameters"));
  AVAL_ASSIGN(const json parameters, view_of(entry));
  AVAL_ASSIGN(const json proposals, get_json(session, "/v1/state/proposal"));
  std::string text = seats_text(seats) + "\n" + open_text(proposals) + "\nparameters\n";
  for (const auto& [name, value] : parameters.items()) {
    if (value.is_number()) text += fmt::format("  {} = {}\n", name, value.get<std::uint64_t>());
  }
  print(session, {{"validators", seats}, {"parameters", parameters}, {"proposals", proposals.at("items")}}, text);
  return exit_ok;
}

Result<int> show(const Session& session, const GovFlags& flags) {
  return flags.id.empty() ? show_all(session) : show_proposal(session, flags);
}

/// The parts that every command of the group is made of.
class Group {
 public:
  Group(Session& session, Chosen& chosen) : session_(session), chosen_(chosen) { flags_->write.governs = true; }

  CLI::App* add(CLI::App& parent, const char* name, const char* help,
                std::function<Result<int>(const Session&, const GovFlags&)> action) {
    auto* command = parent.add_subcommand(name, help);
    command->callback([this_session = &session_, chosen = &chosen_, flags = flags_, action] {
      *chosen = [this_session, flags, action] {
        return run(*this_session, [&] { return action(*this_session, *flags); });
      };
    });
    return command;
  }

  /// A command that sends something, signed by the governors of --as.
  CLI::App* add_write(CLI::App& parent, const char* name, const char* help,
                      std::function<Result<int>(const Session&, const GovFlags&)> action) {
    auto* command = add(parent, name, help, std::move(action));
    add_write_flags(*command, session_, flags_->write, "none");
    command->get_option("--as")->required();
    return command;
  }

  CLI::App* add_proposal(CLI::App& parent, const char* name, const char* help,
                         Made (*make)(const Session&, const GovFlags&)) {
    auto* command = add_write(parent, name, help, [make](const Session& session, const GovFlags& flags) {
      return propose(session, flags, make);
    });
    command->add_option("--id", flags_->id, "Id of the proposal (default: a fresh one)");
    command->add_option("--expires-in", flags_->expires_in, "Blocks for which it can be approved")->capture_default_str();
    command->add_option("--at", flags_->at, "Height at which it takes effect (default: with the last approval)");
    return command;
  }

  GovFlags& flags() { return *flags_; }

 private:
  Session& session_;
  Chosen& chosen_;
  std::shared_ptr<GovFlags> flags_ = std::make_shared<GovFlags>();
};

void add_proposals(CLI::App& gov, Group& group) {
  auto* all = gov.add_subcommand("propose", "Propose a change, and approve it oneself");
  all->require_subcommand(1);
  group.add_proposal(*all, "admit", "A new member", &admit)
      ->add_option("FILE", group.flags().subject, "Its description, as in a genesis description")
      ->required();
  group.add_proposal(*all, "seat", "A seat without a vote for a member's node", &seat)
      ->add_option("FILE", group.flags().subject, "JSON with member, vote_key, tls_key and address")
      ->required();
  group.add_proposal(*all, "promote", "A vote for an observer that declared itself ready", &promote)
      ->add_option("MEMBER", group.flags().subject, "Whose seat")
      ->required();
  group.add_proposal(*all, "remove", "No seat any more for a member", &remove)
      ->add_option("MEMBER", group.flags().subject, "Whose seat")
      ->required();
  group.add_proposal(*all, "set", "Other ledger parameters", &set_parameters)
      ->add_option("NAME=NUMBER", group.flags().values, "Parameters that change")
      ->required();
  auto* keys = group.add_proposal(*all, "keys", "Revoke all keys of a member that lost control of them", &replace_keys);
  keys->add_option("MEMBER", group.flags().subject, "Whose keys")->required();
  keys->add_option("--governor", group.flags().governor, "The governor key that is to speak for it")
      ->required()
      ->type_name("HEX");
}

}  // namespace

void add_gov_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* gov = app.add_subcommand("gov", "Validators, members and parameters: propose, vote, show");
  gov->require_subcommand(1);
  Group group(session, chosen);
  add_proposals(*gov, group);
  group.add_write(*gov, "vote", "Approve a proposal", &vote)
      ->add_option("ID", group.flags().id, "Proposal")
      ->required();
  group.add_write(*gov, "withdraw", "Take an own proposal back", &withdraw)
      ->add_option("ID", group.flags().id, "Proposal")
      ->required();
  auto* readiness =
      group.add_write(*gov, "ready", "Declare that an observer's node has caught up and holds its key", &ready);
  readiness->add_option("--node", group.flags().node, "URL of that node's API")->required()->type_name("URL");
  readiness->add_option("--vote-key", group.flags().vote_key, "Key file of the node's vote key")->required();
  auto* rotation = group.add_write(*gov, "rotate", "Other keys or another address for the own seat", &rotate);
  rotation->add_option("--vote-key", group.flags().vote_key, "Key file of the next vote key");
  rotation->add_option("--tls-key", group.flags().tls_key, "Key file of the next TLS key");
  rotation->add_option("--address", group.flags().address, "HOST:PORT");
  group.add(*gov, "show", "The seats, parameters and proposals, or one proposal in words", &show)
      ->add_option("ID", group.flags().id, "Proposal");
}

}  // namespace aval::cli
