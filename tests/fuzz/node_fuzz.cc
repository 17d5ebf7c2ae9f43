#include <array>

#include <nlohmann/json.hpp>

#include "node/frame.h"
#include "node/epoch_proof.h"
#include "node/hello.h"
#include "node/host_port.h"
#include "node/http_query.h"
#include "node/http_reader.h"
#include "node/journal_format.h"
#include "node/snapshot_messages.h"
#include "node/strict_json.h"
#include "tests/fuzz/target.h"

namespace aval::fuzz {
namespace {

using namespace node;

/// What a decoder makes of a stream: its frames, and whether it refused.
struct Cut {
  std::vector<Frame> frames;
  bool refused = false;
  bool operator==(const Cut&) const = default;
};

Cut cut(ByteView stream, std::size_t piece) {
  constexpr std::size_t frame_bytes_max = 4096;
  FrameDecoder decoder(frame_bytes_max);
  Cut out;
  while (!stream.empty() && !out.refused) {
    out.refused = !decoder.feed(stream.substr(0, piece), out.frames);
    stream.remove_prefix(std::min(piece, stream.size()));
  }
  return out;
}

/// How a stream arrives changes nothing, and its frames are its bytes.
bool frame(ByteView bytes) {
  if (bytes.empty()) return false;
  const std::size_t piece = 1 + static_cast<unsigned char>(bytes[0]) % 16U;
  const ByteView stream = bytes.substr(1);
  const Cut whole = cut(stream, stream.size());
  AVAL_CHECK(whole == cut(stream, piece));
  Bytes written;
  for (const Frame& frame : whole.frames) written += encode_frame(frame.kind, frame.payload);
  AVAL_CHECK(stream.substr(0, written.size()) == written);
  return !whole.refused && !whole.frames.empty();
}

/// What the strict reader takes, an ordinary one takes for the same value, written out as well.
bool strict_json(ByteView text) {
  const auto strict = parse_strict_json(text);
  if (!strict) return false;
  const auto lenient = nlohmann::json::parse(text, nullptr, false);
  AVAL_CHECK(!lenient.is_discarded());
  AVAL_CHECK(lenient == *strict);
  const auto again = parse_strict_json(strict->dump());
  AVAL_CHECK(again && *again == *strict);
  return true;
}

/// A target is its segments; a query's values are what stands in it.
bool http_target(ByteView target) {
  const auto mark = target.find('?');
  const auto segments = split_path(target.substr(0, mark));
  if (!segments) return false;
  Bytes joined;
  for (const auto segment : *segments) joined += "/" + Bytes(segment);
  AVAL_CHECK(joined == target.substr(0, mark));
  if (mark == ByteView::npos) return true;
  auto query = Query::parse(target.substr(mark + 1));
  if (!query) return false;
  const auto flag = query->flag("wait");
  const auto wait = query->wait("for");
  if (wait) AVAL_CHECK(*wait >= wait->zero() && *wait <= wait_max);
  const auto limit = query->limit("limit");
  if (limit) AVAL_CHECK(*limit >= 1 && *limit <= page_items_max);
  return flag && wait && limit && query->finish();
}

/// What a connection gave: its requests, how it stands, and the status of its refusal.
struct Heard {
  std::vector<std::array<Bytes, 6>> requests;
  RequestReader::State state{};
  unsigned refused = 0;
  bool operator==(const Heard&) const = default;
};

Heard hear(ByteView stream, std::size_t piece) {
  constexpr std::size_t body_bytes_max = 512;
  RequestReader reader(body_bytes_max);
  Heard out;
  using State = RequestReader::State;
  for (; !stream.empty() && reader.state() != State::Refused;
       stream.remove_prefix(std::min(piece, stream.size()))) {
    reader.feed(stream.substr(0, piece));
    if (reader.state() == State::Continue) reader.continue_sent();
    while (reader.state() == State::Ready) {
      const HttpRequest got = reader.take();
      AVAL_CHECK(got.target.starts_with('/') && got.body.size() <= body_bytes_max);
      out.requests.push_back(
          {got.method, got.target, got.content_type, got.accept, got.request_id, got.body});
    }
  }
  out.state = reader.state();
  if (out.state == State::Refused) out.refused = reader.refusal().status;
  return out;
}

/// How a request is cut on its way changes neither what is heard nor what is refused.
bool http_request(ByteView bytes) {
  if (bytes.empty()) return false;
  const std::size_t piece = 1 + static_cast<unsigned char>(bytes[0]) % 64U;
  const ByteView stream = bytes.substr(1);
  const Heard whole = hear(stream, stream.size());
  AVAL_CHECK(whole == hear(stream, piece));
  return !whole.requests.empty();
}

bool snapshot_message(ByteView bytes) {
  const auto encode_again = [](const SnapshotMessage& message) { return encode(message); };
  return round_trip(bytes, &decode_snapshot_message, encode_again).has_value();
}

/// A journal file whose payloads are written again one after the other is the file up to its end.
bool journal(ByteView file) {
  const auto header = decode_journal_header(file.substr(0, journal_header_bytes));
  if (!header) return false;
  AVAL_CHECK(encode_journal_header(*header) == file.substr(0, journal_header_bytes));
  const auto scan = scan_journal(file, *header);
  if (!scan) return false;
  AVAL_CHECK(scan->payloads.size() == scan->tips.size() && scan->end <= file.size());
  JournalPosition position = header->base;
  for (const ByteView payload : scan->payloads) position = after(position, payload);
  AVAL_CHECK(position == scan->position);
  return !scan->payloads.empty();
}

bool epoch_proof(ByteView bytes) {
  const auto decode = [](ByteView rest) -> Result<std::vector<ledger::EpochStep>> {
    std::vector<ledger::EpochStep> steps;
    while (!rest.empty()) {
      AVAL_ASSIGN(auto step, take_epoch_step(rest));
      steps.push_back(std::move(step));
    }
    return steps;
  };
  return !bytes.empty() && round_trip(bytes, decode, &encode_epoch_proof).has_value();
}

bool hello(ByteView bytes) { return round_trip(bytes, &decode_hello, &encode_hello).has_value(); }

/// The decoder is given whole files, and looks at their front.
bool journal_header(ByteView bytes) {
  if (bytes.size() != journal_header_bytes) return false;
  return round_trip(bytes, &decode_journal_header, &encode_journal_header).has_value();
}

bool journal_position(ByteView bytes) {
  return round_trip(bytes, &decode_position, &encode_position).has_value();
}

bool host_port(ByteView text) {
  const auto read = parse_host_port(Bytes(text));
  if (read) AVAL_CHECK(!read->host.empty() && text.find(read->host) != ByteView::npos);
  return read.has_value();
}

}  // namespace

std::vector<Target> node_targets() {
  return {{"frame", &frame},
          {"snapshot_message", &snapshot_message},
          {"epoch_proof", &epoch_proof},
          {"hello", &hello},
          {"strict_json", &strict_json},
          {"http_target", &http_target},
          {"http_request", &http_request},
          {"host_port", &host_port},
          {"journal", &journal},
          {"journal_header", &journal_header},
          {"journal_position", &journal_position}};
}

}  // namespace aval::fuzz
