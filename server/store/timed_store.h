// A store that measures how long its reads and writes take, for whoever runs the server.
//
// Thread safety: as the store behind it; the histograms lock themselves.
// Ownership: owns the store behind it; the clock outlives both.
#ifndef CELLAR_SERVER_STORE_TIMED_STORE_H_
#define CELLAR_SERVER_STORE_TIMED_STORE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/base/clock.h"
#include "server/base/histogram.h"
#include "server/store/record_store.h"

namespace cellar {

class TimedStore final : public RecordStore {
 public:
  TimedStore(std::unique_ptr<RecordStore> store, Clock& clock)
      : store_(std::move(store)), clock_(clock) {}

  absl::StatusOr<std::optional<std::string>> Get(absl::string_view key) const override;
  absl::Status Write(const RecordBatch& batch, bool sync) override;

  // Not measured: it happens at the start only.
  absl::Status ForEach(absl::string_view prefix,
                       const std::function<void(absl::string_view key, absl::string_view value)>&
                           visit) const override {
    return store_->ForEach(prefix, visit);
  }

  const Histogram& read_seconds() const { return read_seconds_; }
  const Histogram& write_seconds() const { return write_seconds_; }  // without sync
  const Histogram& sync_seconds() const { return sync_seconds_; }    // writes with sync

 private:
  const std::unique_ptr<RecordStore> store_;
  Clock& clock_;
  mutable Histogram read_seconds_{SecondsBounds()};
  Histogram write_seconds_{SecondsBounds()};
  Histogram sync_seconds_{SecondsBounds()};
};

}  // namespace cellar

#endif  // CELLAR_SERVER_STORE_TIMED_STORE_H_
