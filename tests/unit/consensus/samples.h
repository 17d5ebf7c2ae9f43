#pragma once

#include "tests/unit/consensus/probe.h"

namespace aval::consensus::test {

/// One message of each kind, all valid, and a record of each kind.
struct Samples {
  Probe probe{1};
  ledger::ChainConfig config = probe.config();
  BatchPtr batch = probe.batch(2, 4);
  Block block = block_on(config, probe.genesis(), View{0}, {batch}, probe.wall_clock());
  Certificate prepared = certificate_of(config, block.header, View{0}, Phase::Prepare, {0, 1, 3});
  Certificate committed = certificate_of(config, block.header, View{0}, Phase::Commit, {0, 2, 3});

  ViewChange view_change(std::uint32_t from, bool shows_prepared) const {
    ViewChange message;
    message.view = View{6};
    message.from = ReplicaId{from};
    message.final_header = shows_prepared ? probe.genesis() : block.header;
    if (shows_prepared) {
      message.prepared = prepared;
      message.headers = {block.header};
    } else {
      message.final_certificate = committed;
    }
    return signed_by_sender(config, message);
  }
  NewView new_view() const {
    return signed_by_sender(config,
                            NewView{Epoch{0},
                                    View{6},
                                    ReplicaId{2},
                                    {view_change(0, true), view_change(2, false), view_change(3, true)},
                                    {}});
  }
  std::vector<Message> messages() const {
    return {BatchMessage{batch},
            proposal_of(config, block, View{0}),
            vote_of(config, 3, block.header, View{2}, Phase::Prepare),
            vote_of(config, 2, block.header, View{0}, Phase::Commit),
            view_change(0, true),
            view_change(3, false),
            new_view(),
            StatusMessage{Epoch{0}, View{7}, Height{9}, true, true},
            StatusMessage{},
            FetchBatches{{batch->digest, crypto::sha256("another")}},
            FetchBatches{},
            FetchBlock{ledger::hash_of(block.header)},
            BlockReply{block},
            FetchFinal{Height{3}},
            FinalBlocks{{{block, {batch}, committed}}}};
  }
  std::vector<Record> records() const {
    return {BatchRecord{batch},
            BlockRecord{View{3}, block},
            VoteRecord{vote_of(config, 1, block.header, View{2}, Phase::Commit).vote},
            PreparedRecord{prepared},
            ViewChangeRecord{view_change(1, true)},
            NewViewRecord{new_view()},
            FinalRecord{committed}};
  }
};

}  // namespace aval::consensus::test
