// The files of TLS: read, checked, and looked at again while the server runs, so that they may be
// replaced. Only what has been checked is ever used: gRPC itself does not survive some of what can
// be in a file that is just being written.
//
// Thread safety: all methods may be called from any thread. No lock is held while a file is read or
// somebody is told.
#ifndef CELLAR_SERVER_RPC_TLS_FILES_H_
#define CELLAR_SERVER_RPC_TLS_FILES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/base/clock.h"

namespace cellar {

struct TlsOptions {
  std::string certificate_path = {};  // PEM: the server's certificate and what it was signed with
  std::string key_path = {};          // PEM: its private key
  std::string client_ca_path =
      {};  // PEM: what clients' certificates must be signed with; empty: none
  absl::Duration refresh_interval = absl::Seconds(10);  // the files are read again this often
  // Takes a line for whoever runs the server when new files are taken, or cannot be. May be null.
  std::function<void(const std::string&)> report = {};

  bool enabled() const { return !certificate_path.empty() || !key_path.empty(); }
};

// What the files say.
struct TlsPems {
  std::string certificate = {};
  std::string key = {};
  std::string client_ca = {};  // empty: none

  friend bool operator==(const TlsPems&, const TlsPems&) = default;
};

// Reads the files and checks that they belong together. Errors: INVALID_ARGUMENT, naming the file.
absl::StatusOr<TlsPems> ReadTlsFiles(const TlsOptions& options);

class TlsFiles {
 public:
  // Errors: as ReadTlsFiles. `clock` outlives the object.
  static absl::StatusOr<std::shared_ptr<TlsFiles>> Open(const TlsOptions& options, Clock& clock);

  struct Version {
    std::shared_ptr<const TlsPems> pems;  // never null
    int64_t number = 0;                   // grows with every change
  };

  // What counts now. Reads the files, if that is due: what cannot be used then is reported, and
  // what counted before still does.
  Version Look();

 private:
  TlsFiles(const TlsOptions& options, TlsPems pems, Clock& clock);

  // What is to be reported of a reading; empty: nothing.
  std::string Take(absl::StatusOr<TlsPems> read) ABSL_LOCKS_EXCLUDED(mutex_);

  const TlsOptions options_;
  Clock& clock_;

  absl::Mutex mutex_;
  Version current_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_look_ ABSL_GUARDED_BY(mutex_);
  std::string last_problem_ ABSL_GUARDED_BY(mutex_);  // so that each is told once
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_TLS_FILES_H_
