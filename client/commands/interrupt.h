// Ctrl-C as a wish that can be asked for, where it must not end the program at once.
//
// Thread safety: externally synchronised. One at a time in a program: the signal is the process's.
#ifndef CELLAR_CLIENT_COMMANDS_INTERRUPT_H_
#define CELLAR_CLIENT_COMMANDS_INTERRUPT_H_

#include <csignal>

namespace cellar {

class Interrupt {
 public:
  // From now on SIGINT is noted. A second one before Clear ends the program after all: nothing may
  // be asking.
  Interrupt();
  // SIGINT does what it did before.
  ~Interrupt();

  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Whether SIGINT came since the beginning, or Clear.
  static bool IsWished();
  static void Clear();

 private:
  struct sigaction before_ {};
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_INTERRUPT_H_
