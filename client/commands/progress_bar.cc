#include "client/commands/progress_bar.h"

namespace cellar {
namespace {

constexpr int kWidth = 20;
constexpr char kWipe[] = "\r\x1b[K";

}  // namespace

ProgressBar::~ProgressBar() {
  if (shown_percent_ >= 0) out_ << kWipe << std::flush;
}

void ProgressBar::Update(size_t done) {
  if (visibility_ == Visibility::kHidden || total_ == 0) return;
  const int percent = static_cast<int>(100 * done / total_);
  if (percent == shown_percent_) return;
  shown_percent_ = percent;
  const auto filled = static_cast<size_t>(percent * kWidth / 100);
  out_ << kWipe << what_ << " [" << std::string(filled, '#')
       << std::string(static_cast<size_t>(kWidth) - filled, '-') << "] " << done << " of " << total_
       << std::flush;
}

}  // namespace cellar
