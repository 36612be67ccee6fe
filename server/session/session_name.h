// A session's name in 56 bytes: those that the table makes, with a hexadecimal epoch of 11 digits
// (until the year 2527), need no memory beside them. Longer ones have their own.
//
// Thread safety: constant after construction.
#ifndef CELLAR_SERVER_SESSION_SESSION_NAME_H_
#define CELLAR_SERVER_SESSION_SESSION_NAME_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "absl/strings/string_view.h"

namespace cellar {

class SessionName {
 public:
  explicit SessionName(absl::string_view name) {
    const bool fits = name.size() <= kMostInside;
    bytes_[kMostInside] = fits ? static_cast<char>(name.size()) : kOutside;
    if (fits) {
      std::copy(name.begin(), name.end(), bytes_.begin());
      return;
    }
    char* const copy = new char[name.size()];
    std::copy(name.begin(), name.end(), copy);
    const absl::string_view outside(copy, name.size());
    std::memcpy(bytes_.data(), &outside, sizeof(outside));
  }
  ~SessionName() {
    if (bytes_[kMostInside] == kOutside) delete[] view().data();
  }
  SessionName(const SessionName&) = delete;
  SessionName& operator=(const SessionName&) = delete;

  absl::string_view view() const {
    const char length = bytes_[kMostInside];
    if (length != kOutside) return {bytes_.data(), static_cast<size_t>(length)};
    absl::string_view outside;
    std::memcpy(static_cast<void*>(&outside), bytes_.data(), sizeof(outside));
    return outside;
  }

 private:
  static constexpr size_t kMostInside = 55;
  static constexpr char kOutside = 127;

  // The name, or a view of it elsewhere; then its length, or kOutside.
  std::array<char, kMostInside + 1> bytes_ = {};
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_NAME_H_
