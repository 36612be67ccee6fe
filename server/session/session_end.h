// How a session ended. The numbers are written to the store (store/record_format.md): they stay.
#ifndef CELLAR_SERVER_SESSION_SESSION_END_H_
#define CELLAR_SERVER_SESSION_SESSION_END_H_

#include <cstdint>

namespace cellar {

// Each value means that it has happened and that no commit will succeed any more.
enum class SessionEnd : uint8_t {
  kExpired = 0,
  kDeleted = 1,
  kLost = 2,     // it had durability MEMORY, and the server did not end in order
  kDamaged = 3,  // what the store had of it could not be read
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_END_H_
