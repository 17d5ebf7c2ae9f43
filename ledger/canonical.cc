#include "ledger/canonical.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>
#include <google/protobuf/wire_format.h>

#include "crypto/base/mutant.h"

namespace aval::ledger {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::internal::WireFormat;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int nesting_max = 16;
constexpr std::size_t encoding_bytes_max = 32U << 20U;
/// The re-encoding buffer of a thread keeps at most this much between messages.
constexpr std::size_t scratch_bytes_max = 1U << 20U;

/// Protobuf reports hostile input on stderr unless told otherwise; a peer could fill the disk.
void silence_protobuf() {
  static const bool done = (google::protobuf::SetLogHandler(nullptr), true);
  (void)done;
}

bool has_shape_of(const Descriptor& type, CodedInputStream& input, int depth);

/// The next field's content is there, and as `field` has it.
bool skip_content(const FieldDescriptor& field, CodedInputStream& input, int depth) {
  std::uint64_t number = 0;
  int length = 0;
  switch (WireFormat::WireTypeForField(&field)) {
    case WireFormatLite::WIRETYPE_VARINT:
      return input.ReadVarint64(&number);
    case WireFormatLite::WIRETYPE_FIXED64:
      return input.Skip(8);
    case WireFormatLite::WIRETYPE_FIXED32:
      return input.Skip(4);
    default:
      break;  // length-delimited: proto3 has no groups
  }
  if (!input.ReadVarintSizeAsInt(&length) || length > input.BytesUntilLimit()) return false;
  if (field.message_type() == nullptr) return input.Skip(length);
  const auto outer = input.PushLimit(length);
  const bool good = depth < nesting_max && has_shape_of(*field.message_type(), input, depth + 1);
  input.PopLimit(outer);
  return good;
}

/// Up to the input's limit there are fields of `type` alone, each of its own wire type and within what holds
/// it. Asked before protobuf reads, which reserves up to 50 MB for a text that announces more than is there,
/// and keeps fields that it does not know.
bool has_shape_of(const Descriptor& type, CodedInputStream& input, int depth) {
  while (const std::uint32_t tag = input.ReadTag()) {
    const FieldDescriptor* field = type.FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    if (field == nullptr || WireFormatLite::GetTagWireType(tag) != WireFormat::WireTypeForField(field) ||
        !skip_content(*field, input, depth))
      return false;
  }
  return input.ConsumedEntireMessage();
}

bool parse(ByteView bytes, Message& message) {
  const auto size = static_cast<int>(bytes.size());
  CodedInputStream shape(as_unsigned(bytes), size);
  shape.PushLimit(size);
  return has_shape_of(*message.GetDescriptor(), shape, 1) && message.ParseFromArray(bytes.data(), size);
}

bool re_encodes_to(const Message& message, ByteView bytes) {
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

Result<void> parse_canonical(ByteView bytes, Message& message, std::string_view what) {
  silence_protobuf();
  if (bytes.size() > encoding_bytes_max) return not_canonical(what, "longer than 32 MiB");
  if (!parse(bytes, message)) return not_canonical(what, "not a valid encoding");
  if (!re_encodes_to(message, bytes) && !mutated("canonical-form-unchecked"))
    return not_canonical(what, "not the canonical encoding");
  return {};
}

Bytes canonical(const Message& message) { return message.SerializeAsString(); }

}  // namespace aval::ledger
