// The identities of this server as they are now: the directory in use, and how a changed file takes
// its place.
//
// Thread safety: all methods may be called from any thread, but Reload by one at a time. No lock is
// held while the file is read.
#ifndef CELLAR_SERVER_IDENTITY_IDENTITIES_H_
#define CELLAR_SERVER_IDENTITY_IDENTITIES_H_

#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/identity/identity_directory.h"

namespace cellar {

class Identities {
 public:
  // Nobody, until a Reload. An empty `path`: nobody is asked who they are.
  explicit Identities(std::string path) : path_(std::move(path)) {}

  bool asked() const { return !path_.empty(); }
  const std::string& path() const { return path_; }

  // Never null.
  std::shared_ptr<const IdentityDirectory> directory() const;

  enum class Reloaded { kUnchanged, kChanged };

  // Reads the file if it is another than the last one read (by its inode, size and time of change).
  // Errors: UNAVAILABLE if it cannot be read, INVALID_ARGUMENT with its problems; then those who
  // were known still are. A file that could not be taken is told of once, until it changes again.
  absl::StatusOr<Reloaded> Reload();

 private:
  // What tells one writing of the file from another.
  struct Stamp {
    uint64_t inode = 0;
    int64_t size = -1;
    int64_t change_nanos = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  // Constant after construction.
  const std::string path_;

  // Of whoever calls Reload.
  Stamp stamp_;

  mutable absl::Mutex mutex_;
  std::shared_ptr<const IdentityDirectory> directory_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const IdentityDirectory>(std::vector<Identity>{});
};

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_IDENTITIES_H_
