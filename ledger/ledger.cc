#include "ledger/ledger.h"

#include <algorithm>

#include "crypto/base/mutant.h"
#include "ledger/ledger_keys.h"
#include "ledger/ledger_view.h"
#include "ledger/leveldb_store.h"
#include "ledger/state_cache.h"
#include "ledger/state_tree.h"

namespace aval::ledger {
namespace {

constexpr ByteView format_name = "aval-ledger/2\n";
/// At opening this many headers below the head are checked to be linked: a database that lost a write
/// from its middle shows it near its end.
constexpr std::uint64_t linked_headers_checked = 100;

/// Finds the included envelopes among all of a block's. Both are in execution order, so the next one is
/// usually the next.
class EnvelopeFinder {
 public:
  explicit EnvelopeFinder(const std::vector<BatchPtr>& batches) {
    for (std::size_t b = 0; b < batches.size(); ++b)
      for (std::size_t p = 0; p < batches[b]->envelopes.size(); ++p)
        all_.push_back(
            {batches[b]->envelopes[p].get(), static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(p)});
  }

  StoredLocation locate(const Envelope& envelope, TxLocation location) {
    for (std::size_t tried = 0; tried < all_.size(); ++tried) {
      const Place place = all_[next_++ % all_.size()];
      // The body alone makes the id; another copy may stand under signatures that did not carry it.
      if (place.envelope->tx_id == envelope.tx_id && place.envelope->bytes == envelope.bytes)
        return {location, place.batch, place.position};
    }
    check_failed("every included transaction is in a batch of the block", __FILE__, __LINE__);
  }

 private:
  struct Place {
    const Envelope* envelope;
    std::uint32_t batch;
    std::uint32_t position;
  };
  std::vector<Place> all_;
  std::size_t next_ = 0;
};

Bytes join_receipts(const std::vector<Receipt>& receipts) {
  Bytes out;
  for (const Receipt& receipt : receipts) append_frame(out, encode_receipt(receipt));
  return out;
}

void put_state(StoreBatch& batch, const WriteSet& writes) {
  for (const auto& [key, value] : writes) {
    if (value)
      batch.put(keys::state(key), *value);
    else
      batch.remove(keys::state(key));
  }
}

/// In the order of their ids: LevelDB takes ascending keys several times faster.
void put_transactions(StoreBatch& batch, const LedgerEntry& entry) {
  const Height height = entry.block.block.header.height;
  EnvelopeFinder finder(entry.block.batches);
  std::vector<std::pair<TxId, StoredLocation>> located;
  located.reserve(entry.transactions.size());
  for (const EnvelopePtr& envelope : entry.transactions) {
    const TxLocation location{height, static_cast<std::uint32_t>(located.size())};
    located.emplace_back(envelope->tx_id, finder.locate(*envelope, location));
  }
  std::sort(located.begin(), located.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [tx_id, stored] : located)
    batch.put(keys::transaction(tx_id.view()), encode_location(stored));
}

void put_block(StoreBatch& batch, const CertifiedBlock& block) {
  const Height height = block.block.header.height;
  batch.put(keys::head, big_endian(number(height)));
  batch.put(keys::block(height), encode_block(block.block));
  if (block.certificate) batch.put(keys::certificate(height), encode_certificate(*block.certificate));
  for (std::size_t i = 0; i < block.batches.size(); ++i)
    batch.put(keys::body(height, static_cast<std::uint32_t>(i)), block.batches[i]->bytes);
}

/// The first block of an epoch is judged by the set that stands here.
void put_epoch(StoreBatch& batch, const LedgerEntry& entry) {
  const auto changed = entry.writes.find(Bytes(validators_key));
  if (changed == entry.writes.end()) return;
  AVAL_CHECK(changed->second && entry.block.certificate);
  const Header& last = entry.block.block.header;
  batch.put(keys::epoch(next(last.epoch)), encode_epoch({last.height, decode_validators(*changed->second).value()}));
}

/// What the ledger's caller promises of an entry.
void check_entry(const LedgerEntry& entry, const Header& head) {
  const Block& block = entry.block.block;
  AVAL_CHECK(block.header.height == next(head.height));
  AVAL_CHECK(block.header.parent == hash_of(head));
  AVAL_CHECK(entry.block.batches.size() == block.batches.size());
  AVAL_CHECK(entry.receipts.size() == entry.transactions.size());
}

/// The state at the head, with the entries used last kept in memory. Owned by the ledger's thread.
class LiveState final : public StateReader {
 public:
  LiveState(std::shared_ptr<const StoreView> store, std::size_t cache_bytes)
      : store_(std::move(store)), cache_(cache_bytes) {}

