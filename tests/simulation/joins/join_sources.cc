#include "tests/simulation/joins/join_sources.h"

namespace aval::simulation {
namespace {

using node::AskChunk;
using node::SnapshotChunk;
using node::SnapshotMessage;
using node::SnapshotOffer;
using std::chrono::milliseconds;

constexpr Duration answer_max = milliseconds(150);
constexpr Duration too_late = std::chrono::seconds(12);
constexpr std::uint64_t faithful_chunks = 1;  // of a turncoat
constexpr std::uint32_t unasked_chunks = 5;

}  // namespace

Bytes forged_chunk(const TakenSnapshot& snapshot) {
  Bytes bytes = snapshot.chunks.back();
  bytes.back() = static_cast<char>(bytes.back() ^ 1);  // the end of the last record's value
  return bytes;
}

std::vector<JoinSource::Answer> JoinSource::answer(const SnapshotMessage& question, Prng& prng) {
  if (deed_ == SourceDeed::Silent || deed_ == SourceDeed::Garbage) ++deeds_;
  if (deed_ == SourceDeed::Silent) return {};
  if (deed_ == SourceDeed::Garbage) return {{prng.up_to(answer_max), Bytes("\x02\x07garbage")}};
  const auto* ask = std::get_if<AskChunk>(&question);
  const SnapshotMessage truth = ask != nullptr ? SnapshotMessage(chunk(*ask, prng)) : SnapshotMessage(offer());
  if (ask != nullptr && deed_ == SourceDeed::Unasked) return with_unasked(truth, prng);
  Duration after = prng.up_to(answer_max);
  if (ask != nullptr && deed_ == SourceDeed::TooLate) {
    ++deeds_;
    after += too_late;
  }
  return {{after, encode(truth)}};
}

const TakenSnapshot* JoinSource::at(ledger::Height height) const {
  for (std::size_t i = 0; i < world_.snapshots.size(); ++i) {
    const bool is_kept = deed_ || (i <= newest_ && i + 1 >= newest_);
    if (is_kept && world_.snapshots[i].manifest.height == height) return &world_.snapshots[i];
  }
  return nullptr;
}

SnapshotOffer JoinSource::offer() {
  const TakenSnapshot& newest = world_.snapshots[deed_ == SourceDeed::Stale ? 0 : newest_];
  SnapshotOffer::Snapshot out{newest.manifest, newest.finality};
  if (deed_ == SourceDeed::Forged) out.manifest.chunks.back() = crypto::sha256(forged_chunk(newest));
  if (deed_ == SourceDeed::Unproved) out.finality.certificate.signatures.front().signature.bytes[40] ^= 1;
  if (deed_ == SourceDeed::Misnamed) out.finality = world_.snapshots[newest_ == 0 ? 1 : 0].finality;
  if (deed_ == SourceDeed::Stale || deed_ == SourceDeed::Forged || deed_ == SourceDeed::Unproved ||
      deed_ == SourceDeed::Misnamed)
    ++deeds_;
  return {std::move(out)};
}

SnapshotChunk JoinSource::chunk(const AskChunk& ask, Prng& prng) {
  SnapshotChunk out{ask.height, ask.index, {}};
  const TakenSnapshot* snapshot = at(ask.height);
  if (snapshot == nullptr || ask.index >= snapshot->chunks.size()) return out;
  out.bytes = snapshot->chunks[ask.index];
  ++chunks_given_;
  if (deed_) falsify(out, *snapshot, prng);
  return out;
}

void JoinSource::falsify(SnapshotChunk& chunk, const TakenSnapshot& snapshot, Prng& prng) {
  const bool turns_a_bit = deed_ == SourceDeed::WrongBytes ||
                           (deed_ == SourceDeed::Turncoat && chunks_given_ > faithful_chunks);
  const bool is_last = chunk.index + 1 == snapshot.chunks.size();
  if (turns_a_bit) {
    char& byte = chunk.bytes[prng.below(chunk.bytes.size())];
    byte = static_cast<char>(byte ^ (1 << prng.below(8)));
  } else if (deed_ == SourceDeed::OtherChunk && snapshot.chunks.size() > 1) {
    chunk.bytes = snapshot.chunks[(chunk.index + 1) % snapshot.chunks.size()];
  } else if (deed_ == SourceDeed::NoChunk) {
    chunk.bytes.clear();
  } else if (deed_ == SourceDeed::Forged && is_last) {
    chunk.bytes = forged_chunk(snapshot);
  } else {
    return;
  }
  ++deeds_;
}

std::vector<JoinSource::Answer> JoinSource::with_unasked(const SnapshotMessage& truth, Prng& prng) {
  const auto* given = std::get_if<SnapshotChunk>(&truth);
  std::vector<Answer> out;
  for (std::uint32_t i = 0; i < unasked_chunks; ++i) {
    ++deeds_;
    const ledger::Height height{ledger::number(given->height) + (i % 2)};
    const std::uint32_t index = i == 4 ? UINT32_MAX : given->index + 1 + i;
    out.push_back({milliseconds(i), encode(SnapshotChunk{height, index, "not asked for"})});
  }
  out.push_back({milliseconds(unasked_chunks) + prng.up_to(answer_max), encode(truth)});
  return out;
}

}  // namespace aval::simulation
