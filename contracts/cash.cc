#include "contracts/cash.h"

#include <algorithm>

#include "contracts/commands.h"
#include "contracts/keys.h"
#include "contracts/member.h"
#include "crypto/base/mutant.h"

namespace aval::contracts {
namespace {

constexpr std::size_t reference_bytes_max = 140;  // remittance text of a payment, ISO 20022

bool issues(const pb::Member& bank, const std::string& currency) {
  return has_role(bank, pb::ROLE_CASH_BANK) &&
         std::find(bank.cash_currencies().begin(), bank.cash_currencies().end(), currency) !=
             bank.cash_currencies().end();
}

/// An auditor reads; everybody else may be paid.
bool may_hold_cash(const pb::Member& member) {
  return std::any_of(member.roles().begin(), member.roles().end(),
                     [](int role) { return role != pb::ROLE_AUDITOR || mutated("auditor-holds-cash"); });
}

bool is_reference(const Bytes& reference) { return reference.size() <= reference_bytes_max; }

Status credit(const std::string& member, const pb::Money& amount, ContractContext& context) {
  const std::string key = cash_key(amount.currency(), member);
  auto account = context.find<pb::CashAccount>(key).value_or(pb::CashAccount());
  const auto balance = add(account.balance(), amount.minor());
  if (!balance) return Status::Overflow;
  account.set_balance(*balance);
  context.store(key, account);
  return Status::Applied;
}

Status debit(const std::string& member, const pb::Money& amount, ContractContext& context) {
  const std::string key = cash_key(amount.currency(), member);
  auto account = context.find<pb::CashAccount>(key).value_or(pb::CashAccount());
  if (account.balance() < amount.minor() && !mutated("account-below-zero")) return Status::InsufficientFunds;
  account.set_balance(account.balance() - amount.minor());
  context.store(key, account);
  return Status::Applied;
}

Status change_issued(const std::string& currency, std::int64_t change, ContractContext& context) {
  const std::string key = cash_issued_key(currency);
  auto issued = context.find<pb::CashIssued>(key).value_or(pb::CashIssued());
  const auto total = add(issued.total(), change);
  if (!total) return Status::Overflow;
  issued.set_total(*total);
  context.store(key, issued);
  return Status::Applied;
}

}  // namespace

Status move_cash(const std::string& from, const std::string& to, const pb::Money& amount,
                 ContractContext& context) {
  if (const Status debited = debit(from, amount, context); debited != Status::Applied) return debited;
  return credit(to, amount, context);
}

Status apply(const pb::IssueCash& command, ContractContext& context) {
  if (!is_reference(command.reference())) return Status::Malformed;
  if (const Status money = check_money(command.amount()); money != Status::Applied) return money;
  if (!issues(context.sender_member(), command.amount().currency())) return Status::NotCashBank;
  if (!is_id(command.to())) return Status::Malformed;
  const auto to = context.find<pb::Member>(member_key(command.to()));
  if (!to) return Status::UnknownMember;
  if (to->suspended()) return Status::MemberSuspended;
  if (!may_hold_cash(*to)) return Status::NotPermitted;

  const pb::Money& amount = command.amount();
  const Status issued = change_issued(amount.currency(), amount.minor(), context);
  if (issued != Status::Applied) return issued;
  context.emit("cash.issued", command.to(), ledger::canonical(amount));
  return credit(command.to(), amount, context);
}

Status apply(const pb::RedeemCash& command, ContractContext& context) {
  if (!is_reference(command.reference())) return Status::Malformed;
  if (const Status money = check_money(command.amount()); money != Status::Applied) return money;
  if (command.from() != context.sender() || !may_hold_cash(context.sender_member())) return Status::NotPermitted;
  if (!is_id(command.cash_bank())) return Status::Malformed;
  const auto bank = context.find<pb::Member>(member_key(command.cash_bank()));
  if (!bank) return Status::UnknownMember;
  if (bank->suspended()) return Status::MemberSuspended;
  if (!issues(*bank, command.amount().currency())) return Status::NotCashBank;

  const pb::Money& amount = command.amount();
  if (const Status debited = debit(command.from(), amount, context); debited != Status::Applied)
    return debited;
  context.emit("cash.redeemed", command.from(), ledger::canonical(amount));
  return change_issued(amount.currency(), -amount.minor(), context);
}

Status apply(const pb::TransferCash& command, ContractContext& context) {
  if (!is_reference(command.reference())) return Status::Malformed;
  if (const Status money = check_money(command.amount()); money != Status::Applied) return money;
  if (!may_hold_cash(context.sender_member())) return Status::NotPermitted;
  if (const Status other = check_other_party(command.to(), context); other != Status::Applied) return other;
  if (!may_hold_cash(*context.find<pb::Member>(member_key(command.to())))) return Status::NotPermitted;

  const Status moved = move_cash(context.sender(), command.to(), command.amount(), context);
  if (moved != Status::Applied) return moved;
  context.emit("cash.transferred", command.to(), ledger::canonical(command.amount()));
  return Status::Applied;
}

}  // namespace aval::contracts
