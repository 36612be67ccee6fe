#include "server/api/key_access.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/exercise_check_handlers.h"
#include "server/api/exercise_handlers.h"
#include "server/api/grading_handlers.h"
#include "tests/testing/exercise_message.h"

namespace cellar {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

Call CallOf(Role role) {
  return Call(std::make_shared<const Caller>(Caller{std::string(kDefaultTenant), {role}}));
}

TEST(MaySeeKey, IsForOwnersGradersAndAdmins) {
  for (const Role role : {Role::kOwner, Role::kGrader, Role::kAdmin}) {
    EXPECT_TRUE(MaySeeKey(CallOf(role)));
  }
  for (const Role role : {Role::kReadOnly, Role::kStudent}) EXPECT_FALSE(MaySeeKey(CallOf(role)));
  EXPECT_TRUE(MaySeeKey(Call(LocalCaller())));
}

// What a student gets to see, of an exercise whose feedback is `level`.
class StudentTest : public testing::Test {
 protected:
  StudentTest() {
    v1::CreateExerciseRequest create;
    create.set_exercise_id("states");
    *create.mutable_exercise() = HomeworkMessage();
    v1::Variation& variation = *create.mutable_exercise()->add_variations();
    variation.set_field("sequences[1].inputs");
    variation.add_elements(0);
    variation.mutable_choices()->add_values(1);
    EXPECT_TRUE(fixture_.Ask(CreateExercise, create).ok());
  }

  absl::StatusOr<v1::GradeResponse> Graded(v1::Feedback feedback) {
    v1::GradeRequest request;
    request.set_exercise("exercises/states");
    request.mutable_submission()->set_text(kWrongText);
    request.set_feedback(feedback);
    return fixture_.Ask(Grade, request, CallOf(Role::kStudent));
  }

