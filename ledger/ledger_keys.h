#pragma once

// Internal to this room: the keys of the database. README.md gives the same as grammar.

#include "ledger/framing.h"
#include "ledger/ids.h"

namespace aval::ledger::keys {

inline constexpr ByteView format = "F";
inline constexpr ByteView head = "H";
inline constexpr ByteView base = "B";

inline Bytes of_height(char kind, Height height) { return kind + big_endian(number(height)); }
inline Bytes block(Height height) { return of_height('b', height); }
inline Bytes certificate(Height height) { return of_height('c', height); }
inline Bytes body(Height height, std::uint32_t index) { return of_height('d', height) + big_endian_4(index); }
inline Bytes epoch(Epoch epoch) { return 'e' + big_endian(number(epoch)); }
inline Bytes note(ByteView name) { return Bytes("n").append(name); }
inline Bytes receipts(Height height) { return of_height('r', height); }
inline Bytes state(ByteView key) { return Bytes("s").append(key); }
inline Bytes transaction(ByteView tx_id) { return Bytes("t").append(tx_id); }

}  // namespace aval::ledger::keys
