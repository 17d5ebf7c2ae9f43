#pragma once

#include <string>
#include <string_view>

namespace aval::node {

/// Log lines of the process: one event, one line, whatever the text contains (control characters are
/// escaped). Callable from any thread; lines of a full or broken stderr are dropped, never waited for.
void init_log(const std::string& level, const std::string& format);
void log_debug(std::string_view event);
void log_info(std::string_view event);
void log_warn(std::string_view event);
void log_error(std::string_view event);
void flush_log();

/// `text` with quotes, backslashes and control characters escaped as in a JSON string.
std::string escaped(std::string_view text);

}  // namespace aval::node
