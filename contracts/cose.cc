#include "contracts/cose.h"

#include <optional>

namespace aval::contracts {
namespace {

using namespace std::string_view_literals;

enum class Major : unsigned { Unsigned = 0, ByteString = 2, TextString = 3, Array = 4 };

constexpr std::uint64_t attestation_version = 1;
constexpr std::uint64_t attestation_fields = 7;
constexpr ByteView cose_opening = "\xD2\x84"sv;              // tag 18, array of 4
constexpr ByteView protected_header = "\x43\xA1\x01\x26"sv;  // bstr of {1: -7}
constexpr ByteView unprotected_header = "\xA0"sv;            // {}
constexpr ByteView signature_opening = "\x58\x40"sv;         // bstr of 64
constexpr ByteView structure_opening = "\x84\x6ASignature1"sv;

void append_big_endian(Bytes& out, std::uint64_t value, unsigned width) {
  const Bytes all = big_endian(value);
  out.append(all, all.size() - width, width);
}

/// Writes the initial byte of an item and its argument in the shortest form.
void append_head(Bytes& out, Major major, std::uint64_t argument) {
  const auto initial = [&](std::uint64_t low) {
    out.push_back(static_cast<char>((static_cast<std::uint64_t>(major) << 5U) | low));
  };
  if (argument < 24) return initial(argument);
  const unsigned exponent = argument <= 0xFF ? 0 : argument <= 0xFFFF ? 1 : argument <= 0xFFFFFFFF ? 2 : 3;
  initial(24 + exponent);
  append_big_endian(out, argument, 1U << exponent);
}

void append_string(Bytes& out, Major major, ByteView value) {
  append_head(out, major, value.size());
  out.append(value);
}

/// Reads items from the front of a byte string. After the first item that is not as asked for, it has
/// failed for good and every further read gives an empty value.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}
  bool failed() const { return failed_; }
  bool at_end() const { return !failed_ && rest_.empty(); }

  void expect(ByteView exact) {
    if (rest_.substr(0, exact.size()) != exact) failed_ = true;
    if (!failed_) rest_.remove_prefix(exact.size());
  }

  std::uint64_t head(Major major) {
    if (failed_ || rest_.empty()) return fail();
    const auto initial = static_cast<unsigned char>(rest_.front());
    const unsigned low = initial & 0x1FU;
    if ((initial >> 5U) != static_cast<unsigned>(major) || low > 27) return fail();
    rest_.remove_prefix(1);
    return low < 24 ? low : long_argument(low - 24);
  }

  Bytes string(Major major, std::size_t bytes_max) {
    const std::uint64_t size = head(major);
    if (failed_ || size > bytes_max || size > rest_.size()) return fail(), Bytes{};
    Bytes value(rest_.substr(0, size));
    rest_.remove_prefix(size);
    return value;
  }

 private:
  std::uint64_t fail() {
    failed_ = true;
    return 0;
  }

  /// An argument of 1, 2, 4 or 8 bytes; refused when a shorter form would have held it.
  std::uint64_t long_argument(unsigned exponent) {
    const std::size_t width = std::size_t{1} << exponent;
    if (rest_.size() < width) return fail();
    Bytes padded(8 - width, '\0');
    padded.append(rest_.substr(0, width));
    rest_.remove_prefix(width);
    const std::uint64_t value = from_big_endian(padded);
    const std::uint64_t least = exponent == 0 ? 24 : std::uint64_t{1} << (4 * width);
    return value < least ? fail() : value;
  }

  ByteView rest_;
  bool failed_ = false;
};

/// Texts of an attestation are ids and codes: printable ASCII, never empty.
bool is_plain_text(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7E) return false;
  }
  return !text.empty();
}

unexpected bad_attestation(const char* what) { return unexpected(Error::Code::Malformed, what); }

}  // namespace

Bytes encode_attestation(const Attestation& attestation) {
  Bytes out;
  append_head(out, Major::Array, attestation_fields);
  append_head(out, Major::Unsigned, attestation_version);
  append_string(out, Major::TextString, attestation.shipment);
  append_string(out, Major::TextString, attestation.container);
  append_string(out, Major::TextString, attestation.device);
  append_head(out, Major::Unsigned, attestation.counter);
  append_string(out, Major::TextString, attestation.milestone);
  append_head(out, Major::Unsigned, attestation.time_ms);
  return out;
}

Result<Attestation> decode_attestation(ByteView payload) {
  Reader reader(payload);
  if (reader.head(Major::Array) != attestation_fields) return bad_attestation("an attestation is an array of 7");
  if (reader.head(Major::Unsigned) != attestation_version) return bad_attestation("attestation version is not 1");
  Attestation read;
  read.shipment = reader.string(Major::TextString, attestation_text_bytes_max);
  read.container = reader.string(Major::TextString, attestation_text_bytes_max);
  read.device = reader.string(Major::TextString, attestation_text_bytes_max);
  read.counter = reader.head(Major::Unsigned);
  read.milestone = reader.string(Major::TextString, attestation_text_bytes_max);
  read.time_ms = reader.head(Major::Unsigned);
  if (!reader.at_end()) return bad_attestation("attestation fields are not in the one accepted form");
  if (!is_plain_text(read.shipment) || !is_plain_text(read.container) || !is_plain_text(read.device) ||
      !is_plain_text(read.milestone)) {
    return bad_attestation("attestation texts are printable ASCII and not empty");
  }
  return read;
}

Bytes encode_cose_sign1(const CoseSign1& message) {
  Bytes out(cose_opening);
  out.append(protected_header).append(unprotected_header);
  append_string(out, Major::ByteString, message.payload);
  out.append(signature_opening).append(message.signature.view());
  return out;
}

Result<CoseSign1> decode_cose_sign1(ByteView bytes) {
  if (bytes.size() > cose_sign1_bytes_max) return bad_attestation("COSE_Sign1 is too long");
  Reader reader(bytes);
  reader.expect(cose_opening);
  reader.expect(protected_header);
  reader.expect(unprotected_header);
  Bytes payload = reader.string(Major::ByteString, cose_sign1_bytes_max);
  const Bytes signature_bytes = reader.string(Major::ByteString, sizeof(crypto::Signature::bytes));
  if (!reader.at_end()) return bad_attestation("not a COSE_Sign1 in the one accepted form");
  AVAL_ASSIGN(const crypto::Signature signature, crypto::Signature::from_bytes(signature_bytes));
  return CoseSign1{std::move(payload), signature};
}

crypto::Digest attestation_signing_digest(const crypto::Digest& chain_id, ByteView payload) {
  Bytes external(crypto::tag_text(crypto::Tag::Attestation));
  external.push_back('\0');
  external.append(chain_id.view());
  Bytes structure(structure_opening);
  structure.append(protected_header);
  append_string(structure, Major::ByteString, external);
  append_string(structure, Major::ByteString, payload);
  return crypto::sha256(structure);
}

}  // namespace aval::contracts
