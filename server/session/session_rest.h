// Parts of a session. What most sessions of a server without a store never have, they have beside
// themselves: how it ended, who streams, and what the store has of it.
//
// Thread safety: values; SessionRest externally synchronised, by the session's mutex.
#ifndef CELLAR_SERVER_SESSION_SESSION_REST_H_
#define CELLAR_SERVER_SESSION_SESSION_REST_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "server/session/session_commons.h"
#include "server/session/session_config.h"
#include "server/session/session_end.h"
#include "server/session/short_time.h"

namespace cellar {

enum class SessionLife : uint8_t {
  kAlive,
  kEnded,
  kAsleep,  // for ever: it comes back as another object
};

// The present and the times, to be written, and which change they are.
struct SessionCapture {
  SessionProgress progress;
  SessionTimes times;
  int64_t change_count = 0;
};

struct SessionRest {
  // If it has ended.
  ShortTime end_time;
  SessionEnd end = SessionEnd::kExpired;

  bool noted = false;   // the watcher knows that there is news
  bool urgent = false;  // and that it is much
  bool sought = false;  // it was to sleep, and is about to be written for that

  std::shared_ptr<StreamListener> stream;

  // What the store has of it. Changes are counted; creation is the first.
  int64_t change_count = 1;
  int64_t writing_count = 0;  // up to here it is on its way
  int64_t kept_count = 0;     // up to here the store has it
  int64_t turned_count = 1;   // the last one that was no step
  int64_t durable_step = 0;
  ShortTime writing_unused_since = ShortTime(absl::InfinitePast());
  ShortTime kept_unused_since = ShortTime(absl::InfinitePast());
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_REST_H_