  std::optional<Bytes> get(ByteView key) const override {
    if (const auto* known = cache_.find(key)) return *known;
    auto value = store_->get(keys::state(key));
    cache_.remember(key, value);
    return value;
  }
  void scan(ByteView prefix, const std::function<bool(ByteView, ByteView)>& visit) const override {
    store_->scan(keys::state(prefix),
                 [&](ByteView key, ByteView value) { return visit(key.substr(1), value); });
  }
  void update(const WriteSet& writes) {
    if (mutated("state-cache-not-updated")) return;
    for (const auto& [key, value] : writes) cache_.remember(key, value);
  }

 private:
  std::shared_ptr<const StoreView> store_;
  mutable StateCache cache_;
};

class StoredLedger final : public Ledger {
 public:
  StoredLedger(std::unique_ptr<LevelDbStore> store, Header head, ChainConfig config, Header genesis,
               LedgerBase base, std::size_t cache_bytes)
      : store_(std::move(store)),
        genesis_(std::move(genesis)),
        base_(std::move(base)),
        head_(std::move(head)),
        config_(std::move(config)),
        durable_(head_.height),  // opening LevelDB has rewritten what it replayed, forced to disk
        live_(store_->latest(), cache_bytes) {}

  void append(const LedgerEntry& entry, bool sync) override {
    check_entry(entry, head_);
    StoreBatch batch;
    put_block(batch, entry.block);
    batch.put(keys::receipts(entry.block.block.header.height), join_receipts(entry.receipts));
    put_state(batch, entry.writes);
    put_transactions(batch, entry);
    put_epoch(batch, entry);
    store_->write(batch, sync);
    live_.update(entry.writes);
    head_ = entry.block.block.header;
    if (ends_epoch(head_, config_)) config_ = next_epoch(config_, head_, live_);
    if (sync) durable_ = head_.height;
  }

  Height durable_height() const override { return durable_; }

  std::shared_ptr<const LedgerSnapshot> snapshot() const override {
    return std::make_shared<const LedgerView>(store_->snapshot(), genesis_, head_, base_);
  }

  const StateReader& state() const override { return live_; }
  Header head() const override { return head_; }
  const ChainConfig& config() const override { return config_; }

  std::optional<Bytes> note(ByteView name) const override { return store_->latest()->get(keys::note(name)); }

  void put_note(ByteView name, ByteView value, bool sync) override {
    StoreBatch batch;
    batch.put(keys::note(name), value);
    store_->write(batch, sync);
    if (sync) durable_ = head_.height;
  }

