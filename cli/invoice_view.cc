#include "cli/invoice_view.h"

#include <CLI/CLI.hpp>

#include "cli/api.h"
#include "cli/entity.h"
#include "cli/write_command.h"

namespace aval::cli {
namespace {

using nlohmann::json;
namespace pb = contracts::pb;

constexpr std::size_t items_max = 10'000;
constexpr const char* page_size = "100";

struct ShowFlags {
  std::string id;
};

/// The invoice's own fields at the top, as the seller gave them, with its state beside them.
json flattened(json view) {
  json document = std::move(view["document"]);
  view.erase("document");
  document.update(view);
  return document;
}

std::string condition_text(const pb::Condition& condition) {
  std::string milestones;
  for (const auto& milestone : condition.milestones())
    milestones += (milestones.empty() ? "" : ", ") + milestone;
  return milestones + " of container " + condition.container() + " (shipment " + condition.shipment() +
         ") seen by " + std::to_string(condition.threshold()) + " of " +
         std::to_string(condition.devices_size()) + " devices by " + day_text(condition.by_date());
}

void add_obligation_lines(const pb::Obligation& obligation,
                          std::vector<std::pair<std::string, std::string>>& lines) {
  const std::string& currency = obligation.currency();
  lines.emplace_back("debt", state_text(pb::ObligationStatus_Name(obligation.status())));
  lines.emplace_back(
      "accepted", money_text(obligation.accepted(), currency) + ", due " + day_text(obligation.due_date()));
  lines.emplace_back("paid", money_text(obligation.paid(), currency));
  lines.emplace_back("outstanding", money_text(obligation.outstanding(), currency));
  if (obligation.has_condition()) lines.emplace_back("condition", condition_text(obligation.condition()));
}

std::string invoice_text(const pb::Invoice& invoice, const pb::Obligation* obligation) {
  const auto& document = invoice.document();
  std::vector<std::pair<std::string, std::string>> lines{
      {"invoice", document.id()},
      {"number", document.number()},
      {"seller", document.seller()},
      {"buyer", document.buyer()},
      {"payable", money_text(document.payable().minor(), document.payable().currency())},
      {"issued", day_text(document.issue_date())},
      {"due", day_text(document.due_date())},
      {"state", state_text(pb::InvoiceStatus_Name(invoice.status())) +
                    (invoice.code().empty() ? "" : ", " + invoice.code())}};
  if (obligation != nullptr) add_obligation_lines(*obligation, lines);
  return sheet(lines);
}

Result<int> invoice_show(const Session& session, const ShowFlags& flags) {
  AVAL_ASSIGN(const auto entity, read_proved(session, "invoice", flags.id));
  pb::Invoice invoice;
  AVAL_TRY(parse_proved(entity, invoice));
  AVAL_ASSIGN(json view, view_of(entity));
  json object = flattened(std::move(view));
  AVAL_ASSIGN(const auto debt, read_proved(session, "obligation", flags.id));
  pb::Obligation obligation;
  object["obligation"] = nullptr;
  if (debt.value) {
    AVAL_TRY(parse_proved(debt, obligation));
    AVAL_ASSIGN(object["obligation"], view_of(debt));
  }
  print(session, object, invoice_text(invoice, debt.value ? &obligation : nullptr));
  return exit_ok;
}

struct ListFlags {
  std::string member;
  std::string state;
};

bool is_wanted(const json& invoice, const ListFlags& flags) {
  const bool party = flags.member.empty() || invoice.value("seller", "") == flags.member ||
                     invoice.value("buyer", "") == flags.member;
  return party && (flags.state.empty() || state_text(invoice.value("status", "")) == flags.state);
}

std::string amount_text(const json& money) {
  return money.is_object() ? money.value("amount", "") + " " + money.value("currency", "") : std::string();
}

std::vector<std::string> row_of(const json& invoice) {
  const auto text = [&](const char* key) {
    const auto found = invoice.find(key);
    return found != invoice.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  return {text("id"),
          text("number"),
          text("seller"),
          text("buyer"),
          amount_text(invoice.value("payable", json())),
          text("due_date"),
          state_text(text("status"))};
}

/// One page of the list; returns where the next one starts, empty at the end.
Result<std::string> add_page(const Session& session, const std::string& after, const ListFlags& flags,
                             json& items) {
  AVAL_ASSIGN(const json page, get_json(session, std::string("/v1/state/invoice?limit=") + page_size +
                                                     (after.empty() ? "" : "&after=" + path_segment(after))));
  for (const auto& item : page.value("items", json::array())) {
    if (!item.contains("value") || !item["value"].is_object() || !item["value"].contains("document"))
      continue;
    json invoice = flattened(item["value"]);
    if (is_wanted(invoice, flags)) items.push_back(std::move(invoice));
  }
  return page.value("next", "");
}

Result<int> invoice_list(const Session& session, const ListFlags& flags) {
  json items = json::array();
  const auto start = std::chrono::steady_clock::now();
  std::string next;
  do {
    AVAL_ASSIGN(next, add_page(session, next, flags, items));
    if (std::chrono::steady_clock::now() - start > std::chrono::seconds(2)) {
      progress(session, std::to_string(items.size()) + " invoices so far");
    }
  } while (!next.empty() && items.size() < items_max);
  std::vector<std::vector<std::string>> rows;
  for (const auto& item : items) rows.push_back(row_of(item));
  print(session, {{"items", items}, {"next", next}},
        table({"id", "number", "seller", "buyer", "payable", "due", "state"}, rows));
  return exit_ok;
}

}  // namespace

void add_invoice_views(CLI::App& group, Session& session, Chosen& chosen) {
  auto show_flags = std::make_shared<ShowFlags>();
  auto* show = group.add_subcommand("show", "One invoice and the debt it became, proved against the genesis");
  show->add_option("ID", show_flags->id, "Invoice")->required();
  show->callback([&session, &chosen, show_flags] {
    chosen = [&session, show_flags] {
      return run(session, [&] { return invoice_show(session, *show_flags); });
    };
  });
  auto list_flags = std::make_shared<ListFlags>();
  auto* list = group.add_subcommand("list", "Invoices as one node tells them, in order of id");
  list->add_option("--member", list_flags->member, "Only those that this member sold or bought");
  list->add_option("--state", list_flags->state, "Only those in this state, such as presented or accepted");
  list->callback([&session, &chosen, list_flags] {
    chosen = [&session, list_flags] {
      return run(session, [&] { return invoice_list(session, *list_flags); });
    };
  });
}

}  // namespace aval::cli
