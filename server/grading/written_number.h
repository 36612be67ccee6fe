// What the digits of a number tell that somebody wrote: which numbers it may have been rounded
// from.
//
// Thread safety: values; the functions are pure.
#ifndef CELLAR_SERVER_GRADING_WRITTEN_NUMBER_H_
#define CELLAR_SERVER_GRADING_WRITTEN_NUMBER_H_

#include <optional>
#include <vector>

namespace cellar {

struct WrittenNumber {
  double value = 0;
  int decimals = 0;         // behind the point, of the shortest way to write the value
  int decimals_beside = 0;  // the most of any number of the same answer, this one too
};

// The numbers of an answer, in one row.
using WrittenAnswer = std::vector<std::optional<WrittenNumber>>;

WrittenAnswer WrittenNumbers(const std::vector<std::optional<double>>& values);

// Whether `written` is `number`, rounded to the decimals that it has, or to those of the numbers
// beside it: a zero at the end is lost, and 0.4 beside 0.381 is 0.400. Two decimals at least, as .5
// is written for many reasons; and twelve at most, as more are not the work of people.
bool IsRoundedFrom(const WrittenNumber& written, double number);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_WRITTEN_NUMBER_H_
