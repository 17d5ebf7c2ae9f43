#include "node/journal_format.h"

#include <algorithm>

#include <boost/crc.hpp>

namespace aval::node {

namespace {

constexpr ByteView magic = "AVALVOTES1\n";
constexpr std::size_t frame_front = 4 + 4 + 8 + 8 + 32;  // length, checksum, counter, durable, tip
constexpr std::size_t checked_from = 8;                  // the checksum covers what follows it, and the length
constexpr std::size_t sector_bytes = 512;                // what a disk writes whole or not at all
constexpr std::uint64_t frames_ahead_max = 1U << 20U;    // how far ahead a frame behind damage may count

std::uint32_t crc32c(std::initializer_list<ByteView> parts) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  for (const ByteView part : parts) crc.process_bytes(part.data(), part.size());
  return crc.checksum();
}

Bytes four_bytes(std::uint32_t value) { return big_endian(value).substr(4); }
std::uint32_t read_four(ByteView bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = (value << 8U) | static_cast<unsigned char>(bytes[i]);
  return value;
}

struct Frame {
  std::uint64_t counter = 0;
  std::uint64_t durable = 0;
  crypto::Digest tip;
  ByteView payload;
  std::size_t bytes = 0;
};

/// The frame at the front of `bytes`, if length and checksum hold.
std::optional<Frame> read_frame(ByteView bytes, ByteView salt) {
  if (bytes.size() < frame_front) return std::nullopt;
  const std::size_t length = read_four(bytes);
  if (length == 0 || length > bytes.size() - frame_front) return std::nullopt;
  const ByteView checked = bytes.substr(checked_from, frame_front - checked_from + length);
  if (read_four(bytes.substr(4)) != crc32c({salt, bytes.substr(0, 4), checked})) return std::nullopt;
  Frame frame;
  frame.counter = from_big_endian(bytes.substr(8, 8));
  frame.durable = from_big_endian(bytes.substr(16, 8));
  frame.tip = crypto::Digest::from_bytes(bytes.substr(24, 32)).value();
  frame.payload = bytes.substr(frame_front, length);
  frame.bytes = frame_front + length;
  return frame;
}

bool continues(const Frame& frame, const JournalPosition& position) {
  return frame.counter == position.counter + 1 && frame.tip == after(position, frame.payload).tip;
}

/// Does any sound frame in `rest` say that the one which should stand at its front was on disk?
bool was_durable(ByteView rest, ByteView salt, std::uint64_t missing) {
  for (std::size_t at = 0; at + frame_front <= rest.size(); ++at) {
    const ByteView bytes = rest.substr(at);
    if (read_four(bytes) == 0) continue;
    const std::uint64_t counter = from_big_endian(bytes.substr(8, 8));
    if (counter < missing || counter - missing > frames_ahead_max) continue;  // before the dear checksum
    const auto frame = read_frame(bytes, salt);
    if (frame && frame->durable >= missing) return true;
  }
  return false;
}

/// What a tear leaves out still holds the zeros that stood there before.
bool lacks_nothing(ByteView file, std::size_t from, std::size_t to) {
  for (std::size_t at = from; at < to;) {
    const std::size_t end = std::min(to, (at / sector_bytes + 1) * sector_bytes);
    if (file.substr(at, end - at).find_first_not_of('\0') == ByteView::npos) return false;
    at = end;
  }
  return file[to - 1] != '\0';
}

/// Were all frames from `from` to the zeros behind them written whole? Then no tear explains that the
/// first of them cannot be read.
bool was_written_whole(ByteView file, std::size_t from) {
  std::size_t at = from;
  while (at + frame_front <= file.size() && read_four(file.substr(at)) != 0) {
    const std::size_t length = read_four(file.substr(at));
    if (length > file.size() - frame_front - at || !lacks_nothing(file, at, at + frame_front + length)) return false;
    at += frame_front + length;
  }
  return at > from && file.substr(at).find_first_not_of('\0') == ByteView::npos;
}

/// Was the frame at `from` written whole, and is it sound but for the length it claims? It ends where the
/// next one begins, or where the zeros do.
bool has_wrong_length(ByteView file, std::size_t from, ByteView salt, std::uint64_t counter) {
  const ByteView rest = file.substr(from);
  const std::size_t next_counter = rest.find(big_endian(counter + 1));
  const std::size_t zeros = rest.find_last_not_of('\0') + 1;
  const std::size_t end = next_counter == ByteView::npos ? zeros : next_counter - std::min(next_counter, checked_from);
  if (end <= frame_front || !lacks_nothing(file, from, from + end)) return false;
  const Bytes length = four_bytes(static_cast<std::uint32_t>(end - frame_front));
  return read_four(rest.substr(4)) == crc32c({salt, length, rest.substr(checked_from, end - checked_from)});
}

}  // namespace

