#include <CLI/CLI.hpp>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/calendar_today.h"
#include "cli/commands.h"
#include "cli/devnet.h"
#include "cli/output.h"
#include "cli/run_self.h"
#include "cli/sample_invoice.h"
#include "crypto/random.h"

namespace aval::cli {
namespace {

using nlohmann::json;

struct DemoFlags {
  std::string folder = "aval-devnet";
  std::string on;
  bool keep = false;
};

/// Tells the story: every step is a real `aval` command, printed so that it can be typed again.
class Story {
 public:
  Story(const Session& session, std::filesystem::path folder) : session_(session), folder_(std::move(folder)) {}

  /// Runs a command that must succeed; prints what it means in plain words.
  void tell(const std::string& words, const std::vector<std::string>& command) { step(words, command, ""); }

  /// Runs a command that must be refused with `code`.
  void tell_refused(const std::string& words, const std::vector<std::string>& command, const std::string& code) {
    step(words, command, code);
  }

  bool failed() const { return failed_; }
  const json& last() const { return last_; }
  json steps() const { return steps_; }

 private:
  void step(const std::string& words, const std::vector<std::string>& command, const std::string& refusal) {
    if (failed_) return;
    const auto [exit_code, object, output] = run_self(folder_ / "profile.json", command);
    last_ = object;
    const json answer = object.contains("error") ? object["error"] : object;
    const std::string code = answer.is_object() ? answer.value("code", "") : "";
    failed_ = refusal.empty() ? exit_code != exit_ok : (exit_code == exit_ok || code != refusal);
    steps_.push_back({{"words", words}, {"command", command}, {"exit_code", exit_code}, {"answer", object}});
    if (!session_.json) print_step(words, command, answer, output, code);
  }

  void print_step(const std::string& words, const std::vector<std::string>& command, const json& answer,
                  const std::string& output, const std::string& code) const {
    std::cout << "\n" << words << "\n  $ aval";
    for (const auto& word : command) std::cout << ' ' << shell_word(word);
    std::cout << '\n';
    if (answer.is_object() && answer.contains("tx_id")) {
      std::cout << fmt::format("  transaction {}  height {}  {}{}\n", answer.value("tx_id", ""),
                               answer.value("height", 0ULL), answer.value("state", ""),
                               code.empty() || code == "OK" ? "" : " " + code);
    }
    if (failed_) std::cout << "  this should not have happened:\n" << output << '\n';
    std::cout.flush();
  }

  const Session& session_;
  std::filesystem::path folder_;
  bool failed_ = false;
  json last_;
  json steps_ = json::array();
};

/// Names of one run of the story; fresh each time, so that it can be told again on the same ledger.
struct Cast {
  std::string run = to_hex(crypto::random_bytes(3));
  std::string invoice = "inv-" + run;
  std::string number = "AB-2026-" + run;
  std::string shipment = "shp-" + run;
  std::string financing = "fin-" + run;
  std::string container = "MSKU1234565";
  std::string issued = iso_day(-7);
  std::string due = iso_day(84);
  std::string loaded_by = iso_day(60);
  std::string supplier;
  std::string buyer;
};

std::filesystem::path write_invoice(const std::filesystem::path& folder, const std::string& name,
                                    const std::string& number, const Cast& cast) {
  const auto path = folder / name;
  std::ofstream(path) << sample_invoice_xml(number, cast.issued, cast.due);
  return path;
}

void fund(Story& story, const Cast& cast) {
  story.tell("Bank A, which keeps the euro accounts, issues 1,000,000.00 EUR to Bank B ...",
             {"cash", "issue", "--as", "bank-a", "--to", "bank-b", "--amount", "1000000.00", "--currency", "EUR"});
  story.tell("... and 300,000.00 EUR to the buyer.",
             {"cash", "issue", "--as", "bank-a", "--to", cast.buyer, "--amount", "300000.00", "--currency", "EUR"});
}

void agree(Story& story, const Cast& cast, const std::filesystem::path& folder) {
  const auto file = write_invoice(folder, "invoice-" + cast.run + ".xml", cast.number, cast);
  story.tell("Nordlys Components submits its UBL invoice over 250,000.00 EUR.",
             {"invoice", "submit", file.string(), "--id", cast.invoice});
  story.tell("Hafen Maschinenbau accepts it: an irrevocable debt, once two of three devices have seen the "
             "container loaded and gated out.",
             {"invoice", "accept", cast.invoice, "--as", cast.buyer, "--condition",
              fmt::format("shipment={},container={},milestones=GTOT+LOAD,devices=device-1+device-2+device-3,k=2,"
                          "by={}",
                          cast.shipment, cast.container, cast.loaded_by)});
}

void finance(Story& story, const Cast& cast) {
  story.tell("The supplier asks Bank B to finance the note.",
             {"finance", "request", cast.invoice, "--id", cast.financing, "--financier", "bank-b"});
  story.tell("Bank B approves a straight discount at 5.35 % a year.",
             {"finance", "approve", cast.financing, "--rate", "5.35%", "--value", iso_today()});
  story.tell_refused("Bank B tries to pay before the goods have moved: refused, the debt is still conditional.",
                     {"finance", "disburse", cast.financing}, "AVPD");
}

void ship(Story& story, const Cast& cast, const std::filesystem::path& folder) {
  std::uint64_t counter = unix_millis_now();  // counters only have to grow, from one telling to the next too
  for (const char* milestone : {"LOAD", "GTOT"}) {
    for (const char* device : {"device-1", "device-3"}) {
      story.tell(fmt::format("{} attests {} of container {}.", device, milestone, cast.container),
                 {"ship", "attest", "--device", device, "--device-key",
                  (folder / "keys" / (std::string(device) + ".pem")).string(), "--shipment", cast.shipment,
                  "--container", cast.container, "--milestone", milestone, "--counter", std::to_string(counter)});
    }
    ++counter;
  }
}

void settle(Story& story, const Cast& cast, const std::filesystem::path& folder) {
  story.tell("Now Bank B disburses: cash to the supplier and the note to Bank B, both or neither.",
             {"finance", "disburse", cast.financing});
  const auto again = write_invoice(folder, "invoice-" + cast.run + "-again.xml", "ab 2026 " + cast.run, cast);
  story.tell_refused("The same invoice in another spelling, offered for a second financing: refused as a duplicate "
                     "of a financed one.",
                     {"invoice", "submit", again.string(), "--id", cast.invoice + "-again"}, "DFIN");
  story.tell("At maturity the buyer pays; the money goes to the note's present holder, Bank B.",
             {"pay", cast.invoice});
  story.tell("The note is paid, the debt discharged, the register entry closed.", {"note", "show", cast.invoice});
}

/// Waits until every bank has appended the story's last block: an answer comes from the first that has.
void wait_until_level(const std::filesystem::path& folder) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < deadline) {
    const auto status = run_self(folder / "profile.json", {"status", "--all"}).object;
    std::set<std::pair<std::uint64_t, std::string>> heads;
    for (const auto& node : status.value("nodes", json::array())) {
      heads.emplace(node.value("height", std::uint64_t{0}), node.value("state_root", ""));
    }
    if (heads.size() == 1) return;
  }
}

