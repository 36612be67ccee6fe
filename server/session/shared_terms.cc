#include "server/session/shared_terms.h"

#include <algorithm>
#include <utility>

namespace cellar {

std::shared_ptr<const SharedTerms> TermsBook::Share(const SessionTerms& terms) {
  const size_t hash = absl::Hash<SessionTerms>()(terms);
  std::shared_ptr<const SharedTerms> known;  // perhaps the last reference: freed after the lock
  {
    absl::MutexLock lock(&mutex_);
    const auto found = known_.find(hash);
    if (found != known_.end()) known = found->second.lock();
  }
  if (known != nullptr && known->terms == terms) return known;
  auto made = std::make_shared<const SharedTerms>(
      SharedTerms{terms, commons_, commons_->budgets.Of(terms.tenant)});
  absl::MutexLock lock(&mutex_);
  known_[hash] = made;
  if (known_.size() > tidy_count_) TidyUpLocked();
  return made;
}

void TermsBook::TidyUpLocked() {
  absl::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  tidy_count_ = std::max<size_t>(64, 2 * known_.size());
}

int64_t TermsBook::count() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int64_t>(known_.size());
}

}  // namespace cellar
