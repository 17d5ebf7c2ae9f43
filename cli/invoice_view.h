#pragma once

#include "cli/commands.h"

namespace aval::cli {

/// invoice show and invoice list.
void add_invoice_views(CLI::App& group, Session& session, Chosen& chosen);

}  // namespace aval::cli
