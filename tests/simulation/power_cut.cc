#include "tests/simulation/power_cut.h"

namespace aval::simulation {

support::DiskImage image_after_cut(const support::DiskImage& durable,
                                   const std::vector<support::PendingOperation>& pending, Prng& prng) {
  std::map<support::FileId, std::size_t> writes;
  for (const support::PendingOperation& each : pending)
    if (!each.is_name()) ++writes[each.file];
  for (auto& [file, kept] : writes) kept = prng.below(kept + 1);
  support::DiskImage image = durable;
  for (support::PendingOperation each : pending) {
    if (!each.is_name()) {
      if (writes[each.file] == 0) continue;
      if (--writes[each.file] == 0) each.bytes.resize(prng.below(each.bytes.size() + 1));
    }
    support::apply(each, image);
  }
  return image;
}

}  // namespace aval::simulation
