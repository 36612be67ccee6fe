// A session's place in the table, awake or asleep.
//
// Entries are known by their names, which stand in their sessions or sleepers only, so that an
// index has a pointer for each.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_SERVER_SESSION_SESSION_ENTRY_H_
#define CELLAR_SERVER_SESSION_SESSION_ENTRY_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/hash/hash.h"
#include "server/identity/tenant.h"
#include "server/model/model.h"
#include "server/session/expiry_policy.h"
#include "server/session/session.h"
#include "server/session/short_time.h"

namespace cellar {

// Has either a session or a sleeper, and the same name all its life.
struct SessionEntry {
  // What is in memory of a session that is in the store.
  struct Sleeper {
    std::string tenant;
    std::string name;
    ModelPin model;
    SessionUse use;      // nobody holds it
    int64_t number = 0;  // different for each sleep

    OwnedName owned() const { return {tenant, name}; }
  };

  std::shared_ptr<Session> session;
  std::unique_ptr<Sleeper> sleeper;
  ShortTime due_time;

  OwnedName owned() const { return sleeper == nullptr ? session->owned_name() : sleeper->owned(); }

  // For indices in which an entry is looked for by its name.
  static OwnedName NameOf(const OwnedName& owned) { return owned; }
  static OwnedName NameOf(const SessionEntry* entry) { return entry->owned(); }
  static OwnedName NameOf(const std::unique_ptr<SessionEntry>& entry) { return entry->owned(); }
  struct HashOfName {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): what indices look for
    template <class Key>
    size_t operator()(const Key& key) const {
      return absl::Hash<OwnedName>()(NameOf(key));
    }
  };
  struct SameName {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): what indices look for
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return NameOf(a) == NameOf(b);
    }
  };
  struct ByName {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): what indices look for
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      return NameOf(a) < NameOf(b);
    }
  };
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_ENTRY_H_
