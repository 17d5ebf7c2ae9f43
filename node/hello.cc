#include "node/hello.h"

namespace aval::node {

namespace {

constexpr ByteView magic = "AVALHELO";

Bytes four_bytes(std::uint32_t value) { return big_endian(value).substr(4); }
std::uint32_t read_four(ByteView bytes) {
  return static_cast<std::uint32_t>(from_big_endian(Bytes(4, '\0').append(bytes)));
}

Result<void> refused(std::string_view name, const std::string& ours, const std::string& theirs) {
  return unexpected(Error::Code::Refused, std::string(name) + ": ours " + ours + ", theirs " + theirs);
}

/// Takes fixed fields off the front of a byte string of known length.
class Fields {
 public:
  explicit Fields(ByteView bytes) : rest_(bytes) {}
  ByteView take(std::size_t count) {
    const ByteView field = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return field;
  }
  crypto::Digest digest() { return crypto::Digest::from_bytes(take(32)).value(); }

 private:
  ByteView rest_;
};

}  // namespace

Hello hello_of(const ledger::ChainConfig& config, ledger::ReplicaId self) {
  Hello hello;
  hello.chain_id = config.chain_id;
  hello.epoch = config.validators.epoch;
  hello.validators = hash_of(config.validators);
  hello.parameters = hash_of(config.parameters);
  hello.replica = self;
  return hello;
}

Bytes encode_hello(const Hello& hello) {
  Bytes bytes(magic);
  bytes += four_bytes(hello.protocol_min);
  bytes += four_bytes(hello.protocol_max);
  bytes += hello.chain_id.view();
  bytes += big_endian(ledger::number(hello.epoch));
  bytes += hello.validators.view();
  bytes += hello.parameters.view();
  bytes += four_bytes(ledger::number(hello.replica));
  AVAL_CHECK(bytes.size() == hello_bytes);
  return bytes;
}

Result<Hello> decode_hello(ByteView bytes) {
  if (bytes.size() != hello_bytes || !bytes.starts_with(magic)) {
    return unexpected(Error::Code::Malformed, "the first frame is not a hello");
  }
  Fields fields(bytes.substr(magic.size()));
  Hello hello;
  hello.protocol_min = read_four(fields.take(4));
  hello.protocol_max = read_four(fields.take(4));
  hello.chain_id = fields.digest();
  hello.epoch = ledger::Epoch{from_big_endian(fields.take(8))};
  hello.validators = fields.digest();
  hello.parameters = fields.digest();
  hello.replica = ledger::ReplicaId{read_four(fields.take(4))};
  return hello;
}

Result<void> compatible(const Hello& ours, const Hello& theirs) {
  if (ours.chain_id != theirs.chain_id) {
    return refused("CHAIN_MISMATCH", ours.chain_id.hex(), theirs.chain_id.hex());
  }
  if (ours.protocol_min > theirs.protocol_max || theirs.protocol_min > ours.protocol_max) {
    return refused("PROTOCOL_MISMATCH", std::to_string(ours.protocol_min) + ".." + std::to_string(ours.protocol_max),
                   std::to_string(theirs.protocol_min) + ".." + std::to_string(theirs.protocol_max));
  }
  if (ours.epoch != theirs.epoch) return {};
  if (ours.parameters != theirs.parameters) {
    return refused("PARAMS_MISMATCH", ours.parameters.hex(), theirs.parameters.hex());
  }
  if (ours.validators != theirs.validators) {
    return refused("VALIDATORS_MISMATCH", ours.validators.hex(), theirs.validators.hex());
  }
  return {};
}

}  // namespace aval::node