Bytes encode_position(const JournalPosition& position) {
  return big_endian(position.counter).append(position.tip.view());
}

std::optional<JournalPosition> decode_position(ByteView bytes) {
  if (bytes.size() != 40) return std::nullopt;
  return JournalPosition{from_big_endian(bytes.substr(0, 8)), crypto::Digest::from_bytes(bytes.substr(8)).value()};
}

Bytes encode_journal_header(const JournalHeader& header) {
  Bytes bytes(magic);
  bytes += header.chain_id.view();
  bytes += header.vote_key_id.view();
  bytes += encode_position(header.base);
  bytes += big_endian(header.salt);
  bytes += big_endian(header.ledger_height);
  bytes += big_endian(ledger::number(header.epoch));
  bytes += four_bytes(crc32c({bytes}));
  bytes.resize(journal_header_bytes, '\0');
  return bytes;
}

Result<JournalHeader> decode_journal_header(ByteView bytes) {
  constexpr std::size_t used = magic.size() + 32 + 32 + 40 + 8 + 8 + 8;
  if (bytes.size() < journal_header_bytes || !bytes.starts_with(magic)) {
    return unexpected(Error::Code::Corrupt, "is not a vote journal");
  }
  if (read_four(bytes.substr(used)) != crc32c({bytes.substr(0, used)})) {
    return unexpected(Error::Code::Corrupt, "has a damaged header");
  }
  const ByteView filler = bytes.substr(used + 4, journal_header_bytes - used - 4);
  if (filler.find_first_not_of('\0') != ByteView::npos) {
    return unexpected(Error::Code::Corrupt, "has a damaged header");
  }
  bytes.remove_prefix(magic.size());
  JournalHeader header;
  header.chain_id = crypto::Digest::from_bytes(bytes.substr(0, 32)).value();
  header.vote_key_id = crypto::Digest::from_bytes(bytes.substr(32, 32)).value();
  header.base = decode_position(bytes.substr(64, 40)).value();
  header.salt = from_big_endian(bytes.substr(104, 8));
  header.ledger_height = from_big_endian(bytes.substr(112, 8));
  header.epoch = ledger::Epoch{from_big_endian(bytes.substr(120, 8))};
  return header;
}

JournalPosition after(const JournalPosition& position, ByteView payload) {
  const std::uint64_t counter = position.counter + 1;
  return {counter, crypto::tagged(crypto::Tag::Journal, {position.tip.view(), big_endian(counter), payload})};
}

JournalPosition append_frame(Bytes& out, const FramePlace& place, ByteView payload) {
  AVAL_CHECK(!payload.empty() && payload.size() <= 0xffffffffU);
  const JournalPosition next = after(place.position, payload);
  const Bytes length = four_bytes(static_cast<std::uint32_t>(payload.size()));
  const Bytes front = big_endian(next.counter) + big_endian(place.durable) + Bytes(next.tip.view());
  out += length;
  out += four_bytes(crc32c({big_endian(place.salt), length, front, payload}));
  out += front;
  out += payload;
  return next;
}

namespace {

unexpected damaged(const JournalScan& scan, const char* where) {
  return unexpected(Error::Code::Corrupt, std::string("is damaged ") + where + ": record " +
                                              std::to_string(scan.position.counter + 1) + " at byte " +
                                              std::to_string(scan.end) + " was on disk and cannot be read");
}

}  // namespace

Result<JournalScan> scan_journal(ByteView file, const JournalHeader& header) {
  const Bytes salt = big_endian(header.salt);
  JournalScan scan;
  scan.position = header.base;
  scan.end = journal_header_bytes;
  for (;;) {
    const auto frame = read_frame(file.substr(scan.end), salt);
    if (!frame || !continues(*frame, scan.position)) break;
    scan.position = {frame->counter, frame->tip};
    scan.payloads.push_back(frame->payload);
    scan.tips.push_back(frame->tip);
    scan.end += frame->bytes;
  }
  const ByteView rest = file.substr(scan.end);
  scan.torn_tail = rest.find_first_not_of('\0') != ByteView::npos;
  if (!scan.torn_tail) return scan;
  const std::uint64_t missing = scan.position.counter + 1;
  if (was_durable(rest, salt, missing)) return damaged(scan, "in the middle");
  if (was_written_whole(file, scan.end) || has_wrong_length(file, scan.end, salt, missing)) return damaged(scan, "at its end");
  return scan;
}

}  // namespace aval::node
