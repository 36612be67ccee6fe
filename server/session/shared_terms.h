// What sessions that were created alike have in common, kept once: a session has one pointer to its
// terms, its tenant's budget and the commons of its table.
//
// Thread safety: TermsBook may be called from any thread; SharedTerms do not change.
// Ownership: terms live as long as any session has them, and with them their commons.
#ifndef CELLAR_SERVER_SESSION_SHARED_TERMS_H_
#define CELLAR_SERVER_SESSION_SHARED_TERMS_H_

#include <cstddef>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/synchronization/mutex.h"
#include "server/session/byte_budget.h"
#include "server/session/session_commons.h"
#include "server/session/session_config.h"

namespace cellar {

struct SharedTerms {
  const SessionTerms terms;
  const std::shared_ptr<SessionCommons> commons;
  ByteBudget& budget;  // of the tenant, in the commons
};

// All terms of one table. Outlived by them.
class TermsBook {
 public:
  explicit TermsBook(std::shared_ptr<SessionCommons> commons) : commons_(std::move(commons)) {}

  // Terms equal to these.
  std::shared_ptr<const SharedTerms> Share(const SessionTerms& terms) ABSL_LOCKS_EXCLUDED(mutex_);

  // How many different ones are remembered; some may not be in use any more.
  int64_t count() const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // Forgets what is not in use any more, when there is twice as much as was in use the last time:
  // a constant cost for each that is added.
  void TidyUpLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::shared_ptr<SessionCommons> commons_;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<size_t, std::weak_ptr<const SharedTerms>> known_
      ABSL_GUARDED_BY(mutex_);  // by their hash; of two with the same the last one
  size_t tidy_count_ ABSL_GUARDED_BY(mutex_) = 64;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SHARED_TERMS_H_
