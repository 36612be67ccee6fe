#include "server/api/convert_diagnosis.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/mistake_words.h"
#include "tests/testing/exercise_message.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

TEST(ConvertDiagnosis, WritesEveryFieldOfADiagnosis) {
  const Diagnoses diagnoses = {{{"raw_feedback",
                                 "the unrounded h is fed back",
                                 "Round at every step.",
                                 9,
                                 11,
                                 2,
                                 {"ties_up"}}},
                               "Ask for c."};
  v1::Verdict message;
  WriteDiagnoses(diagnoses, &message);
  ASSERT_EQ(message.diagnoses_size(), 1);
  const v1::Diagnosis& written = message.diagnoses(0);
  EXPECT_EQ(written.mistake(), "raw_feedback");
  EXPECT_EQ(written.title(), "the unrounded h is fed back");
  EXPECT_EQ(written.explanation(), "Round at every step.");
  EXPECT_EQ(written.matching_count(), 9);
  EXPECT_EQ(written.value_count(), 11);
  EXPECT_EQ(written.telling_count(), 2);
  EXPECT_THAT(written.same_as(), ElementsAre("ties_up"));
  EXPECT_EQ(message.how_to_tell_apart(), "Ask for c.");
}

TEST(ConvertDiagnosis, WritesAnEntryForEachMistakeOfTheCatalogue) {
  v1::CheckExerciseResponse message;
  const Exercise homework = HomeworkExercise();
  WriteVisibility(homework, WorkOutMistakes(homework), &message);
  ASSERT_EQ(message.mistakes_size(), static_cast<int>(MistakeCatalogue().size()));
  for (int k = 0; k < message.mistakes_size(); ++k) {
    const v1::MistakeVisibility& written = message.mistakes(k);
    EXPECT_EQ(written.mistake(), MistakeCatalogue()[k].id);
    EXPECT_EQ(written.title(), MistakeWords(homework).Of(MistakeCatalogue()[k].title));
    EXPECT_TRUE(written.applicable() || !written.visible());
    if (written.mistake() == "inputs_late") {
      EXPECT_TRUE(written.visible());
      EXPECT_THAT(written.same_as(), ElementsAre("answer_late"));
    }
  }
}

TEST(ConvertDiagnosis, WritesTheAnswerOfEachVisibleMistakeIfAskedFor) {
  const Exercise homework = HomeworkExercise();
  const MistakeOutcomes outcomes = WorkOutMistakes(homework);
  v1::CheckExerciseResponse message;
  WriteVisibility(homework, outcomes, &message);
  for (const v1::MistakeVisibility& written : message.mistakes()) {
    EXPECT_EQ(written.answer_size(), 0);
  }
  WriteMistakenAnswers(outcomes, &message);
  for (const v1::MistakeVisibility& written : message.mistakes()) {
    EXPECT_EQ(written.answer_size(), written.visible() ? 11 : 0);
    if (written.mistake() != "raw_feedback") continue;
    EXPECT_THAT(written.answer(), ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 0, 1));
  }
}

TEST(ConvertDiagnosis, WritesAProposalAsAChangeOfTheExercise) {
  ProposedExercise proposed;
  proposed.exercise = HomeworkExercise();
  proposed.exercise.sequences[1].inputs = std::vector<float>{2, 2, 2, 2, 2};
  proposed.exercise.questions.push_back(proposed.exercise.questions[0]);
  proposed.exercise.questions[2].id = "also_c_1";
  proposed.exercise.questions[2].quantity = Quantity::kC;
  proposed.added_question_count = 1;
  proposed.changes = "Other inputs.";
  proposed.unseen = {"ties_to_even"};
  proposed.indistinct_pair_count = 7;
  v1::Exercise written = HomeworkMessage();
  written.set_name("exercises/old");
  written.add_variations()->set_field("sequences[0].inputs");
  v1::ExerciseProposal message;
  WriteProposal(proposed, written, &message);
  EXPECT_EQ(message.changes(), "Other inputs.");
  EXPECT_THAT(message.unseen(), ElementsAre("ties_to_even"));
  EXPECT_EQ(message.indistinct_pair_count(), 7);
  EXPECT_EQ(message.exercise().title(), written.title());
  EXPECT_EQ(message.exercise().name(), "");
  EXPECT_EQ(message.exercise().variations_size(), 0);
  EXPECT_THAT(message.exercise().sequences(1).inputs().values(), ElementsAre(2, 2, 2, 2, 2));
  ASSERT_EQ(message.exercise().questions_size(), 3);
  EXPECT_EQ(message.exercise().questions(1).quantity(), v1::QUANTITY_H);
  EXPECT_EQ(message.exercise().questions(1).sequence(), 1);
  EXPECT_EQ(message.exercise().questions(2).id(), "also_c_1");
  EXPECT_EQ(message.exercise().questions(2).quantity(), v1::QUANTITY_C);
  EXPECT_EQ(message.exercise().questions(2).prompt(), "the memory c at every step of sequence 1");
}

TEST(ConvertDiagnosis, AProposalHasNothingThatOnlyAServerTellsOfAModel) {
  ProposedExercise proposed;
  proposed.exercise = HomeworkExercise();
  v1::ExerciseProposal message;
  WriteProposal(proposed, HomeworkMessage(), &message);
  v1::Model model = message.exercise().model();
  EXPECT_EQ(model.layers_size(), 1);
  model.clear_display_name();
  model.clear_precision();
  model.clear_layers();
  EXPECT_EQ(model.ByteSizeLong(), 0u) << model.ShortDebugString();
}

}  // namespace
}  // namespace cellar
