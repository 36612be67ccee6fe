// What the system takes for the things that a service cannot do without: the limits beside which a
// message is judged.
//
// Thread safety: each function and object belongs to one thread at a time.
#ifndef CELLAR_TESTS_BENCH_CELL_SYSTEM_LIMITS_H_
#define CELLAR_TESTS_BENCH_CELL_SYSTEM_LIMITS_H_

#include <atomic>
#include <cstdint>
#include <thread>

namespace cellar {

// A system call that does nothing.
void CallSystem();

// Writes to so many pages of memory that the process did not have before, and gives them back.
constexpr int64_t kFreshPages = 256;
void TouchFreshPages();

// Another thread, on another processor if there is one, that sleeps until it is handed something.
class HandOver {
 public:
  HandOver();
  ~HandOver();

  // Wakes the other thread, sleeps, and is woken by it.
  void ThereAndBack();

 private:
  void WaitFor(uint32_t value);
  void Set(uint32_t value);

  // 1: the other thread's turn, 0: the caller's, 2: the end.
  std::atomic<uint32_t> turn_{0};
  std::thread other_;
};

// The same, but that a message of one step (160 bytes) goes there and back over a unix socket, and
// that nobody sleeps: both ask again and again whether it is there.
class PolledSocket {
 public:
  PolledSocket();
  ~PolledSocket();

  void ThereAndBack();

 private:
  // Takes the next message. Returns whether there is one: none comes once the other end is closed.
  static bool Receive(int socket);
  static void Send(int socket);

  int sockets_[2] = {};  // the caller's, the other thread's
  std::thread other_;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_CELL_SYSTEM_LIMITS_H_
