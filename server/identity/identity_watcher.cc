#include "server/identity/identity_watcher.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace cellar {

IdentityWatcher::~IdentityWatcher() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void IdentityWatcher::Start() {
  if (identities_.asked()) thread_ = std::thread([this] { Run(); });
}

void IdentityWatcher::RunOnce() {
  const auto reloaded = identities_.Reload();
  if (!reloaded.ok()) {
    report_(absl::StrCat("identities: ", identities_.path(),
                         " was not taken, and who was known still is: ",
                         absl::StrReplaceAll(reloaded.status().message(), {{"\n", "; "}})));
  } else if (*reloaded == Identities::Reloaded::kChanged) {
    report_(absl::StrCat("identities: ", identities_.path(), " was read, ",
                         identities_.directory()->count(), " are known"));
  }
}

void IdentityWatcher::Run() {
  bool stopping = false;
  while (!stopping) {
    RunOnce();
    absl::MutexLock lock(&mutex_);
    stopping = mutex_.AwaitWithTimeout(absl::Condition(&stopping_), kInterval);
  }
}

}  // namespace cellar
