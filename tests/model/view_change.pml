/* The ordering of blocks over several views, as consensus/README.md states it, for n = 4 validators of
 * which one lies (f = 1, q = 3). One process takes one step after another in every possible order.
 *
 * Blocks. A block is a number: genesis is 1, the two children of b are 2b and 2b+1, so a block names its
 * whole chain. Two children are enough for a contradiction at every height.
 *
 * The liar (the fourth validator) is no process but a licence: it votes for every block in every view and
 * phase, so what two honest validators signed is a certificate; it is the primary of every view and
 * proposes everything to anybody; it shows to each validator another new view, out of whichever view
 * changes it likes, and its own view change in there shows any certificate that exists, or none. An honest
 * primary does a part of this, and a new view out of three honest view changes needs no case of its own:
 * the liar's may show whatever the third one's would.
 *
 * An honest validator that leaves a view shows its highest prepare certificate or, as if it had learned of
 * a final block at that height or above and dropped it, that block's commit certificate.
 *
 * Messages are not modelled: whatever was said once can arrive at any later time, or never. Nor are time,
 * stops and restarts (nobody forgets what it said), batches, executions and roots.
 *
 * Rules that can be taken away, each of which must lead to two final blocks at one height:
 *   NO_TIP_RULE        a view votes again for blocks below its tip, in their order, up to the tip
 *   WEAK_QUORUM        two votes are a certificate, and two view changes a new view
 *   HEIGHT_FIRST       the highest certificate is the one by (height, view)
 *   FORGETS_PREPARED   a view change shows no prepare certificate
 */
#define VIEWS 3
#ifndef HEIGHTS
#define HEIGHTS 2
#endif

#define LAST_VIEW (VIEWS - 1)
#define HONEST 3
#define GENESIS 1
#define NONE 0
#if HEIGHTS == 3
#define BLOCKS 16
#define PLACES 48 /* VIEWS * BLOCKS */
#else
#define BLOCKS 8
#define PLACES 24
#endif

#ifdef WEAK_QUORUM
#define HONEST_SIGNERS 1
#else
#define HONEST_SIGNERS 2
#endif

#define HEIGHT(b) ((b) > 7 -> 3 : ((b) > 3 -> 2 : ((b) > 1 -> 1 : 0)))
#define ANCESTOR(b, height) ((b) >> (HEIGHT(b) - (height)))
#define STANDS_ON(b, below) (HEIGHT(b) >= HEIGHT(below) && ANCESTOR(b, HEIGHT(below)) == (below))
#define AT(v, b) ((v) * BLOCKS + (b))

#ifdef HEIGHT_FIRST
#define OUTRANKS(v, b, w, c) (HEIGHT(b) > HEIGHT(c) || (HEIGHT(b) == HEIGHT(c) && (v) > (w)))
#else
#define OUTRANKS(v, b, w, c) ((v) > (w) || ((v) == (w) && HEIGHT(b) > HEIGHT(c)))
#endif

/* Honest votes for a block in a view, counted up to what makes a certificate. */
byte prepares[PLACES];
byte commits[PLACES];
#define IS_PREPARED(v, b) (prepares[AT(v, b)] == HONEST_SIGNERS)
#define IS_FINAL(v, b) (commits[AT(v, b)] == HONEST_SIGNERS)

typedef Certificate {
  byte view;
  byte block = NONE
};

typedef Validator {
  byte view;
  byte leaving;             /* 1: shows a view change to `view` and votes for nothing */
  byte tip = NONE;          /* what its view must still bring to an end */
  byte last = GENESIS;      /* what its next prepare stands on */
  byte uncommitted;         /* heights it prepared in this view and did not commit, one bit each */
  Certificate prepared;     /* its highest prepare certificate; genesis when there is none */
  Certificate said[VIEWS]   /* what it showed in its view change to each view; NONE: it sent none */
};

Validator honest[HONEST];
byte highest_final = GENESIS;

#define ME honest[me]

#define COUNT(votes, b) \
  votes[AT(ME.view, b)] = (votes[AT(ME.view, b)] < HONEST_SIGNERS -> votes[AT(ME.view, b)] + 1 : HONEST_SIGNERS)

/* The property: every block that becomes final stands on the highest final one or is below it. */
inline finalize(b) {
  assert(STANDS_ON(b, highest_final) || STANDS_ON(highest_final, b));
  if
  :: STANDS_ON(b, highest_final) -> highest_final = b
  :: else
  fi
}

