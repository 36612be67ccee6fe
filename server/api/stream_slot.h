// One of the server's open streams, counted as long as it lives.
//
// Thread safety: Take and the destructor may be called from any thread.
#ifndef CELLAR_SERVER_API_STREAM_SLOT_H_
#define CELLAR_SERVER_API_STREAM_SLOT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "server/api/api.h"
#include "server/api/api_errors.h"

namespace cellar {

class StreamSlot {
 public:
  // `api` outlives the slot. Errors: STREAM_LIMIT.
  static absl::StatusOr<std::unique_ptr<StreamSlot>> Take(Api& api) {
    std::unique_ptr<StreamSlot> slot(new StreamSlot(api));
    if (slot->count_ > api.limits.max_streams) {
      return StreamLimit(api.limits.max_streams);
    }
    return slot;
  }

  ~StreamSlot() { api_.open_streams.fetch_sub(1); }
  StreamSlot(const StreamSlot&) = delete;
  StreamSlot& operator=(const StreamSlot&) = delete;

 private:
  explicit StreamSlot(Api& api) : api_(api), count_(api.open_streams.fetch_add(1) + 1) {}

  Api& api_;
  const int64_t count_;  // of open streams, with this one
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_STREAM_SLOT_H_
