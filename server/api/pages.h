// Pages of a list: page_size and page_token of a request, next_page_token of an answer. A page
// begins after a name, so that items that come and go in between are neither skipped nor shown
// twice.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_PAGES_H_
#define CELLAR_SERVER_API_PAGES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/base/error.h"

namespace cellar {

struct Page {
  std::string after;      // show what sorts after this name; empty: from the beginning
  int64_t max_count = 0;  // 1 to 1000

  // How many to list: one more than is shown tells whether there is a next page.
  int64_t list_count() const { return max_count + 1; }
};

// Reads page_size (0 to 1000; 0 means 100) and page_token (one that FillPage made for the same
// `collection`: "models/" or "sessions/"); adds what is wrong to `violations`.
Page ReadPage(int32_t page_size, absl::string_view page_token, absl::string_view collection,
              FieldViolations& violations);

// The token of the page that begins after `name`.
std::string MakePageToken(absl::string_view name);

// Appends convert(item) for the items of the page (listed with list_count()) to `messages`, which
// have a name() each, and returns the next page's token, empty if there is none. The page ends
// early if it would grow beyond `max_bytes`, but never before its first item.
template <class Items, class Message, class Convert>
std::string FillPage(const Items& items, const Page& page, int64_t max_bytes,
                     google::protobuf::RepeatedPtrField<Message>& messages, Convert convert) {
  constexpr int64_t kFramingBytes = 16;  // tag and length of an item; token and all are below 256
  int64_t bytes = 256;
  for (const auto& item : items) {
    if (messages.size() >= page.max_count) return MakePageToken(messages.rbegin()->name());
    Message message = convert(*item);
    bytes += static_cast<int64_t>(message.ByteSizeLong()) + kFramingBytes;
    if (bytes > max_bytes && !messages.empty()) return MakePageToken(messages.rbegin()->name());
    *messages.Add() = std::move(message);
  }
  return "";
}

}  // namespace cellar

#endif  // CELLAR_SERVER_API_PAGES_H_
