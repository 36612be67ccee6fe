// One of the server's open streams, counted as long as it lives.
//
// Thread safety: Take and the destructor may be called from any thread.
#ifndef CELLAR_SERVER_API_STREAM_SLOT_H_
#define CELLAR_SERVER_API_STREAM_SLOT_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/api/api.h"
#include "server/api/api_errors.h"
#include "server/identity/cap.h"

namespace cellar {

class StreamSlot {
 public:
  // `api` outlives the slot. Errors: STREAM_LIMIT.
  static absl::StatusOr<std::unique_ptr<StreamSlot>> Take(Api& api, const std::string& tenant) {
    const std::optional<ReachedCap> full = api.open_streams.Take(tenant, 1);
    if (full.has_value()) return StreamLimit(*full);
    return std::unique_ptr<StreamSlot>(new StreamSlot(api, tenant));
  }

  ~StreamSlot() { api_.open_streams.GiveBack(tenant_, 1); }
  StreamSlot(const StreamSlot&) = delete;
  StreamSlot& operator=(const StreamSlot&) = delete;

 private:
  StreamSlot(Api& api, const std::string& tenant) : api_(api), tenant_(tenant) {}

  Api& api_;
  const std::string tenant_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_STREAM_SLOT_H_
