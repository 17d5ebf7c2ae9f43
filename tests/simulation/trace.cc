#include "tests/simulation/trace.h"

#include <ostream>

namespace aval::simulation {
namespace {

constexpr std::size_t chunk_bytes = 64U << 10U;

void append(Bytes& out, ByteView bytes) {
  out += big_endian(bytes.size());
  out += bytes;
}

crypto::Digest chained(const crypto::Digest& so_far, ByteView chunk) {
  Bytes bytes(so_far.view());
  bytes += chunk;
  return crypto::sha256(bytes);
}

std::uint64_t micros(TimePoint at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

}  // namespace

void Trace::note(TimePoint at, const TraceEvent& event) {
  pending_ += big_endian(micros(at));
  append(pending_, event.event);
  pending_ += big_endian(event.node);
  pending_ += big_endian(event.peer ? number(*event.peer) + 1 : 0);
  append(pending_, event.kind);
  pending_ += big_endian(event.view);
  pending_ += big_endian(event.height);
  append(pending_, event.digest);
  if (lines_ != nullptr) write_line(at, event);
  if (pending_.size() < chunk_bytes) return;
  so_far_ = chained(so_far_, pending_);
  pending_.clear();
}

crypto::Digest Trace::hash() const { return chained(so_far_, pending_); }

void Trace::write_line(TimePoint at, const TraceEvent& event) {
  *lines_ << R"({"t_us":)" << micros(at) << R"(,"event":")" << event.event << R"(","node":)" << event.node;
  if (event.peer) *lines_ << R"(,"peer":)" << number(*event.peer);
  if (!event.kind.empty()) *lines_ << R"(,"kind":")" << event.kind << '"';
  if (event.view != 0) *lines_ << R"(,"view":)" << event.view;
  if (event.height != 0) *lines_ << R"(,"height":)" << event.height;
  if (!event.digest.empty()) *lines_ << R"(,"digest":")" << to_hex(event.digest.substr(0, 8)) << '"';
  *lines_ << "}\n";
}

}  // namespace aval::simulation
