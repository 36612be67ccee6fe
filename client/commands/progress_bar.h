// A line that shows how far a long piece of work is:  [########------------]  4096 of 10000
//
// Thread safety: externally synchronised.
// Lifetime: the stream outlives the bar.
#ifndef CELLAR_CLIENT_COMMANDS_PROGRESS_BAR_H_
#define CELLAR_CLIENT_COMMANDS_PROGRESS_BAR_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <utility>

namespace cellar {

class ProgressBar {
 public:
  enum class Visibility { kShown, kHidden };

  // Writes to `out`, a terminal, if shown.
  ProgressBar(std::ostream& out, std::string what, size_t total, Visibility visibility)
      : out_(out), what_(std::move(what)), total_(total), visibility_(visibility) {}
  // Wipes the line.
  ~ProgressBar();

  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  // Says that so much is done. Writes only if that shows.
  void Update(size_t done);

 private:
  std::ostream& out_;
  const std::string what_;
  const size_t total_;
  const Visibility visibility_;
  int shown_percent_ = -1;
};

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_PROGRESS_BAR_H_
