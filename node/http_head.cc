#include "node/http_head.h"

#include <algorithm>

#include "node/problem.h"

namespace aval::node {
namespace {

constexpr std::size_t request_line_bytes_max = target_bytes_max + 32;  // method, version and spaces
constexpr std::size_t host_bytes_max = 255;
constexpr std::size_t request_id_bytes_max = 64;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F; }

bool made_of(std::string_view text, std::string_view punctuation) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || punctuation.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool HeadScanner::refuse(HttpResponse response) {
  refusal_ = std::move(response);
  return true;
}

bool HeadScanner::end_line() {
  const bool is_empty = at_ - line_begin_ == 2;  // CR LF
  if (is_empty && first_line_) return refuse(problem(Problem::Malformed, "head: starts with an empty line"));
  line_begin_ = at_;
  first_line_ = false;
  after_cr_ = false;
  return is_empty;
}

bool HeadScanner::step(char c) {
  if (c == '\n') {
    if (!after_cr_) return refuse(problem(Problem::Malformed, "head: a line feed without carriage return"));
    return end_line();
  }
  if (after_cr_) return refuse(problem(Problem::Malformed, "head: a carriage return without line feed"));
  if (c == '\r') {
    after_cr_ = true;
    return false;
  }
  if (is_control(c)) return refuse(problem(Problem::Malformed, "head: a control character"));
  const bool starts_line = at_ == line_begin_ + 1;
  if (starts_line && (c == ' ' || c == '\t')) {
    return refuse(problem(Problem::Malformed, "head: a line starts with white space"));
  }
  return false;
}

bool HeadScanner::scan(std::string_view buffer) {
  while (at_ < buffer.size()) {
    if (first_line_ && at_ >= request_line_bytes_max) {
      return refuse(problem(Problem::UriTooLong, "the request target is longer than 2048 bytes"));
    }
    if (at_ >= head_bytes_max) {
      return refuse(problem(Problem::HeaderTooLarge, "the head is longer than 8192 bytes"));
    }
    const char c = buffer[at_++];
    if (step(c)) return true;
  }
  return false;
}

bool is_sane_host(std::string_view host) {
  return !host.empty() && host.size() <= host_bytes_max && made_of(host, ".-_:[]");
}

bool is_sane_request_id(std::string_view id) {
  return !id.empty() && id.size() <= request_id_bytes_max && made_of(id, "._-");
}

}  // namespace aval::node
