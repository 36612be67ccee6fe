#include "client/commands/interrupt.h"

namespace cellar {
namespace {

volatile std::sig_atomic_t interrupt_wished = 0;

void NoteInterrupt(int number) {
  if (interrupt_wished == 1) {
    std::signal(number, SIG_DFL);
    std::raise(number);
  }
  interrupt_wished = 1;
}

}  // namespace

Interrupt::Interrupt() {
  Clear();
  struct sigaction action {};
  action.sa_handler = &NoteInterrupt;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, &before_);
}

Interrupt::~Interrupt() { sigaction(SIGINT, &before_, nullptr); }

bool Interrupt::IsWished() { return interrupt_wished == 1; }

void Interrupt::Clear() { interrupt_wished = 0; }

}  // namespace cellar
