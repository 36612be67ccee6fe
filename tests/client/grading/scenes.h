// Verdicts of every kind that a writer must cope with, made by hand, and a reader of JSON.
#ifndef CELLAR_TESTS_CLIENT_GRADING_SCENES_H_
#define CELLAR_TESTS_CLIENT_GRADING_SCENES_H_

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "client/grading/report.h"

namespace cellar {

// Markup of every format, control characters, an escape sequence, a broken character, an emoji.
inline const std::string kNasty =
    "<script>alert(\"1\")</script> & ]]> ' # SKIP \\ \x1b[31m \x01\x7f \xff \xf0\x9f\x99\x82\n"
    "  ...\nok 1 - forged\nBail out! ::error::x";

// Two questions, h of six steps and of five, as the homework.
inline v1::Exercise HomeworkExercise() {
  v1::Exercise exercise;
  exercise.set_title("Homework");
  exercise.add_sequences()->set_title("LSTM states");
  exercise.add_sequences()->set_title("LSTM states 2");
  return exercise;
}

inline void AddValues(v1::Verdict& verdict, const std::string& id, int count, int right) {
  v1::QuestionVerdict& question = *verdict.add_questions();
  question.set_question(id);
  question.set_max_points(1);
  question.set_points(count == 0 ? 1 : static_cast<double>(right) / count);
  question.set_value_count(count);
  question.set_correct_count(right);
  for (int step = 0; step < count; ++step) {
    v1::ValueVerdict& value = *question.add_values();
    value.set_step(step);
    value.set_given(step < right ? 1 : -1);
    value.set_expected(1);
    value.set_correct(step < right);
    value.set_points(step < right ? 1.0 / count : 0);
  }
  verdict.set_points(verdict.points() + question.points());
  verdict.set_max_points(verdict.max_points() + 1);
}

inline v1::Verdict MakeVerdict(int count, int right, v1::Feedback feedback) {
  v1::Verdict verdict;
  verdict.set_submission_id("alice");
  verdict.set_gradable(true);
  verdict.set_feedback(feedback);
  verdict.set_parameter_digest("0123abcd");
  verdict.set_engine_version("0.1.0");
  verdict.mutable_duration()->set_nanos(1'500'000);
  AddValues(verdict, "1", count, right);
  AddValues(verdict, "2", count, right);
  if (right < count) {
    v1::Diagnosis& diagnosis = *verdict.add_diagnoses();
    diagnosis.set_mistake("forget_input_swapped");
    diagnosis.set_title("forget and input gate swapped");
    diagnosis.set_explanation("The two gates stand in each other's place.");
    diagnosis.set_matching_count(2 * count);
    diagnosis.set_value_count(2 * count);
    verdict.set_how_to_tell_apart("Give c of step 2 too.");
  }
  return verdict;
}

struct Scene {
  std::string name;
  Report report;
};

inline Report NastyReport() {
  v1::Exercise exercise = HomeworkExercise();
  exercise.set_title("T " + kNasty);
  exercise.mutable_sequences(0)->set_title("S " + kNasty);
  v1::Verdict verdict = MakeVerdict(3, 1, v1::FEEDBACK_EXPECTED);
  verdict.set_submission_id("I " + kNasty);
  verdict.mutable_questions(1)->set_question("Q " + kNasty);
  verdict.mutable_diagnoses(0)->set_explanation("E " + kNasty);
  verdict.set_how_to_tell_apart("H " + kNasty);
  return MakeReport(exercise, verdict);
}

inline Report NastyUngradableReport() {
  v1::Verdict verdict = UngradableVerdict("I " + kNasty, "");
  verdict.mutable_problems(0)->set_reason("R " + kNasty + std::string(5000, 'x'));
  verdict.mutable_problems(0)->set_line(2);
  verdict.mutable_problems(0)->set_column(7);
  return MakeReport(HomeworkExercise(), verdict);
}

inline Report NanReport() {
  v1::Verdict verdict = MakeVerdict(3, 0, v1::FEEDBACK_EXPECTED);
  verdict.mutable_questions(0)->mutable_values(0)->set_given(std::nan(""));
  verdict.mutable_questions(0)->mutable_values(1)->set_given(INFINITY);
  verdict.mutable_questions(0)->mutable_values(1)->set_expected(-INFINITY);
  verdict.mutable_questions(0)->mutable_values(2)->clear_given();
  return MakeReport(HomeworkExercise(), verdict);
}

inline v1::Verdict ZeroVerdict() {
  v1::Verdict verdict;
  verdict.set_submission_id("alice");
  verdict.set_gradable(true);
  verdict.set_feedback(v1::FEEDBACK_EXPECTED);
  return verdict;
}

inline std::vector<Scene> Scenes() {
  const v1::Exercise exercise = HomeworkExercise();
  return {
      {"all right", MakeReport(exercise, MakeVerdict(4, 4, v1::FEEDBACK_DIAGNOSIS))},
      {"half right", MakeReport(exercise, MakeVerdict(4, 2, v1::FEEDBACK_DIAGNOSIS))},
      {"all shown", MakeReport(exercise, MakeVerdict(4, 2, v1::FEEDBACK_EXPECTED))},
      {"hidden", MakeReport(exercise, MakeVerdict(4, 2, v1::FEEDBACK_NONE))},
      {"not gradable",
       MakeReport(exercise, UngradableVerdict("alice", "line 1: a bracket is missing"))},
      {"markup", NastyReport()},
      {"markup, not gradable", NastyUngradableReport()},
      {"NaN", NanReport()},
      {"zero steps", MakeReport(exercise, MakeVerdict(0, 0, v1::FEEDBACK_STEPS))},
      {"nothing asked", MakeReport(exercise, ZeroVerdict())},
      {"ten thousand steps", MakeReport(exercise, MakeVerdict(10'000, 5'000, v1::FEEDBACK_STEPS))},
      {"grader broke", FailedReport(exercise, "alice", "no server answers " + kNasty)},
  };
}

// The scene called `name`.
inline Report SceneReport(const std::string& name) {
  for (const Scene& scene : Scenes()) {
    if (scene.name == name) return scene.report;
  }
  ADD_FAILURE() << "no scene " << name;
  return {};
}

// The object in a text that is one JSON object and a line end.
inline google::protobuf::Struct JsonObject(const std::string& text) {
  google::protobuf::Struct object;
  EXPECT_EQ(text.empty() ? '\0' : text.back(), '\n');
  for (const char sign : text)
    EXPECT_TRUE(sign == '\n' || static_cast<unsigned char>(sign) >= 0x20);
  const auto status = google::protobuf::util::JsonStringToMessage(text, &object);
  EXPECT_TRUE(status.ok()) << status << "\n" << text.substr(0, 2000);
  return object;
}

// The names of an object's fields.
inline std::set<std::string> KeysOf(const google::protobuf::Struct& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.fields()) keys.insert(key);
  return keys;
}

inline std::string Text(const google::protobuf::Struct& object, const std::string& key) {
  const auto found = object.fields().find(key);
  return found == object.fields().end() ? "(none)" : found->second.string_value();
}

inline double Number(const google::protobuf::Struct& object, const std::string& key) {
  const auto found = object.fields().find(key);
  if (found == object.fields().end() || !found->second.has_number_value()) return std::nan("");
  return found->second.number_value();
}

// The objects of a list.
inline std::vector<google::protobuf::Struct> Objects(const google::protobuf::Struct& object,
                                                     const std::string& key) {
  std::vector<google::protobuf::Struct> objects;
  const auto found = object.fields().find(key);
  if (found == object.fields().end()) return objects;
  for (const auto& value : found->second.list_value().values()) {
    objects.push_back(value.struct_value());
  }
  return objects;
}

}  // namespace cellar

#endif  // CELLAR_TESTS_CLIENT_GRADING_SCENES_H_
