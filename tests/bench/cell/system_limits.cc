#include "tests/bench/cell/system_limits.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "tests/bench/processors.h"

namespace cellar {
namespace {

constexpr uint32_t kMine = 0;
constexpr uint32_t kOthers = 1;
constexpr uint32_t kEnd = 2;

constexpr size_t kStepBytes = 160;

}  // namespace

void CallSystem() { syscall(SYS_getppid); }

void TouchFreshPages() {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  const size_t size = static_cast<size_t>(kFreshPages) * page;
  void* const memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  madvise(memory, size, MADV_NOHUGEPAGE);
  volatile char* const bytes = static_cast<volatile char*>(memory);
  for (size_t k = 0; k < size; k += page) bytes[k] = 1;
  munmap(memory, size);
}

HandOver::HandOver() {
  other_ = std::thread([this, busy = sched_getcpu()] {
    MoveAwayFrom(busy);
    while (true) {
      WaitFor(kOthers);
      if (turn_ == kEnd) return;
      Set(kMine);
    }
  });
}

HandOver::~HandOver() {
  Set(kEnd);
  other_.join();
}

void HandOver::ThereAndBack() {
  Set(kOthers);
  WaitFor(kMine);
}

// Sleeps until the turn is `value`, or until the end.
void HandOver::WaitFor(uint32_t value) {
  while (true) {
    const uint32_t turn = turn_;
    if (turn == value || turn == kEnd) return;
    syscall(SYS_futex, &turn_, FUTEX_WAIT_PRIVATE, turn, nullptr, nullptr, 0);
  }
}

void HandOver::Set(uint32_t value) {
  turn_ = value;
  syscall(SYS_futex, &turn_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

PolledSocket::PolledSocket() {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets_) != 0) std::abort();
  other_ = std::thread([this, busy = sched_getcpu()] {
    MoveAwayFrom(busy);
    while (Receive(sockets_[1])) Send(sockets_[1]);
  });
}

PolledSocket::~PolledSocket() {
  shutdown(sockets_[0], SHUT_RDWR);
  other_.join();
  for (const int socket : sockets_) close(socket);
}

void PolledSocket::ThereAndBack() {
  Send(sockets_[0]);
  Receive(sockets_[0]);
}

bool PolledSocket::Receive(int socket) {
  char message[kStepBytes];
  for (size_t missing = sizeof(message); missing > 0;) {
    const ssize_t count = recv(socket, message, missing, MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno != EAGAIN)) return false;
    if (count > 0) missing -= static_cast<size_t>(count);
  }
  return true;
}

void PolledSocket::Send(int socket) {
  const char message[kStepBytes] = {};
  if (send(socket, message, sizeof(message), MSG_NOSIGNAL) != sizeof(message)) std::abort();
}

}  // namespace cellar
