// When workers with nothing to do help with a step, and how it is shared out: the crews without
// threads and clocks.
//
// Thread safety: pure functions of their arguments; a StallPause is externally synchronised.
#ifndef CELLAR_SERVER_ENGINE_CREW_POLICY_H_
#define CELLAR_SERVER_ENGINE_CREW_POLICY_H_

#include <cstdint>

namespace cellar {

// Whether workers with nothing to do are asked to help with so many multiply-adds that are about to
// be made: waking one takes some 10 us of its time and a few of the asking one's.
bool PaysToInvite(int64_t multiply_adds);

// Whether so many multiply-adds that all must be made before anything else can be are shared out to
// helpers that are there: everyone waits for the last one, which takes about 1 us.
bool PaysToShare(int64_t multiply_adds);

// How long nobody is asked to help after a crew has stalled. A helper that lost its processor for
// a moment is soon back, so at first the pause is short; it doubles each time that the next crew
// stalls too, for then the machine has no core to spare.
class StallPause {
 public:
  // A crew that had helpers has been sent home. Returns milliseconds: 0 if it has not stalled.
  int64_t Note(bool stalled);

 private:
  int64_t next_ = 1;
};

// How often the leader of a crew gives up its processor while it waits for the last part, before
// that counts as a stall: the longer, the more multiply-adds the part takes.
int64_t YieldsOfAStall(int64_t part_cost);

// Blocks of output rows in one part, when `blocks` are shared out to `workers`: whole panels, and a
// few parts for each, so that one that comes late or is held up leaves its own to the others.
int64_t PartBlocks(int64_t blocks, int64_t panel_blocks, int64_t workers);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_CREW_POLICY_H_
