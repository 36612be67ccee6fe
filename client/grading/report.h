// What a file for a grading platform is written from: a verdict, with names for its values and all
// texts made fit to be shown. The writers (formats.h) differ in form only; what a student may see
// is decided here, once.
//
// Thread safety: values and functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_REPORT_H_
#define CELLAR_CLIENT_GRADING_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cellar/v1/exercise.pb.h"
#include "cellar/v1/grading.pb.h"
#include "client/number_text.h"

namespace cellar {

// One question, or one value of a question, as platforms show it.
struct ReportedTest {
  std::string number{};    // "2", "2.5": question, and value within it, from 1
  std::string question{};  // its id
  std::string name{};      // "h of step 3"; about 250 characters at most
  bool passed = false;
  double points = 0;
  double max_points = 0;
  std::string given{};     // empty if there is no answer, and for questions
  std::string expected{};  // empty unless the student may see it
  std::string message{};   // what is wrong, one or more lines; empty if nothing is
};

// One submission's result. All texts are clean (safe_text.h), not yet escaped for a format.
struct Report {
  std::string title{};                    // of the exercise
  std::string id{};                       // of the submission
  std::string failure{};                  // not empty: the grader broke, and there is no verdict
  v1::Verdict verdict{};                  // what may be shown of it, texts clean
  std::vector<ReportedTest> questions{};  // empty if not gradable
  std::vector<ReportedTest> values{};     // of all questions, as far as they may be shown

  bool graded() const { return failure.empty() && verdict.gradable(); }
};

// The report on a verdict. What lies above the verdict's feedback level is left out, whoever put it
// there. `exercise` gives titles and letters; a verdict that does not fit it is reported with the
// names it has.
Report MakeReport(const v1::Exercise& exercise, const v1::Verdict& verdict);

// A report on a grader that broke; `reason` is for course staff.
Report FailedReport(const v1::Exercise& exercise, absl::string_view id, absl::string_view reason);

// A verdict on an answer that could not be read or had.
v1::Verdict UngradableVerdict(absl::string_view id, absl::string_view reason);

// Points out of those to be had, 0 to 1. Where no points are to be had, 1 if no value is known to
// be wrong and else 0; not graded as 0.
double Fraction(const Report& report);

// Points and values for platforms: as few digits as tell the number.
inline constexpr NumberFormat kExact = {.digits = 0, .precision = v1::PRECISION_FLOAT64};

// Above this the pages of platforms show nothing readable, and tests are reported a question each.
inline constexpr size_t kMaxTests = 500;

// The tests shown one by one: the values, unless there are none or more than `max_tests`, then the
// questions.
const std::vector<ReportedTest>& TestsOf(const Report& report, size_t max_tests);

// "2 of 3 points", "not gradable", "the grader failed".
std::string ResultText(const Report& report);

// Why an answer is not gradable, a line each problem: "line 1, column 9: ...".
std::vector<std::string> ProblemLines(const Report& report);

// The mistakes that fit and what would tell them apart, for the student; empty if there are none.
std::string DiagnosisText(const Report& report);

// Everything above that there is, in paragraphs: problems, or points a question (of the first 100),
// and diagnoses. At most about 150,000 bytes.
std::string OverviewText(const Report& report);

// A number of points: "2", "0.5", "0.3333".
std::string PointsText(double points);

// What students read when the grader broke.
extern const char kFailureText[];

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_REPORT_H_
