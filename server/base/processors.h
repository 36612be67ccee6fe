// On which processors threads run. The system knows what is busy, not what belongs together: it may
// keep two threads on one processor for many milliseconds though another one is idle, all the
// longer if they take turns there.
//
// Thread safety: each function is about the calling thread.
#ifndef CELLAR_SERVER_BASE_PROCESSORS_H_
#define CELLAR_SERVER_BASE_PROCESSORS_H_

namespace cellar {

// Where it runs, or -1 if that cannot be told. Soon out of date; takes some nanoseconds.
int ThisProcessor();

// Has it moved from `processor` to another one, and go on where it pleases from there; takes some
// 10 us. False: there is no other one that it may run on.
bool LeaveProcessor(int processor);

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_PROCESSORS_H_
