#include "tests/simulation/trace.h"

#include <ostream>
#include <vector>

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

std::vector<std::uint64_t> members_of(std::uint64_t bits) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t i = 0; i < 64; ++i)
    if ((bits >> i & 1U) != 0) out.push_back(i);
  return out;
}

void write_list(std::ostream& out, const std::vector<std::uint64_t>& numbers) {
  out << '[';
  for (std::size_t i = 0; i < numbers.size(); ++i) out << (i == 0 ? "" : ",") << numbers[i];
  out << ']';
}

std::uint64_t micros(TimePoint at) { return static_cast<std::uint64_t>(at.time_since_epoch().count()); }

}  // namespace

void Trace::begin(std::uint64_t seed, std::size_t replicas, const std::set<ledger::ReplicaId>& hostile) {
  if (lines_ == nullptr) return;
  std::vector<std::uint64_t> hostile_numbers;
  for (const ledger::ReplicaId id : hostile) hostile_numbers.push_back(number(id));
  *lines_ << R"({"event":"world","seed":)" << seed << R"(,"replicas":)" << replicas << R"(,"hostile":)";
  write_list(*lines_, hostile_numbers);
  *lines_ << "}\n";
}

void Trace::note(TimePoint at, const TraceEvent& event) {
  pending_ += big_endian(micros(at));
  append(pending_, event.event);
  pending_ += big_endian(event.node);
  pending_ += big_endian(event.peer ? number(*event.peer) + 1 : 0);
  append(pending_, event.kind);
  pending_ += big_endian(event.view);
  pending_ += big_endian(event.height);
  append(pending_, event.digest);
  pending_ += big_endian(event.epoch);
  append(pending_, event.parent);
  pending_ += big_endian(event.signers);
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
  if (event.epoch != 0) *lines_ << R"(,"epoch":)" << event.epoch;
  if (!event.parent.empty()) *lines_ << R"(,"parent":")" << to_hex(event.parent.substr(0, 8)) << '"';
  if (event.signers != 0) {
    *lines_ << R"(,"signers":)";
    write_list(*lines_, members_of(event.signers));
  }
  *lines_ << "}\n";
}

}  // namespace aval::simulation