  ApiFixture fixture_;
};

TEST_F(StudentTest, GetsNoMoreFeedbackThanTheExerciseGives) {
  for (const v1::Feedback asked : {v1::FEEDBACK_UNSPECIFIED, v1::FEEDBACK_STEPS,
                                   v1::FEEDBACK_DIAGNOSIS, v1::FEEDBACK_EXPECTED}) {
    const auto graded = Graded(asked);
    ASSERT_TRUE(graded.ok()) << graded.status();
    EXPECT_EQ(graded->verdict().feedback(), v1::FEEDBACK_STEPS);
    EXPECT_FALSE(graded->verdict().questions(0).values(5).has_expected());
    EXPECT_THAT(graded->verdict().diagnoses(), IsEmpty());
  }
  EXPECT_EQ(Graded(v1::FEEDBACK_NONE)->verdict().feedback(), v1::FEEDBACK_NONE);
}

// The bytes of a student's verdict on a text, by an exercise with this level and credit; without
// what was given, which the student knows.
class LevelTest : public StudentTest, public testing::WithParamInterface<v1::Credit> {
 protected:
  std::string VerdictOn(v1::Feedback level, const std::string& text) {
    v1::CreateExerciseRequest create;
    create.set_exercise_id(absl::StrCat("level-", level, "-credit-", GetParam()));
    *create.mutable_exercise() = HomeworkMessage();
    create.mutable_exercise()->set_feedback(level);
    create.mutable_exercise()->set_credit(GetParam());
    EXPECT_TRUE(fixture_.Ask(CreateExercise, create).ok());
    v1::GradeRequest request;
    request.set_exercise("exercises/" + create.exercise_id());
    request.set_feedback(v1::FEEDBACK_EXPECTED);
    request.mutable_submission()->set_text(text);
    const auto graded = fixture_.Ask(Grade, request, CallOf(Role::kStudent));
    EXPECT_TRUE(graded.ok()) << graded.status();
    v1::Verdict verdict = graded->verdict();
    EXPECT_TRUE(verdict.gradable());
    for (v1::QuestionVerdict& question : *verdict.mutable_questions()) {
      for (v1::ValueVerdict& value : *question.mutable_values()) value.clear_given();
    }
    return verdict.DebugString();
  }
};

TEST_P(LevelTest, NoneTellsNotWhichValuesAreWrong) {
  // The last steps of both, so that nothing follows from them; then where c is far, or h near.
  const std::string wrong = VerdictOn(v1::FEEDBACK_NONE, "0 0 1 -1 1 7  1 -1 0 1 9");
  for (const char* other : {"0 0 1 -1 1 -1  1 -1 0 1 -1e300", "0 0 1 -1 1 nan  1 -1 0 1 inf"}) {
    EXPECT_EQ(VerdictOn(v1::FEEDBACK_NONE, other), wrong) << other;
  }
  if (GetParam() == v1::CREDIT_CARRIED) return;  // what follows counts, too
  for (const char* other : {"9 0 1 -1 1 0  9 -1 0 1 -1", "0 0 1 -1 9 0  1 -1 5 1 -1"}) {
    EXPECT_EQ(VerdictOn(v1::FEEDBACK_NONE, other), wrong) << other;
  }
}

TEST_P(LevelTest, StepsTellsNotHowFarOffAValueIs) {
  const std::string wrong = VerdictOn(v1::FEEDBACK_STEPS, "0 0 1 -1 1 7  1 -1 0 1 9");
  for (const char* other : {"0 0 1 -1 1 0.001  1 -1 0 1 -0.999", "0 0 1 -1 1 -1  1 -1 0 1 -1e300",
                            "0 0 1 -1 1 nan  1 -1 0 1 inf"}) {
    EXPECT_EQ(VerdictOn(v1::FEEDBACK_STEPS, other), wrong) << other;
  }
  EXPECT_NE(VerdictOn(v1::FEEDBACK_STEPS, "9 0 1 -1 1 0  1 -1 0 1 9"), wrong) << "where it is";
}

TEST_P(LevelTest, ADiagnosisOfChanceTellsNothingMore) {
  const std::string wrong = VerdictOn(v1::FEEDBACK_DIAGNOSIS, "0 0 1 -1 1 7  1 -1 0 1 9");
  for (const char* other : {"0 0 1 -1 1 0.07  1 -1 0 1 -0.93", "0 0 1 -1 1 nan  1 -1 0 1 inf"}) {
    EXPECT_EQ(VerdictOn(v1::FEEDBACK_DIAGNOSIS, other), wrong) << other;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryCredit, LevelTest,
                         testing::Values(v1::CREDIT_PER_VALUE, v1::CREDIT_ALL_OR_NOTHING,
                                         v1::CREDIT_CARRIED));

TEST_F(StudentTest, CannotGradeByAnExerciseOfTheirOwn) {
  const auto graded = fixture_.Ask(Grade, GradeText(kRightText), CallOf(Role::kStudent));
  EXPECT_EQ(graded.status().code(), absl::StatusCode::kPermissionDenied);
  v1::GradeStreamRequest open;
  *open.mutable_open()->mutable_inline_exercise() = HomeworkMessage();
  GradeStream stream(fixture_.api(), CallOf(Role::kStudent));
  EXPECT_EQ(stream.Open(open).code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(StudentTest, CannotCheckAnExercise) {
  v1::CheckExerciseRequest request;
  request.set_name("exercises/states");
  EXPECT_EQ(fixture_.Ask(CheckExercise, request, CallOf(Role::kStudent)).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(fixture_.Ask(CheckExercise, request, CallOf(Role::kGrader)).ok());
}

TEST_F(StudentTest, DoesNotSeeTheVariations) {
  v1::GetExerciseRequest request;
  request.set_name("exercises/states");
  const auto seen = fixture_.Ask(GetExercise, request, CallOf(Role::kStudent));
  ASSERT_TRUE(seen.ok()) << seen.status();
  EXPECT_THAT(seen->exercise().variations(), IsEmpty());
  EXPECT_THAT(fixture_.Ask(GetExercise, request, CallOf(Role::kGrader))->exercise().variations(),
              SizeIs(1));
}

}  // namespace
}  // namespace cellar