 private:
  std::unique_ptr<LevelDbStore> store_;
  Header genesis_;
  LedgerBase base_;
  Header head_;
  ChainConfig config_;
  Height durable_{};
  LiveState live_;
};

bool is_empty(const StoreView& store) {
  bool empty = true;
  store.scan({}, [&](ByteView, ByteView) { return empty = false; });
  return empty;
}

Result<void> create(LevelDbStore& store, const ChainConfig& config, const WriteSet& genesis_state) {
  if (StateTree().with(genesis_state).root() != config.genesis_state_root)
    return unexpected(Error::Code::Refused, "the genesis state does not have the genesis state root");
  StoreBatch batch;
  batch.put(keys::format, format_of(config));
  batch.put(keys::head, big_endian(0));
  batch.put(keys::epoch(config.validators.epoch), encode_epoch({Height{}, config.validators}));
  put_state(batch, genesis_state);
  store.write(batch, true);
  return {};
}

Result<void> check_format(ByteView format, const ChainConfig& config) {
  if (format == format_of(config)) return {};
  if (!format.starts_with(format_name))
    return unexpected(Error::Code::Refused,
                      "the ledger has an unknown format; this program reads aval-ledger/2 only");
  return unexpected(Error::Code::Refused, "the ledger belongs to chain " +
                                              to_hex(format.substr(format_name.size())) +
                                              ", the genesis names chain " + config.chain_id.hex() +
                                              ": name another directory or another genesis");
}

Result<void> create_or_check(LevelDbStore& store, const ChainConfig& config, const WriteSet& genesis_state) {
  const auto view = store.latest();
  if (const auto format = view->get(keys::format)) return check_format(*format, config);
  if (is_empty(*view)) return create(store, config, genesis_state);
  if (view->get(keys::head)) return unexpected(Error::Code::Corrupt, "the ledger is damaged: its first records are missing");
  return unexpected(Error::Code::Refused, "the directory holds a database that is not an Aval ledger");
}

unexpected damaged_at(Height height, const char* why) {
  return unexpected(Error::Code::Corrupt, "the ledger is damaged: the block at height " +
                                              std::to_string(number(height)) + " " + why);
}

Result<Header> read_header(const StoreView& store, Height height, const Header& genesis) {
  if (height == genesis.height) return genesis;
  const auto bytes = store.get(keys::block(height));
  if (!bytes) return damaged_at(height, "is missing");
  auto block = decode_block(*bytes);
  if (!block) return damaged_at(height, "cannot be read");
  if (block->header.height != height) return damaged_at(height, "is of another height");
  return std::move(block->header);
}

Result<void> check_links(const StoreView& store, Header above, const Header& genesis) {
  for (std::uint64_t i = 0; i < linked_headers_checked && above.height != genesis.height; ++i) {
    const Height below{number(above.height) - 1};
    AVAL_ASSIGN(Header header, read_header(store, below, genesis));
    if (hash_of(header) != above.parent && !mutated("damaged-links-unseen"))
      return damaged_at(above.height, "does not name the one below it");
    above = std::move(header);
  }
  return {};
}

Result<Header> read_head(const StoreView& store, const Header& genesis) {
  const auto bytes = store.get(keys::head);
  if (!bytes || bytes->size() != 8) return unexpected(Error::Code::Corrupt, "the ledger is damaged: no head");
  AVAL_ASSIGN(Header head, read_header(store, Height{from_big_endian(*bytes)}, genesis));
  AVAL_TRY(check_links(store, head, genesis));
  return head;
}

/// The epoch of the block above `head`.
Result<ChainConfig> read_config(const StoreView& store, const ChainConfig& genesis, const Header& head,
                                const Header& genesis_header) {
  const bool is_over = store.get(keys::epoch(next(head.epoch))).has_value();
  const Epoch epoch = is_over ? next(head.epoch) : head.epoch;
  if (epoch == genesis.validators.epoch) return genesis;
  const auto bytes = store.get(keys::epoch(epoch));
  if (!bytes) return unexpected(Error::Code::Corrupt, "the ledger is damaged: an epoch has no beginning");
  AVAL_ASSIGN(const StoredEpoch stored, decode_epoch(*bytes));
  ChainConfig config = genesis;
  config.validators = stored.validators;
  const auto parameters = store.get(keys::state(parameters_key));
  if (!parameters) return unexpected(Error::Code::Corrupt, "the ledger is damaged: no parameters");
  AVAL_ASSIGN(config.parameters, decode_parameters(*parameters));
  AVAL_ASSIGN(config.base, read_header(store, stored.base, genesis_header));
  if (hash_of(config.validators) != head.validators_hash || hash_of(config.parameters) != head.params_hash)
    return damaged_at(head.height, "names other validators or parameters than the state has");
  return config;
}

Result<LedgerBase> read_base(const StoreView& store) {
  const auto bytes = store.get(keys::base);
  return bytes ? decode_base(*bytes) : LedgerBase{};
}

}  // namespace

Bytes format_of(const ChainConfig& config) { return Bytes(format_name).append(config.chain_id.view()); }

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& path, const ChainConfig& config,
                                             const WriteSet& genesis_state, Options options) {
  const std::size_t state_cache_bytes = options.cache_bytes / 2;
  const std::size_t block_cache_bytes = options.cache_bytes - state_cache_bytes;
  AVAL_ASSIGN(auto store, LevelDbStore::open(path, {block_cache_bytes, options.write_buffer_bytes,
                                                    std::move(options.on_fatal), options.disk}));
  AVAL_TRY(create_or_check(*store, config, genesis_state));
  Header genesis = genesis_header(config);
  AVAL_ASSIGN(Header head, read_head(*store->latest(), genesis));
  AVAL_ASSIGN(ChainConfig now, read_config(*store->latest(), config, head, genesis));
  AVAL_ASSIGN(LedgerBase base, read_base(*store->latest()));
  return std::unique_ptr<Ledger>(std::make_unique<StoredLedger>(
      std::move(store), std::move(head), std::move(now), std::move(genesis), std::move(base), state_cache_bytes));
}

}  // namespace aval::ledger
