#include "server/api/convert_diagnosis.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/api/convert_model.h"
#include "server/api/convert_tensor.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/mistake_words.h"

namespace cellar {
namespace {

v1::Quantity WriteQuantity(Quantity quantity) {
  return quantity == Quantity::kC ? v1::QUANTITY_C : v1::QUANTITY_CANDIDATE;
}

// What the student reads of a question that the proposal adds: it asks for every step.
std::string PromptOf(const Question& question, const Exercise& exercise) {
  return absl::StrCat(question.quantity == Quantity::kC ? "the memory c" : "the candidate g",
                      exercise.model->shapes().size() > 1 ? " of the last layer" : "",
                      " at every step of sequence ", question.sequence + 1);
}

// The weights alone: what a server tells of a model besides is none of an author's file.
v1::Model ModelAsAuthored(const Model& model) {
  v1::Model message = WriteModel(model, ModelDetail::kWeights, v1::ENCODING_VALUES);
  message.clear_name();
  message.clear_digest();
  message.clear_input_size();
  message.clear_output_size();
  message.clear_parameter_count();
  message.clear_create_time();
  message.clear_session_count();
  if (model.weight_storage() == WeightStorage::kFull) message.clear_weight_storage();
  return message;
}

// The questions that the proposal adds, after those that were there or were implied.
void WriteFurtherQuestions(const ProposedExercise& proposed, v1::Exercise* message) {
  const std::vector<Question>& questions = proposed.exercise.questions;
  const size_t kept = questions.size() - proposed.added_question_count;
  const bool implied = message->questions().empty();
  for (size_t q = implied ? 0 : kept; q < questions.size(); ++q) {
    v1::Question* const question = message->add_questions();
    question->set_sequence(static_cast<int32_t>(questions[q].sequence));
    if (q < kept) {
      question->set_quantity(v1::QUANTITY_H);
    } else {
      question->set_id(questions[q].id);
      question->set_prompt(PromptOf(questions[q], proposed.exercise));
      question->set_quantity(WriteQuantity(questions[q].quantity));
    }
  }
}

}  // namespace

void WriteDiagnoses(const Diagnoses& diagnoses, v1::Verdict* message) {
  for (const Diagnosis& diagnosis : diagnoses.likeliest_first) {
    v1::Diagnosis* const written = message->add_diagnoses();
    written->set_mistake(diagnosis.mistake);
    written->set_title(diagnosis.title);
    written->set_explanation(diagnosis.explanation);
    written->set_matching_count(diagnosis.matching_count);
    written->set_value_count(diagnosis.value_count);
    written->set_telling_count(diagnosis.telling_count);
    for (const std::string& other : diagnosis.same_as) written->add_same_as(other);
  }
  message->set_how_to_tell_apart(diagnoses.how_to_tell_apart);
}

void WriteVisibility(const Exercise& exercise, const MistakeOutcomes& outcomes,
                     v1::CheckExerciseResponse* message) {
  const std::vector<Mistake>& catalogue = MistakeCatalogue();
  const MistakeWords words(exercise);
  for (size_t k = 0; k < catalogue.size(); ++k) {
    const MistakeOutcome& outcome = outcomes.outcomes[k];
    v1::MistakeVisibility* const written = message->add_mistakes();
    written->set_mistake(catalogue[k].id);
    written->set_title(words.Of(catalogue[k].title));
    written->set_applicable(outcome.applicable);
    written->set_visible(outcome.visible);
  }
  for (const std::vector<size_t>& alike : LookAlikes(outcomes)) {
    for (const size_t one : alike) {
      for (const size_t other : alike) {
        if (other == one) continue;
        message->mutable_mistakes(static_cast<int>(one))->add_same_as(catalogue[other].id);
      }
    }
  }
}

void WriteMistakenAnswers(const MistakeOutcomes& outcomes, v1::CheckExerciseResponse* message) {
  for (int k = 0; k < message->mistakes_size(); ++k) {
    const MistakeOutcome& outcome = outcomes.outcomes[k];
    if (!outcome.visible) continue;
    const std::vector<double>& values = outcomes.groups[outcome.group].values;
    message->mutable_mistakes(k)->mutable_answer()->Add(values.begin(), values.end());
  }
}

void WriteProposal(const ProposedExercise& proposed, const v1::Exercise& written,
                   v1::ExerciseProposal* message) {
  v1::Exercise* const exercise = message->mutable_exercise();
  *exercise = written;
  *exercise->mutable_model() = ModelAsAuthored(*proposed.exercise.model);
  const int64_t input_size = proposed.exercise.model->input_size();
  for (size_t s = 0; s < proposed.exercise.sequences.size(); ++s) {
    const ExerciseSequence& sequence = proposed.exercise.sequences[s];
    v1::Tensor* const inputs = exercise->mutable_sequences(static_cast<int>(s))->mutable_inputs();
    std::visit(
        [&]<class Real>(const std::vector<Real>& numbers) {
          WriteTensor<Real>(numbers, {sequence.step_count, input_size}, v1::ENCODING_VALUES,
                            inputs);
        },
        sequence.inputs);
  }
  if (proposed.added_question_count > 0) WriteFurtherQuestions(proposed, exercise);
  exercise->clear_variations();
  exercise->clear_name();
  exercise->clear_digest();
  exercise->clear_create_time();
  message->set_changes(proposed.changes);
  for (const std::string& mistake : proposed.unseen) message->add_unseen(mistake);
  message->set_indistinct_pair_count(proposed.indistinct_pair_count);
}

}  // namespace cellar
