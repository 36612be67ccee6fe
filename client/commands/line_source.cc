#include "client/commands/line_source.h"

#include <poll.h>

#include <cerrno>

namespace cellar {

std::optional<std::string> LineSource::Next() {
  size_t end = buffer_.find('\n');
  while (end == std::string::npos && !ended_) {
    const size_t searched = buffer_.size();
    ended_ = !Fill();
    end = buffer_.find('\n', searched);
  }
  if (end == std::string::npos && buffer_.empty()) return std::nullopt;
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end == std::string::npos ? buffer_.size() : end + 1);
  return line;
}

bool LineSource::IsReady() {
  while (!ended_ && buffer_.find('\n') == std::string::npos) {
    pollfd wait{descriptor_, POLLIN, 0};
    if (poll(&wait, 1, 0) <= 0) return false;
    ended_ = !Fill();
  }
  return true;
}

bool LineSource::Fill() {
  char bytes[4096];
  ssize_t count = 0;
  do {
    count = read(descriptor_, bytes, sizeof(bytes));
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(count));
  return true;
}

}  // namespace cellar
