#include "contracts/commands.h"

namespace aval::contracts {

Status apply(const pb::Command& command, ContractContext& context) {
  switch (command.kind_case()) {
    case pb::Command::kSubmitInvoice:
      return apply(command.submit_invoice(), context);
    case pb::Command::kAcceptInvoice:
      return apply(command.accept_invoice(), context);
    case pb::Command::kRejectInvoice:
      return apply(command.reject_invoice(), context);
    case pb::Command::kWithdrawInvoice:
      return apply(command.withdraw_invoice(), context);
    case pb::Command::kRequestFinancing:
      return apply(command.request_financing(), context);
    case pb::Command::kApproveFinancing:
      return apply(command.approve_financing(), context);
    case pb::Command::kDisburse:
      return apply(command.disburse(), context);
    case pb::Command::kCancelFinancing:
      return apply(command.cancel_financing(), context);
    case pb::Command::kIssueCash:
      return apply(command.issue_cash(), context);
    case pb::Command::kRedeemCash:
      return apply(command.redeem_cash(), context);
    case pb::Command::kTransferCash:
      return apply(command.transfer_cash(), context);
    case pb::Command::kPay:
      return apply(command.pay(), context);
    case pb::Command::kAttest:
      return apply(command.attest(), context);
    case pb::Command::kRevokeDevice:
      return apply(command.revoke_device(), context);
    case pb::Command::kRevokeKey:
      return apply(command.revoke_key(), context);
    case pb::Command::kTransferNote:
      return apply(command.transfer_note(), context);
    case pb::Command::kSplitNote:
      return apply(command.split_note(), context);
    case pb::Command::kProposeChange:
      return apply(command.propose_change(), context);
    case pb::Command::kApproveChange:
      return apply(command.approve_change(), context);
    case pb::Command::kWithdrawChange:
      return apply(command.withdraw_change(), context);
    case pb::Command::kDeclareReady:
      return apply(command.declare_ready(), context);
    case pb::Command::kRotateSeat:
      return apply(command.rotate_seat(), context);
    case pb::Command::kAddKey:
      return apply(command.add_key(), context);
    case pb::Command::KIND_NOT_SET:
      return Status::Malformed;
  }
  return Status::Malformed;
}

bool is_governance(const pb::Command& command) {
  return command.has_propose_change() || command.has_approve_change() || command.has_withdraw_change() ||
         command.has_declare_ready() || command.has_rotate_seat() || command.has_add_key();
}

std::string counterpart_of(const pb::Command& command) {
  if (command.has_redeem_cash()) return command.redeem_cash().cash_bank();
  if (command.has_transfer_note()) return command.transfer_note().to();
  return {};
}

}  // namespace aval::contracts
