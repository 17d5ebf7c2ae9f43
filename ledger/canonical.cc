#include "ledger/canonical.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/wire_format_lite.h>

#include "crypto/base/mutant.h"

namespace aval::ledger {
namespace {

using google::protobuf::Message;
using google::protobuf::MessageLite;

constexpr int nesting_max = 16;
constexpr std::size_t encoding_bytes_max = 32U << 20U;
/// The re-encoding buffer of a thread keeps at most this much between messages.
constexpr std::size_t scratch_bytes_max = 1U << 20U;

/// Protobuf reports hostile input on stderr unless told otherwise; a peer could fill the disk.
void silence_protobuf() {
  static const bool done = (google::protobuf::SetLogHandler(nullptr), true);
  (void)done;
}

using Wire = google::protobuf::internal::WireFormatLite;

/// The next field's content is there, whatever it is.
bool skip_content(google::protobuf::io::CodedInputStream& input, std::uint32_t tag, int size) {
  std::uint64_t number = 0;
  std::uint32_t length = 0;
  switch (Wire::GetTagWireType(tag)) {
    case Wire::WIRETYPE_VARINT:
      return input.ReadVarint64(&number);
    case Wire::WIRETYPE_FIXED64:
      return input.Skip(8);
    case Wire::WIRETYPE_FIXED32:
      return input.Skip(4);
    case Wire::WIRETYPE_LENGTH_DELIMITED:
      return input.ReadVarint32(&length) &&
             length <= static_cast<std::uint32_t>(size - input.CurrentPosition()) &&
             input.Skip(static_cast<int>(length));
    default:
      return true;  // a group begins or ends; what is no type at all the parser refuses
  }
}

/// Is as much there as is announced? Protobuf reserves up to 50 MB for a text before it looks, also for one
/// whose tag is cut off by the end. Inside a message it knows the bound; so the outermost fields, and those
/// of groups among them, are what has to be seen.
bool holds_what_it_announces(ByteView bytes) {
  const auto size = static_cast<int>(bytes.size());
  google::protobuf::io::CodedInputStream input(as_unsigned(bytes), size);
  while (input.CurrentPosition() < size) {
    const std::uint32_t tag = input.ReadTag();
    if (tag == 0 || !skip_content(input, tag, size)) return false;
  }
  return true;
}

bool parse(ByteView bytes, MessageLite& message) {
  if (!holds_what_it_announces(bytes)) return false;
  google::protobuf::io::CodedInputStream input(as_unsigned(bytes), static_cast<int>(bytes.size()));
  input.SetRecursionLimit(nesting_max);
  return message.ParseFromCodedStream(&input) && input.ConsumedEntireMessage();
}

/// Re-encoding would carry unknown fields along and so hide them from the comparison.
void drop_unknown_fields(MessageLite& message) {
  if (auto* full = dynamic_cast<Message*>(&message)) full->DiscardUnknownFields();
}

bool re_encodes_to(const MessageLite& message, ByteView bytes) {
  if (message.ByteSizeLong() != bytes.size()) return false;
  thread_local Bytes scratch;
  if (scratch.size() < bytes.size()) scratch.resize(bytes.size());
  message.SerializeWithCachedSizesToArray(as_unsigned(scratch));
  const bool same = ByteView(scratch).substr(0, bytes.size()) == bytes;
  if (scratch.size() > scratch_bytes_max) scratch = Bytes();
  return same;
}

unexpected not_canonical(std::string_view what, std::string_view why) {
  return unexpected(Error::Code::Malformed, std::string(what) + ": " + std::string(why));
}

}  // namespace

Result<void> parse_canonical(ByteView bytes, MessageLite& message, std::string_view what) {
  silence_protobuf();
  if (bytes.size() > encoding_bytes_max) return not_canonical(what, "longer than 32 MiB");
  if (!parse(bytes, message)) return not_canonical(what, "not a valid encoding");
  drop_unknown_fields(message);
  if (!re_encodes_to(message, bytes) && !mutated("canonical-form-unchecked"))
    return not_canonical(what, "not the canonical encoding");
  return {};
}

Bytes canonical(const MessageLite& message) { return message.SerializeAsString(); }

}  // namespace aval::ledger
