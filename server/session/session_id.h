// Names of sessions. A made id is "s-{epoch}-{secret}": the epoch of the server run that made it
// (hexadecimal milliseconds, so that an id from an earlier run is recognised as lost) and 128
// random bits that nobody can guess.
//
// Thread safety: SessionIdMaker's methods may be called from any thread; the functions are pure.
#ifndef CELLAR_SERVER_SESSION_SESSION_ID_H_
#define CELLAR_SERVER_SESSION_SESSION_ID_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cellar {

// What a session's name has before its id.
inline constexpr absl::string_view kSessionPrefix = "sessions/";

// Whether `id` has 1 to 63 characters of a-z, 0-9 and hyphen and starts with a letter.
bool IsValidId(absl::string_view id);

class SessionIdMaker {
 public:
  // `start_time`: when this run of the server began.
  explicit SessionIdMaker(absl::Time start_time);

  // A new id, different from all before. Draws from the operating system's random source; empty if
  // that refuses, for an id that can be guessed is worse than none.
  std::string Make() const;

  // The epoch of this run, as in the ids it makes.
  const std::string& epoch() const { return epoch_; }

  // The epoch in an id of the made form that is earlier than this run's; nothing for other ids.
  // Whether an earlier run made it, or somebody chose it to look so, cannot be told.
  std::optional<std::string> EarlierEpochOf(absl::string_view id) const;

 private:
  const std::string epoch_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_ID_H_