/* In the last view a certificate counts as final at once: nothing can keep who made it from committing. */
inline prepare(me, b) {
  COUNT(prepares, b);
  ME.last = b;
  if
  :: b == ME.tip -> ME.tip = NONE
  :: else
  fi;
  if
  :: ME.view < LAST_VIEW -> ME.uncommitted = ME.uncommitted | (1 << HEIGHT(b))
  :: ME.view == LAST_VIEW && IS_PREPARED(LAST_VIEW, b) -> finalize(b)
  :: else
  fi
}

inline commit(me, b) {
  ME.uncommitted = ME.uncommitted & ~(1 << HEIGHT(b));
  if
  :: OUTRANKS(ME.view, b, ME.prepared.view, ME.prepared.block) ->
     ME.prepared.view = ME.view; ME.prepared.block = b
  :: else
  fi;
  COUNT(commits, b);
  if
  :: IS_FINAL(ME.view, b) -> finalize(b)
  :: else
  fi
}

inline say(me, v) {
  ME.tip = NONE; ME.last = GENESIS; ME.uncommitted = 0;
  ME.view = v; ME.leaving = 1;
  ME.said[v].view = tip_view; ME.said[v].block = tip_block;
  tip_view = 0; tip_block = 0;
  if
  :: v == LAST_VIEW -> ME.prepared.view = 0; ME.prepared.block = GENESIS /* shown to nobody any more */
  :: else
  fi
}

inline enter(me, v) {
  ME.view = v; ME.leaving = 0; ME.uncommitted = 0;
  if
  :: v == LAST_VIEW -> ME.prepared.view = 0; ME.prepared.block = GENESIS /* shown to nobody any more */
  :: else
  fi;
  if
  :: tip_final -> ME.tip = NONE; ME.last = tip_block
  :: else -> ME.tip = tip_block; ME.last = GENESIS
  fi
}

/* The highest certificate of two view changes. */
inline take_highest(a, b, v) {
  tip_view = honest[a].said[v].view; tip_block = honest[a].said[v].block;
  if
  :: OUTRANKS(honest[b].said[v].view, honest[b].said[v].block, tip_view, tip_block) ->
     tip_view = honest[b].said[v].view; tip_block = honest[b].said[v].block
  :: else
  fi;
  tip_final = (tip_block == GENESIS)
}

/* Choices among all certificates above genesis, as options of a selection. */
#if HEIGHTS == 3
#define EACH_BLOCK_AT_3(X, v) X(v, 8) X(v, 9) X(v, 10) X(v, 11) X(v, 12) X(v, 13) X(v, 14) X(v, 15)
#else
#define EACH_BLOCK_AT_3(X, v)
#endif
#define EACH_BLOCK(X, v) X(v, 2) X(v, 3) X(v, 4) X(v, 5) X(v, 6) X(v, 7) EACH_BLOCK_AT_3(X, v)
#define EACH_CERTIFICATE(X) EACH_BLOCK(X, 0) EACH_BLOCK(X, 1) EACH_BLOCK(X, 2)
#define WAS_NAMED(b) (prepares[AT(0, b)] + prepares[AT(1, b)] + prepares[AT(2, b)] > 0)

/* What the liar's view change may add: a higher certificate, or a commit certificate of the tip. */
#define LIAR_SHOWS(w, b) \
  :: w < v && IS_PREPARED(w, b) && OUTRANKS(w, b, tip_view, tip_block) -> \
     tip_view = w; tip_block = b; tip_final = 0 \
  :: w < v && IS_FINAL(w, b) && (tip_block == b || OUTRANKS(w, b, tip_view, tip_block)) -> \
     tip_view = w; tip_block = b; tip_final = 1

inline be_shown_the_new_view() {
  take_highest(one, other, v);
  if
  :: true
  EACH_CERTIFICATE(LIAR_SHOWS)
  fi;
  enter(me, v);
  tip_view = 0; tip_block = 0; tip_final = 0;
  v = 0; one = 0; other = 0
}

/* Of two children the first is named first: the other order is the same under other names. */
#define PREPARE_CHILD(child) \
  :: !ME.leaving && ME.tip == NONE && HEIGHT(ME.last) < HEIGHTS && (child == 0 || WAS_NAMED(2 * ME.last)) -> \
     block = 2 * ME.last + child; prepare(me, block); block = 0

#define COMMIT(height) \
  :: (ME.uncommitted & (1 << height)) && IS_PREPARED(ME.view, ANCESTOR(ME.last, height)) -> \
     block = ANCESTOR(ME.last, height); commit(me, block); block = 0

/* A validator that catches up goes on above the final block it got. */
#define CATCH_UP(w, b) \
  :: !ME.leaving && IS_FINAL(w, b) && b != ME.last && STANDS_ON(b, ME.last) && \
     (ME.tip == NONE || STANDS_ON(b, ME.tip)) -> \
     ME.last = b; ME.tip = NONE

