// What is in memory of a session that is in the store, and the entries of both kinds by their
// names.
//
// Thread safety: externally synchronised, but for what never changes: names, and which kind it is.
#ifndef CELLAR_SERVER_SESSION_SESSION_SLEEPER_H_
#define CELLAR_SERVER_SESSION_SESSION_SLEEPER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/time/time.h"
#include "server/identity/tenant.h"
#include "server/model/model.h"
#include "server/session/expiry_policy.h"
#include "server/session/session.h"
#include "server/session/session_entry.h"
#include "server/session/session_name.h"
#include "server/session/short_time.h"

namespace cellar {

class SessionSleeper : public SessionEntry {
 public:
  // `number` is different for each sleep; nobody holds what `use` is of.
  SessionSleeper(const OwnedName& owned, ModelPin model, const SessionUse& use, int64_t number)
      : SessionEntry(/*is_sleeper=*/true),
        tenant_(owned.tenant),
        name_(owned.name),
        model_(std::move(model)),
        unused_since_(use.unused_since),
        ttl_(use.ttl),
        number_(number) {
    due_time_ = ShortTime(NextLookTime(this->use(), absl::InfinitePast()));
  }

  OwnedName owned_name() const { return {tenant_, name_.view()}; }
  const ModelPin& model() const { return model_; }
  SessionUse use() const { return {.unused_since = unused_since_, .ttl = ttl_, .hold_count = 0}; }
  int64_t number() const { return number_; }

 private:
  const std::string tenant_;
  const SessionName name_;
  const ModelPin model_;
  const ShortTime unused_since_;
  const absl::Duration ttl_;
  const int64_t number_;
};

// The entry as what it is; REQUIRES: it is that.
inline const Session& SessionOf(const SessionEntry& entry) {
  return static_cast<const Session&>(entry);
}
inline const SessionSleeper& SleeperOf(const SessionEntry& entry) {
  return static_cast<const SessionSleeper&>(entry);
}

inline OwnedName NameOf(const SessionEntry& entry) {
  return entry.is_sleeper() ? SleeperOf(entry).owned_name() : SessionOf(entry).owned_name();
}

// For indices in which an entry is looked for by its name.
struct SessionNames {
  // A name that is looked for in two steps, and hashed once.
  struct Hashed {
    explicit Hashed(const OwnedName& name) : owned(name), hash(absl::Hash<OwnedName>()(name)) {}

    OwnedName owned;
    size_t hash;
  };
  // Looked for not to be found, but to have the processor fetch what is found soon.
  struct Soon {
    const Hashed& name;
  };

  static OwnedName Of(const OwnedName& owned) { return owned; }
  static OwnedName Of(const Hashed& name) { return name.owned; }
  static OwnedName Of(const Soon& soon) { return soon.name.owned; }
  static OwnedName Of(const SessionEntry* entry) { return NameOf(*entry); }
  static OwnedName Of(const std::shared_ptr<SessionEntry>& entry) { return NameOf(*entry); }

  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): what indices look for
    template <class Key>
    size_t operator()(const Key& key) const {
      return absl::Hash<OwnedName>()(Of(key));
    }
    size_t operator()(const Hashed& name) const { return name.hash; }
    size_t operator()(const Soon& soon) const { return soon.name.hash; }
  };
  struct Same {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): what indices look for
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      PrefetchAll(a);
      PrefetchAll(b);
      if constexpr (std::is_same_v<A, Soon> || std::is_same_v<B, Soon>) return true;
      return Of(a) == Of(b);
    }

   private:
    // A name lies in the middle of its session, and whoever looks for it wants the rest, too.
    static void PrefetchAll(const std::shared_ptr<SessionEntry>& entry) {
      const auto* const begin = reinterpret_cast<const char*>(entry.get());
      for (size_t place = 0; place < sizeof(Session); place += 64) {
        __builtin_prefetch(begin + place);
      }
    }
    template <class Key>
    static void PrefetchAll(const Key& /*owned*/) {}
  };
  struct InOrder {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): what indices look for
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return Of(a) < Of(b);
    }
  };
};

// Entries by when they are due, those of one time in any order.
struct DueInOrder {
  using is_transparent = void;  // NOLINT(readability-identifier-naming): what indices look for
  bool operator()(const SessionEntry* a, const SessionEntry* b) const {
    return a->due_time_ != b->due_time_ ? a->due_time_ < b->due_time_ : std::less<>()(a, b);
  }
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_SLEEPER_H_
