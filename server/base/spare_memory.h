// Memory that the C library keeps though nobody uses it. glibc gives back only what lies at the end
// of an arena: after a burst (thousands of calls at once, many sessions that fell asleep) the
// process would stay as large as it was at its largest, and grow with the next burst in another
// arena.
//
// Thread safety: may be called from any thread, KeepSpareMemory before there are others. Who
// allocates in an arena waits while it is gone through.
#ifndef CELLAR_SERVER_BASE_SPARE_MEMORY_H_
#define CELLAR_SERVER_BASE_SPARE_MEMORY_H_

namespace cellar {

// Has the C library keep up to 64 MiB at the end of each arena, and take long messages from there
// too. Else it gives back what a message leaves, and the next one has its pages made anew: up to 11
// us for each 4 KiB, more than the steps of a message take.
void KeepSpareMemory();

// Gives it back to the system, if it is much: more than 64 MiB and a third of all that is in
// memory. Returns whether it was. With another C library: no.
bool ReturnSpareMemory();

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_SPARE_MEMORY_H_
