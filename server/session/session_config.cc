#include "server/session/session_config.h"

namespace cellar {
namespace {

// What keeping a session costs besides its numbers and words: objects, allocation headers, places
// in the table's indices. Measured with glibc 2.36 on 64 bits (tests/bench/sessions) and rounded
// up.
constexpr int64_t kSessionOverheadBytes = 480;
constexpr int64_t kLabelOverheadBytes = 160;

}  // namespace

int64_t SessionBytes(const SessionTerms& terms, absl::string_view name,
                     const SharedNumbers& initial_state, const SessionProgress& progress) {
  int64_t bytes = kSessionOverheadBytes + static_cast<int64_t>(terms.tenant.size() + name.size());
  for (const auto& [key, value] : terms.labels) {
    bytes += kLabelOverheadBytes + static_cast<int64_t>(key.size() + value.size());
  }
  bytes += initial_state.size_bytes() + progress.state.size_bytes();
  return bytes + progress.window.SizeBytes() +
         progress.window.entry_count() * kWindowEntryOverheadBytes;
}

}  // namespace cellar