#ifdef NO_TIP_RULE
#define FIRST_TO_PREPARE ANCESTOR(ME.tip, HEIGHT(ME.last) + 1)
#else
#define FIRST_TO_PREPARE ME.tip
#endif

#define SHOW_FINAL(v, w, b) \
  :: ME.view < v && w < v && IS_FINAL(w, b) && HEIGHT(b) >= HEIGHT(ME.prepared.block) && \
     !(ME.prepared.view == w && ME.prepared.block == b) -> \
     tip_view = w; tip_block = b; say(me, v)
#define SHOW_FINAL_FOR_1(w, b) SHOW_FINAL(1, w, b)
#define SHOW_FINAL_FOR_2(w, b) SHOW_FINAL(2, w, b)
#ifdef FORGETS_PREPARED
#define SHOW_PREPARED(v) :: ME.view < v -> tip_block = GENESIS; say(me, v)
#else
#define SHOW_PREPARED(v) :: ME.view < v -> tip_view = ME.prepared.view; tip_block = ME.prepared.block; say(me, v)
#endif

#define ENTER(to, a, b) \
  :: (ME.view < to || (ME.view == to && ME.leaving)) && \
     honest[a].said[to].block != NONE && honest[b].said[to].block != NONE -> v = to; one = a; other = b
#ifdef WEAK_QUORUM
#define ENTER_FROM_ANY(v) ENTER(v, 0, 0) ENTER(v, 1, 1) ENTER(v, 2, 2)
#else
#define ENTER_FROM_ANY(v) ENTER(v, 0, 1) ENTER(v, 0, 2) ENTER(v, 1, 2)
#endif

/* One step of the validator `me`. */
inline step() {
  if
  PREPARE_CHILD(0)
  PREPARE_CHILD(1)
  :: !ME.leaving && ME.tip != NONE -> block = FIRST_TO_PREPARE; prepare(me, block); block = 0
  COMMIT(1)
  COMMIT(2)
#if HEIGHTS == 3
  COMMIT(3)
#endif
  EACH_CERTIFICATE(CATCH_UP)
  SHOW_PREPARED(1)
  SHOW_PREPARED(2)
  EACH_BLOCK(SHOW_FINAL_FOR_1, 0)
  EACH_CERTIFICATE(SHOW_FINAL_FOR_2)
  ENTER_FROM_ANY(1)
  ENTER_FROM_ANY(2)
  :: else
  fi;
  if
  :: v > 0 -> be_shown_the_new_view()
  :: else
  fi;
  me = 0;
  forget_what_nobody_can_use(1);
  forget_what_nobody_can_use(2);
  c_code { sort_validators(); }
}

/* Equal futures, equal states. When all have entered `v` or a later view, nobody is shown a new view of
 * `v` any more; and votes of the view before it that are short of a certificate stay so. */
#define IS_PAST(who, v) (honest[who].view > v || (honest[who].view == v && !honest[who].leaving))
#define HAS_LEFT(who, v) (honest[who].view >= v)
#define FORGET_VOTE(v, b) \
  prepares[AT(v, b)] = (IS_PREPARED(v, b) -> HONEST_SIGNERS : 0); \
  commits[AT(v, b)] = (IS_FINAL(v, b) -> HONEST_SIGNERS : 0);
inline forget_what_nobody_can_use(v) {
  if
  :: IS_PAST(0, v) && IS_PAST(1, v) && IS_PAST(2, v) ->
     honest[0].said[v].view = 0; honest[0].said[v].block = NONE;
     honest[1].said[v].view = 0; honest[1].said[v].block = NONE;
     honest[2].said[v].view = 0; honest[2].said[v].block = NONE
  :: else
  fi;
  if
  :: HAS_LEFT(0, v) && HAS_LEFT(1, v) && HAS_LEFT(2, v) -> EACH_BLOCK(FORGET_VOTE, (v - 1)) skip
  :: else
  fi
}

/* Honest validators are alike: states that differ in their order alone are one state. */
c_code {
\#include <stdlib.h>
\#include <string.h>
  static int by_bytes(const void *a, const void *b) { return memcmp(a, b, sizeof(struct Validator)); }
  static void sort_validators(void);
}

active proctype world() {
  byte me, block, tip_view, tip_block, tip_final, v, one, other;
  honest[0].prepared.block = GENESIS;
  honest[1].prepared.block = GENESIS;
  honest[2].prepared.block = GENESIS;
  do
  :: atomic {
       if
       :: me = 0
       :: me = 1
       :: me = 2
       fi;
       step()
     }
  od
}

c_code {
  static void sort_validators(void) { qsort(now.honest, 3, sizeof(struct Validator), by_bytes); }
}
