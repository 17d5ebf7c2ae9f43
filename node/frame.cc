#include "node/frame.h"

#include <algorithm>

namespace aval::node {

namespace {

std::size_t read_length(ByteView header) {
  std::size_t length = 0;
  for (const char byte : header) length = (length << 8U) | static_cast<unsigned char>(byte);
  return length;
}

}  // namespace

Bytes encode_frame(FrameKind kind, ByteView payload) {
  const std::size_t length = payload.size() + 1;
  AVAL_CHECK(length <= 0xffffffffU);
  Bytes frame;
  frame.reserve(frame_header_bytes + length);
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    frame.push_back(static_cast<char>((length >> (shift - 8)) & 0xffU));
  }
  frame.push_back(static_cast<char>(kind));
  frame.append(payload);
  return frame;
}

Result<void> FrameDecoder::take_header(ByteView& bytes) {
  const std::size_t wanted = std::min(frame_header_bytes - header_.size(), bytes.size());
  header_.append(bytes.substr(0, wanted));
  bytes.remove_prefix(wanted);
  if (header_.size() < frame_header_bytes) return {};
  length_ = read_length(header_);
  if (length_ == 0) return unexpected(Error::Code::Malformed, "frame of length 0");
  if (length_ > frame_bytes_max_) {
    return unexpected(Error::Code::Malformed, "frame of " + std::to_string(length_) + " bytes, at most " +
                                                  std::to_string(frame_bytes_max_) + " are accepted");
  }
  return {};
}

void FrameDecoder::take_content(ByteView& bytes) {
  const std::size_t wanted = std::min(length_ - content_.size(), bytes.size());
  content_.append(bytes.substr(0, wanted));
  bytes.remove_prefix(wanted);
}

Result<void> FrameDecoder::feed(ByteView bytes, std::vector<Frame>& frames) {
  if (failed_) return unexpected(Error::Code::Malformed, "the stream was already refused");
  while (!bytes.empty()) {
    if (header_.size() < frame_header_bytes) {
      if (auto header = take_header(bytes); !header) {
        failed_ = true;
        return header;
      }
      continue;
    }
    take_content(bytes);
    if (content_.size() < length_) return {};
    const auto kind = static_cast<FrameKind>(content_.front());
    content_.erase(0, 1);
    frames.push_back({kind, std::move(content_)});
    content_ = {};
    header_.clear();
  }
  return {};
}

}  // namespace aval::node
