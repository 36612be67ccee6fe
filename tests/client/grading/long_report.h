// A report that is too long for platforms with limits.
#ifndef CELLAR_TESTS_CLIENT_GRADING_LONG_REPORT_H_
#define CELLAR_TESTS_CLIENT_GRADING_LONG_REPORT_H_

#include <string>

#include "client/grading/report.h"
#include "tests/client/grading/scenes.h"

namespace cellar {

// So many questions, each with a long prompt in signs that take much room, and wrong.
inline Report LongReport(int question_count) {
  v1::Exercise exercise;
  v1::Verdict verdict;
  verdict.set_gradable(true);
  verdict.set_feedback(v1::FEEDBACK_DIAGNOSIS);
  std::string prompt;
  for (int k = 0; k < 300; ++k) prompt += "\"\xf0\x9f\x99\x82";
  for (int k = 0; k < question_count; ++k) {
    const std::string id = "question-" + std::to_string(k);
    exercise.add_questions()->set_id(id);
    exercise.mutable_questions(k)->set_prompt(prompt);
    AddValues(verdict, id, 1, 0);
  }
  return MakeReport(exercise, verdict);
}

}  // namespace cellar

#endif  // CELLAR_TESTS_CLIENT_GRADING_LONG_REPORT_H_
