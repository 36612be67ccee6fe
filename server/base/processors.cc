#include "server/base/processors.h"

#include <sched.h>

namespace cellar {

int ThisProcessor() { return sched_getcpu(); }

bool LeaveProcessor(int processor) {
  cpu_set_t allowed;
  if (processor < 0 || processor >= CPU_SETSIZE) return false;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return false;
  cpu_set_t others = allowed;
  CPU_CLR(processor, &others);
  // Refused if none is left. What is allowed again at once is not taken up at once.
  if (sched_setaffinity(0, sizeof(others), &others) != 0) return false;
  sched_setaffinity(0, sizeof(allowed), &allowed);
  return true;
}

}  // namespace cellar
