#pragma once

#include "contracts/context.h"

/// The business rules: one function per command, pure in (command, context). Each begins with its
/// guards, one per line; their order is part of the contract (contracts/README.md). A function that
/// returns anything but Applied may leave writes behind in the context's overlay, which its caller
/// discards.
namespace aval::contracts {

// invoice.cc
Status apply(const pb::SubmitInvoice& command, ContractContext& context);
Status apply(const pb::AcceptInvoice& command, ContractContext& context);
Status apply(const pb::RejectInvoice& command, ContractContext& context);
Status apply(const pb::WithdrawInvoice& command, ContractContext& context);
// financing.cc
Status apply(const pb::RequestFinancing& command, ContractContext& context);
Status apply(const pb::ApproveFinancing& command, ContractContext& context);
Status apply(const pb::Disburse& command, ContractContext& context);
Status apply(const pb::CancelFinancing& command, ContractContext& context);
// cash.cc
Status apply(const pb::IssueCash& command, ContractContext& context);
Status apply(const pb::RedeemCash& command, ContractContext& context);
Status apply(const pb::TransferCash& command, ContractContext& context);
// payment.cc
Status apply(const pb::Pay& command, ContractContext& context);
// shipment.cc
Status apply(const pb::Attest& command, ContractContext& context);
Status apply(const pb::RevokeDevice& command, ContractContext& context);
// member.cc
Status apply(const pb::RevokeKey& command, ContractContext& context);
Status apply(const pb::AddKey& command, ContractContext& context);
// governance.cc
Status apply(const pb::ProposeChange& command, ContractContext& context);
Status apply(const pb::ApproveChange& command, ContractContext& context);
Status apply(const pb::WithdrawChange& command, ContractContext& context);
// seats.cc
Status apply(const pb::DeclareReady& command, ContractContext& context);
Status apply(const pb::RotateSeat& command, ContractContext& context);
// note.cc
Status apply(const pb::TransferNote& command, ContractContext& context);
Status apply(const pb::SplitNote& command, ContractContext& context);

/// A command of an envelope, or nothing when its bytes are not one.
using DecodedCommand = std::optional<pb::Command>;

/// Finds the rule of a command. Malformed when the command is none of them.
Status apply(const pb::Command& command, ContractContext& context);

/// Signed by governor keys, and by nothing else.
bool is_governance(const pb::Command& command);

/// The member whose signature this command needs beside the sender's; empty when none.
std::string counterpart_of(const pb::Command& command);

}  // namespace aval::contracts
