// The thread that looks whether the file of identities has changed.
//
// Thread safety: Start and the destructor belong to one thread.
// Ownership: the identities outlive the watcher.
#ifndef CELLAR_SERVER_IDENTITY_IDENTITY_WATCHER_H_
#define CELLAR_SERVER_IDENTITY_IDENTITY_WATCHER_H_

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/identity/identities.h"

namespace cellar {

class IdentityWatcher {
 public:
  // How late a change is seen at most: whoever was taken out of the file is in for so long.
  static constexpr absl::Duration kInterval = absl::Seconds(1);

  // `report` gets one line for whoever runs the server when a change was taken or could not be.
  IdentityWatcher(Identities& identities, std::function<void(const std::string&)> report)
      : identities_(identities), report_(std::move(report)) {}

  // Stops the thread, if it was started.
  ~IdentityWatcher();

  IdentityWatcher(const IdentityWatcher&) = delete;
  IdentityWatcher& operator=(const IdentityWatcher&) = delete;

  // Starts the thread; nothing to watch, no thread. REQUIRES: called once at most.
  void Start();

  // One look.
  void RunOnce();

 private:
  void Run();

  Identities& identities_;
  const std::function<void(const std::string&)> report_;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_IDENTITY_IDENTITY_WATCHER_H_
