#pragma once

#include <cstdint>
#include <vector>

#include "crypto/base/bytes.h"

namespace aval::node {

/// What a frame carries. From a peer, kinds unknown to this version are ignored by the reader.
enum class FrameKind : std::uint8_t {
  Hello = 1,     // once, first, in both directions
  Protocol = 2,  // a small consensus message; worked off before bulk
  Bulk = 3,      // a batch, or final blocks
  Ping = 4,      // "I am here", when there was nothing else to say
  Snapshot = 5,  // a question about snapshots, or its answer; snapshot_messages.h
  Epochs = 6,    // to who is epochs behind: how validators named those after them; epoch_proof.h
  KeyUnknown = 7,  // the reader's TLS key is in no seat that the writer knows of
};

/// Bulk may wait behind everything else, and a slow peer loses the oldest of it first.
inline bool is_bulk(FrameKind kind) { return kind == FrameKind::Bulk || kind == FrameKind::Snapshot; }

struct Frame {
  FrameKind kind{};
  Bytes payload;
  bool operator==(const Frame&) const = default;
};

/// frame = length (4 bytes big endian, >= 1), kind (1 byte), payload (length - 1 bytes)
constexpr std::size_t frame_header_bytes = 4;

Bytes encode_frame(FrameKind kind, ByteView payload);

/// Cuts a stream of bytes into frames. Refuses (Malformed) a length of 0 or above the limit as soon
/// as the four bytes are there, before anything is allocated for it; memory grows with what arrived,
/// not with what was announced. After an error it accepts nothing more.
class FrameDecoder {
 public:
  explicit FrameDecoder(std::size_t frame_bytes_max) : frame_bytes_max_(frame_bytes_max) {}
  /// Takes the next bytes of the stream and appends every frame they complete to `frames`.
  Result<void> feed(ByteView bytes, std::vector<Frame>& frames);
  /// True when part of a frame has arrived.
  bool inside_frame() const { return !header_.empty(); }
  void set_limit(std::size_t frame_bytes_max) { frame_bytes_max_ = frame_bytes_max; }

 private:
  Result<void> take_header(ByteView& bytes);
  void take_content(ByteView& bytes);

  std::size_t frame_bytes_max_;
  bool failed_ = false;
  Bytes header_;               // of the frame being read
  std::size_t length_ = 0;     // announced, once the header is whole
  Bytes content_;              // kind and payload as far as they arrived
};

}  // namespace aval::node
