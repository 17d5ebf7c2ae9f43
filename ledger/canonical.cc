#include "ledger/canonical.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/message.h>

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

bool parse(ByteView bytes, MessageLite& message) {
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

unexpected malformed(std::string_view what, std::string_view why) {
  return unexpected(Error::Code::Malformed, std::string(what) + ": " + std::string(why));
}

}  // namespace

Result<void> parse_canonical(ByteView bytes, MessageLite& message, std::string_view what) {
  silence_protobuf();
  if (bytes.size() > encoding_bytes_max) return malformed(what, "longer than 32 MiB");
  if (!parse(bytes, message)) return malformed(what, "not a valid encoding");
  drop_unknown_fields(message);
  if (!re_encodes_to(message, bytes) && !mutated("canonical-form-unchecked"))
    return malformed(what, "not the canonical encoding");
  return {};
}

Bytes canonical(const MessageLite& message) { return message.SerializeAsString(); }

}  // namespace aval::ledger
