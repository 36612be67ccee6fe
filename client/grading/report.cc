#include "client/grading/report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/grading/questions.h"
#include "client/grading/safe_text.h"
#include "client/number_text.h"

namespace cellar {

const char kFailureText[] =
    "The grader failed. This is not about your answer; please tell the course staff.";

namespace {

// Steps that a question's message lists by index before it only counts them.
constexpr size_t kMaxListedSteps = 12;

// The longest text of a message that is not cut: a student may have typed a book, and an author put
// one into a prompt.
constexpr size_t kMaxReasonCharacters = 500;
constexpr size_t kMaxNameCharacters = 200;

// Questions that an overview lists before it only counts them.
constexpr size_t kMaxListedQuestions = 100;

// What students read of a question before its values: its prompt, else its sequence's title.
std::string NameOf(const v1::Exercise& exercise, const std::string& id,
                   const std::map<std::string, v1::Question>& questions) {
  const auto found = questions.find(id);
  if (found == questions.end()) return absl::StrCat("question ", CleanLine(id));
  const v1::Question& question = found->second;
  if (!question.prompt().empty()) {
    return Shortened(CleanLine(question.prompt()), kMaxNameCharacters);
  }
  const int sequence = question.sequence();
  const bool titled = sequence >= 0 && sequence < exercise.sequences_size() &&
                      !exercise.sequences(sequence).title().empty();
  if (exercise.questions().empty() && titled) {
    return Shortened(CleanLine(exercise.sequences(sequence).title()), kMaxNameCharacters);
  }
  return absl::StrCat("question ", CleanLine(id));
}

// Whether the value has its points.
bool Passed(const v1::ValueVerdict& value) { return value.correct() || value.correct_if_carried(); }

// Whether the question has all its points; of one without points, whether no value is known to be
// wrong (level NONE tells none).
bool Passed(const v1::QuestionVerdict& question) {
  if (question.max_points() > 0) return question.points() >= question.max_points();
  return std::all_of(question.values().begin(), question.values().end(),
                     [](const v1::ValueVerdict& value) { return Passed(value); });
}

std::string MessageOf(const v1::ValueVerdict& value, const NumberFormat& format) {
  if (value.correct()) return "";
  std::string message =
      value.has_given() ? absl::StrCat("given ", FormatNumber(value.given(), format)) : "no answer";
  if (value.has_expected()) {
    absl::StrAppend(&message, ", expected ", FormatNumber(value.expected(), format));
  }
  if (value.correct_if_carried()) {
    absl::StrAppend(&message, "; right after your own values of the step before");
  } else if (value.has_given() && !value.has_expected()) {
    message += ", which is wrong";
  } else if (value.has_expected_if_carried()) {
    absl::StrAppend(&message, "; after your own values of the step before, ",
                    FormatNumber(value.expected_if_carried(), format));
  }
  return message;
}

ReportedTest TestOf(const v1::ValueVerdict& value, const NumberFormat& format) {
  ReportedTest test;
  test.passed = Passed(value);
  test.points = value.points();
  if (value.has_given()) test.given = FormatNumber(value.given(), format);
  if (value.has_expected()) test.expected = FormatNumber(value.expected(), format);
  test.message = MessageOf(value, format);
  return test;
}

constexpr char kFromZero[] = " (counted from 0)";

// "wrong at steps 3, 5 (counted from 0)", "no answer", or only how many they are.
std::string WrongText(const v1::QuestionVerdict& question) {
  std::set<int64_t> steps;
  for (const v1::ValueVerdict& value : question.values()) {
    if (!Passed(value)) steps.insert(value.step());
  }
  if (steps.empty()) return "";
  if (std::none_of(question.values().begin(), question.values().end(),
                   [](const v1::ValueVerdict& value) { return value.has_given(); })) {
    return "no answer";
  }
  if (steps.size() <= kMaxListedSteps) {
    return absl::StrCat("wrong at step", steps.size() == 1 ? " " : "s ", absl::StrJoin(steps, ", "),
                        kFromZero);
  }
  return absl::StrCat("wrong at ", steps.size(), " steps, the first of them step ", *steps.begin(),
                      kFromZero);
}

// Points as they add up, without what binary fractions leave over: 1, not 1.0000000000000002.
void RoundPoints(v1::Verdict& verdict) {
  const auto rounded = [](double points) {
    double value = points;
    const std::string text = absl::StrFormat("%.12g", points);
    // A third has no last digit, and stays as it is.
    const bool ends = text == absl::StrFormat("%.11g", points);
    return ends && absl::SimpleAtod(text, &value) ? value : points;
  };
  verdict.set_points(rounded(verdict.points()));
  verdict.set_max_points(rounded(verdict.max_points()));
  for (v1::QuestionVerdict& question : *verdict.mutable_questions()) {
    question.set_points(rounded(question.points()));
    question.set_max_points(rounded(question.max_points()));
  }
}

// Takes out of a verdict what its level does not allow.
void LeaveOut(v1::Verdict& verdict) {
  const v1::Feedback level =
      verdict.feedback() == v1::FEEDBACK_UNSPECIFIED ? v1::FEEDBACK_STEPS : verdict.feedback();
  if (level < v1::FEEDBACK_DIAGNOSIS) {
    verdict.clear_diagnoses();
    verdict.clear_how_to_tell_apart();
  }
  for (v1::QuestionVerdict& question : *verdict.mutable_questions()) {
    if (level < v1::FEEDBACK_STEPS) {
      question.clear_values();
      question.clear_correct_count();
    }
    if (level >= v1::FEEDBACK_EXPECTED) continue;
    for (v1::ValueVerdict& value : *question.mutable_values()) {
      value.clear_expected();
      value.clear_expected_if_carried();
    }
  }
}

// Makes the texts of a verdict clean.
void Clean(v1::Verdict& verdict) {
  verdict.set_submission_id(CleanLine(verdict.submission_id()));
  for (v1::ReadProblem& problem : *verdict.mutable_problems()) {
    problem.set_question(CleanLine(problem.question()));
    problem.set_reason(Shortened(CleanLine(problem.reason()), kMaxReasonCharacters));
  }
  for (v1::QuestionVerdict& question : *verdict.mutable_questions()) {
    question.set_question(CleanLine(question.question()));
  }
  for (v1::Diagnosis& diagnosis : *verdict.mutable_diagnoses()) {
    diagnosis.set_mistake(CleanLine(diagnosis.mistake()));
    diagnosis.set_title(CleanLine(diagnosis.title()));
    diagnosis.set_explanation(CleanText(diagnosis.explanation()));
    for (std::string& same : *diagnosis.mutable_same_as()) same = CleanLine(same);
  }
  verdict.set_how_to_tell_apart(CleanText(verdict.how_to_tell_apart()));
  verdict.set_engine_version(CleanLine(verdict.engine_version()));
  verdict.set_parameter_digest(CleanLine(verdict.parameter_digest()));
}

// Adds a question and its values to the report.
void AddQuestion(const v1::Exercise& exercise, const std::map<std::string, v1::Question>& questions,
                 const v1::QuestionVerdict& verdict, Report& report) {
  const NumberFormat format = NumberFormat::Full(PrecisionOf(exercise));
  const auto known = questions.find(verdict.question());
  const std::string letter =
      LetterOf(known == questions.end() ? v1::QUANTITY_H : known->second.quantity());
  ReportedTest question;
  question.number = absl::StrCat(report.questions.size() + 1);
  question.question = verdict.question();
  question.name = NameOf(exercise, verdict.question(), questions);
  question.points = verdict.points();
  question.max_points = verdict.max_points();
  question.passed = Passed(verdict);
  question.message = WrongText(verdict);
  bool has_elements = false;
  for (const v1::ValueVerdict& value : verdict.values()) {
    has_elements = has_elements || value.element() != 0;
  }
  for (int i = 0; i < verdict.values_size(); ++i) {
    const v1::ValueVerdict& value = verdict.values(i);
    ReportedTest test = TestOf(value, format);
    test.number = absl::StrCat(question.number, ".", i + 1);
    test.question = question.question;
    test.max_points = verdict.max_points() / verdict.values_size();
    test.name = absl::StrCat(question.name, ": ", letter, " of step ", value.step());
    if (has_elements) absl::StrAppend(&test.name, ", element ", value.element());
    report.values.push_back(std::move(test));
  }
  report.questions.push_back(std::move(question));
}

}  // namespace

Report MakeReport(const v1::Exercise& exercise, const v1::Verdict& verdict) {
  Report report;
  report.title = CleanLine(exercise.title());
  report.verdict = verdict;
  LeaveOut(report.verdict);
  RoundPoints(report.verdict);
  Clean(report.verdict);
  report.id = report.verdict.submission_id();
  std::map<std::string, v1::Question> questions;
  double max_points = 0;
  for (const v1::Question& question : QuestionsOf(exercise)) {
    questions[question.id()] = question;
    max_points += question.has_points() ? question.points() : 1;
  }
  if (!verdict.gradable()) {
    // A file that is not there never came to the grader, which would have said it.
    report.verdict.set_max_points(max_points);
    return report;
  }
  for (const v1::QuestionVerdict& question : report.verdict.questions()) {
    AddQuestion(exercise, questions, question, report);
  }
  return report;
}

Report FailedReport(const v1::Exercise& exercise, absl::string_view id, absl::string_view reason) {
  Report report;
  report.title = CleanLine(exercise.title());
  report.id = CleanLine(id);
  report.failure = Shortened(CleanLine(reason), kMaxReasonCharacters);
  if (report.failure.empty()) report.failure = "no reason is known";
  report.verdict.set_submission_id(report.id);
  return report;
}

v1::Verdict UngradableVerdict(absl::string_view id, absl::string_view reason) {
  v1::Verdict verdict;
  verdict.set_submission_id(std::string(id));
  verdict.add_problems()->set_reason(CleanLine(reason));
  return verdict;
}

double Fraction(const Report& report) {
  if (!report.graded()) return 0;
  const double points = report.verdict.points();
  const double max_points = report.verdict.max_points();
  if (!(max_points > 0)) {
    const auto passed = [](const ReportedTest& question) { return question.passed; };
    return std::all_of(report.questions.begin(), report.questions.end(), passed) ? 1 : 0;
  }
  return std::isfinite(points) ? std::clamp(points / max_points, 0.0, 1.0) : 0;
}

const std::vector<ReportedTest>& TestsOf(const Report& report, size_t max_tests) {
  const bool one_by_one = !report.values.empty() && report.values.size() <= max_tests;
  return one_by_one ? report.values : report.questions;
}

std::string PointsText(double points) { return FormatNumber(points, {4, v1::PRECISION_FLOAT64}); }

std::string ResultText(const Report& report) {
  if (!report.failure.empty()) return "the grader failed";
  if (!report.verdict.gradable()) return "not gradable";
  return absl::StrCat(PointsText(report.verdict.points()), " of ",
                      PointsText(report.verdict.max_points()), " points");
}

std::vector<std::string> ProblemLines(const Report& report) {
  std::vector<std::string> lines;
  for (const v1::ReadProblem& problem : report.verdict.problems()) {
    std::string line;
    if (!problem.question().empty()) absl::StrAppend(&line, "question ", problem.question(), ", ");
    if (problem.line() > 0) {
      absl::StrAppend(&line, "line ", problem.line(), ", column ", problem.column(), ", ");
    }
    if (!line.empty()) line.replace(line.size() - 2, 1, ":");
    lines.push_back(line + problem.reason());
  }
  if (lines.empty() && !report.graded()) lines.emplace_back("the answer could not be read");
  return lines;
}

std::string DiagnosisText(const Report& report) {
  if (report.verdict.diagnoses().empty()) return "";
  const v1::Diagnosis& first = report.verdict.diagnoses(0);
  const bool wholly = first.matching_count() >= first.value_count();
  std::string text =
      wholly ? "The answer is consistent with:\n" : "The answer is in part consistent with:\n";
  for (const v1::Diagnosis& diagnosis : report.verdict.diagnoses()) {
    absl::StrAppend(&text, "- ",
                    diagnosis.title().empty() ? diagnosis.mistake() : diagnosis.title());
    if (diagnosis.value_count() > 0) {
      absl::StrAppend(&text, " (", diagnosis.matching_count(), " of ", diagnosis.value_count(),
                      " values fit)");
    }
    if (!diagnosis.explanation().empty()) absl::StrAppend(&text, ". ", diagnosis.explanation());
    text += "\n";
  }
  if (!report.verdict.how_to_tell_apart().empty()) {
    absl::StrAppend(&text, report.verdict.how_to_tell_apart(), "\n");
  }
  text.pop_back();
  return text;
}

std::string OverviewText(const Report& report) {
  if (!report.failure.empty()) return kFailureText;
  if (!report.verdict.gradable()) {
    return absl::StrCat("The answer could not be read and was not graded:\n",
                        absl::StrJoin(ProblemLines(report), "\n"));
  }
  std::string text = ResultText(report);
  const size_t count = report.questions.size();
  for (size_t i = 0; i < std::min(count, kMaxListedQuestions); ++i) {
    const ReportedTest& question = report.questions[i];
    absl::StrAppend(&text, "\n", question.name, ": ", PointsText(question.points), " of ",
                    PointsText(question.max_points));
    if (!question.message.empty()) absl::StrAppend(&text, ", ", question.message);
  }
  if (count > kMaxListedQuestions) {
    absl::StrAppend(&text, "\nand ", count - kMaxListedQuestions,
                    " further questions, which the points count, too");
  }
  const std::string diagnoses = DiagnosisText(report);
  if (!diagnoses.empty()) absl::StrAppend(&text, "\n\n", diagnoses);
  return text;
}

}  // namespace cellar
