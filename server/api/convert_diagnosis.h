// Mistakes onto the wire: in verdicts, and of exercises that are checked.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_DIAGNOSIS_H_
#define CELLAR_SERVER_API_CONVERT_DIAGNOSIS_H_

#include "cellar/v1/exercise.pb.h"
#include "cellar/v1/grading.pb.h"
#include "cellar/v1/grading_service.pb.h"
#include "server/grading/diagnoser.h"
#include "server/grading/exercise_proposal.h"
#include "server/grading/mistake_outcomes.h"

namespace cellar {

// Diagnoses and how to tell them apart. For verdicts of level DIAGNOSIS and above.
void WriteDiagnoses(const Diagnoses& diagnoses, v1::Verdict* message);

// An entry for each mistake of the catalogue, in the words of the exercise.
void WriteVisibility(const Exercise& exercise, const MistakeOutcomes& outcomes,
                     v1::CheckExerciseResponse* message);

// Adds to WriteVisibility's entries the answer that each visible mistake leads to.
void WriteMistakenAnswers(const MistakeOutcomes& outcomes, v1::CheckExerciseResponse* message);

// The proposal, as a change of `written`, the message of the exercise that was checked.
void WriteProposal(const ProposedExercise& proposed, const v1::Exercise& written,
                   v1::ExerciseProposal* message);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_DIAGNOSIS_H_
