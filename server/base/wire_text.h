// Text that may be sent: valid UTF-8 and no longer than its room.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_BASE_WIRE_TEXT_H_
#define CELLAR_SERVER_BASE_WIRE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace cellar {

// `text` with every byte that is not part of a valid UTF-8 character replaced by '?', cut between
// characters to at most `max_bytes` bytes; what was cut ends in "..." (which counts).
// REQUIRES: max_bytes >= 3.
std::string WireText(absl::string_view text, size_t max_bytes);

// As WireText, but `max_bytes` bounds the percent-encoded form (grpc-message), in which every byte
// but printable ASCII takes three.
std::string WireMessage(absl::string_view text, size_t max_bytes);

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_WIRE_TEXT_H_
