// How a session ended.
#ifndef CELLAR_SERVER_SESSION_SESSION_END_H_
#define CELLAR_SERVER_SESSION_SESSION_END_H_

namespace cellar {

// Each value means that it has happened and that no commit will succeed any more.
enum class SessionEnd { kExpired, kDeleted };

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_END_H_
