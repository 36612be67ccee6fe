// Collects what is wrong with the values of flags, a line each, which says what would be right.
//
// Thread safety: belongs to one thread.
#ifndef CELLAR_SERVER_OPTION_PROBLEMS_H_
#define CELLAR_SERVER_OPTION_PROBLEMS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cellar {

class OptionProblems {
 public:
  // Adds `problem` unless `holds`.
  void Require(bool holds, std::string problem) {
    if (!holds) problems_.push_back(std::move(problem));
  }

  void AtLeast(absl::string_view flag, int64_t value, int64_t least) {
    Require(value >= least, absl::StrCat(flag, ": ", value, " is too small; at least ", least));
  }

  void Positive(absl::string_view flag, absl::Duration value) {
    Require(value > absl::ZeroDuration() && value < absl::InfiniteDuration(),
            absl::StrCat(flag, ": ", absl::FormatDuration(value),
                         " is not possible; a positive, finite duration is"));
  }

  // `zero` says what a duration of 0 would do.
  void NotNegative(absl::string_view flag, absl::Duration value, absl::string_view zero) {
    Require(value >= absl::ZeroDuration(),
            absl::StrCat(flag, ": ", absl::FormatDuration(value), " is negative; 0s ", zero));
  }

  absl::Status status() const {
    if (problems_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrJoin(problems_, "\n"));
  }

 private:
  std::vector<std::string> problems_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_OPTION_PROBLEMS_H_
