// Pages of a list: page_size and page_token of a request, next_page_token of an answer. A page
// begins after a name, so that items that come and go in between are neither skipped nor shown
// twice.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_PAGES_H_
#define CELLAR_SERVER_API_PAGES_H_

#include <cstdint>
#include <string>
#include <utility>

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

// Fills `messages`, which have a name() each, with the items of a page (listed with list_count()).
// The page ends early if it would grow beyond `max_bytes`, but never before its first item.
template <class Message>
class PageFiller {
 public:
  PageFiller(const Page& page, int64_t max_bytes,
             google::protobuf::RepeatedPtrField<Message>& messages)
      : max_count_(page.max_count), max_bytes_(max_bytes), messages_(messages) {}

  // Appends convert() if the page has room for it. Returns whether it had; if not, the page is
  // full.
  template <class Convert>
  bool Add(Convert convert) {
    constexpr int64_t kFramingBytes = 16;  // tag and length of an item
    full_ = full_ || messages_.size() >= max_count_;
    if (full_) return false;
    Message message = convert();
    bytes_ += static_cast<int64_t>(message.ByteSizeLong()) + kFramingBytes;
    full_ = bytes_ > max_bytes_ && !messages_.empty();
    if (!full_) *messages_.Add() = std::move(message);
    return !full_;
  }

  // Empty if there is no next page.
  std::string next_page_token() const {
    return full_ ? MakePageToken(messages_.rbegin()->name()) : "";
  }

 private:
  const int64_t max_count_;
  const int64_t max_bytes_;
  google::protobuf::RepeatedPtrField<Message>& messages_;
  int64_t bytes_ = 256;  // what else there is in the answer: the token and all
  bool full_ = false;
};

// The same for items that are all at hand: appends convert(*item) of each, and returns the next
// page's token.
template <class Items, class Message, class Convert>
std::string FillPage(const Items& items, const Page& page, int64_t max_bytes,
                     google::protobuf::RepeatedPtrField<Message>& messages, Convert convert) {
  PageFiller<Message> filler(page, max_bytes, messages);
  for (const auto& item : items) {
    if (!filler.Add([&] { return convert(*item); })) break;
  }
  return filler.next_page_token();
}

}  // namespace cellar

#endif  // CELLAR_SERVER_API_PAGES_H_
