#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aval::simulation {

/// What a replica does that has been taken over. It runs the true replica and alters what reaches it
/// and what leaves it; hostile/ has a class for each.
enum class Treachery {
  Silent,           // sends nothing to anybody
  Mute,             // sends nothing to some of the others
  Slow,             // sends everything just before the others lose patience
  WithholdBatches,  // keeps batch bodies from some of the others
  Censor,           // neither takes nor orders what one client asks for
  Rewrap,           // orders its clients' bodies under signatures that do not carry them
  Equivocate,       // as primary, another block to one half, and votes for both
  WrongRoot,        // as primary, blocks with a state root nobody computed
  ForgeHeaders,     // as primary, blocks with one header field wrong, each field in turn
  ShiftTime,        // its clock is wrong by just under the tolerance, and now and then by more
  BelowTip,         // as the primary of a new view, proposes what lies below the tip first
  DoubleVote,       // prepares and commits every block it hears of
  LieInViewChange,  // hides its highest prepare certificate, shows an old one or a poisoned one
  LieInNewView,     // omits, swaps and invents the view changes it opens a view with
  LieInCatchUp,     // answers who is behind with wrong, stale and endless blocks, or claims to be far ahead
  Flood,            // far heights, far views, unique digests
  Replay,           // says old things again, its own and those of others, in other contexts
  Amnesia,          // forgets its journal whenever it starts, and starts often
  Twin,             // runs twice with one key, and each half of the others sees one of the two
};

constexpr std::array<std::pair<std::string_view, Treachery>, 19> treacheries = {{
    {"silent", Treachery::Silent},
    {"mute", Treachery::Mute},
    {"slow", Treachery::Slow},
    {"withhold-batches", Treachery::WithholdBatches},
    {"censor", Treachery::Censor},
    {"rewrap", Treachery::Rewrap},
    {"equivocate", Treachery::Equivocate},
    {"wrong-root", Treachery::WrongRoot},
    {"forge-headers", Treachery::ForgeHeaders},
    {"shift-time", Treachery::ShiftTime},
    {"below-tip", Treachery::BelowTip},
    {"double-vote", Treachery::DoubleVote},
    {"lie-in-view-change", Treachery::LieInViewChange},
    {"lie-in-new-view", Treachery::LieInNewView},
    {"lie-in-catch-up", Treachery::LieInCatchUp},
    {"flood", Treachery::Flood},
    {"replay", Treachery::Replay},
    {"amnesia", Treachery::Amnesia},
    {"twin", Treachery::Twin},
}};

/// By the names of scenario files and of the command line.
std::string_view name_of(Treachery treachery);
std::optional<Treachery> treachery_named(std::string_view name);
std::vector<std::string> treachery_names();

/// How often each of them acted, in the order of `treacheries`.
using TreacheryCounts = std::array<std::uint64_t, treacheries.size()>;
inline std::size_t index_of(Treachery treachery) { return static_cast<std::size_t>(treachery); }

}  // namespace aval::simulation