/// Exports, replays and compares with every node's root; the end of the story.
void audit(Story& story, const Cast& cast, const std::filesystem::path& folder, std::string& state_root) {
  const auto ledger = (folder / ("ledger-" + cast.run + ".aval")).string();
  if (!story.failed()) wait_until_level(folder);
  story.tell("An auditor takes the ledger away ...", {"audit", "export", "--out", ledger});
  story.tell("... and replays it offline: every signature, certificate, root and invariant.",
             {"audit", "verify", ledger});
  if (story.failed()) return;
  state_root = story.last().value("state_root", "");
  story.tell("All four banks stand at the same height with the same state root.", {"status", "--all"});
}

bool roots_agree(const json& status, const std::string& state_root) {
  for (const auto& node : status.value("nodes", json::array())) {
    if (node.value("state_root", "") != state_root) return false;
  }
  return !state_root.empty();
}

int tell_story(const Session& session, const std::filesystem::path& folder) {
  const auto started = std::chrono::steady_clock::now();
  const auto parsed = parse_ubl(sample_invoice_xml("AB-1", iso_today(), iso_today()));
  AVAL_CHECK(parsed.ok);
  Cast cast;
  cast.supplier = member_id_of(parsed.invoice.seller);
  cast.buyer = member_id_of(parsed.invoice.buyer);
  Story story(session, folder);
  std::string state_root;
  fund(story, cast);
  agree(story, cast, folder);
  finance(story, cast);
  ship(story, cast, folder);
  settle(story, cast, folder);
  audit(story, cast, folder, state_root);
  if (story.failed() || !roots_agree(story.last(), state_root)) {
    return fail(session, {exit_refused, "story", "the story did not go as told; see the last step",
                          fmt::format("aval devnet logs 1 --dir {}", folder.string())});
  }
  const auto seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  print(session, {{"steps", story.steps()}, {"state_root", state_root}, {"seconds", seconds}},
        fmt::format("\nThe receivable is settled. State root of all four banks and of the audit:\n  {}\n"
                    "The story took {:.1f} s.\n",
                    state_root, seconds));
  return exit_ok;
}

int run_quietly(const std::filesystem::path& folder, const std::vector<std::string>& words) {
  return run_self(folder / "profile.json", words).exit_code;
}

int demo_trade(const Session& session, const DemoFlags& flags) {
  if (!flags.on.empty()) return tell_story(session, std::filesystem::absolute(flags.on));
  const auto folder = std::filesystem::absolute(flags.folder);
  progress(session, "starting four banks in " + folder.string());
  const auto up = run_self(folder / "profile.json",
                           {"devnet", "up", "--dir", folder.string(), "--base-port", flags.keep ? "7400" : "0"});
  if (up.exit_code != exit_ok) {
    return fail(session, {up.exit_code, "devnet", up.output, "aval devnet logs 1 --dir " + folder.string()});
  }
  const int told = tell_story(session, folder);
  if (flags.keep && told == exit_ok) {
    progress(session, fmt::format("the network stays up.\nuse it with   aval --profile {0}/profile.json status --all\n"
                                  "stop it with  aval devnet down --dir {0}",
                                  folder.string()));
    return told;
  }
  const int stopped = run_quietly(folder, {"devnet", "down", "--dir", folder.string()});
  progress(session, "stopped the four banks");
  return told != exit_ok ? told : stopped;
}

}  // namespace

void add_demo_commands(CLI::App& app, Session& session, Chosen& chosen) {
  auto* demo = app.add_subcommand("demo", "Stories that run for real");
  demo->require_subcommand(1);
  auto flags = std::make_shared<DemoFlags>();
  auto* trade = demo->add_subcommand(
      "trade", "A supplier's invoice becomes a settled receivable on a four-bank network, and an auditor replays it");
  trade->add_option("--dir", flags->folder, "Folder of the network, made if it is not there")->capture_default_str();
  trade->add_option("--on", flags->on, "Tell the story on this running network instead");
  trade->add_flag("--keep", flags->keep, "Leave the network up");
  trade->callback([&session, &chosen, flags] { chosen = [&session, flags] { return demo_trade(session, *flags); }; });
}

}  // namespace aval::cli
