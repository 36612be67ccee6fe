// A mistake that people make when they work a recurrent cell by hand or write one: a row of the
// catalogue (mistake_catalogue.h).
//
// Thread safety: values; immutable once in the catalogue.
#ifndef CELLAR_SERVER_GRADING_MISTAKE_H_
#define CELLAR_SERVER_GRADING_MISTAKE_H_

#include <functional>
#include <string>
#include <vector>

#include "server/cell/cell_kind.h"
#include "server/grading/mistaken_exercise.h"

namespace cellar {

// What a mistake does to an exercise. Returns whether the exercise has anything to which the
// mistake can be done (a projection to forget, a state to leave out); if not, nothing is changed.
struct MistakeChange {
  std::function<bool(MistakenExercise<float>&)> float32;
  std::function<bool(MistakenExercise<double>&)> float64;

  bool operator()(MistakenExercise<float>& exercise) const { return float32(exercise); }
  bool operator()(MistakenExercise<double>& exercise) const { return float64(exercise); }
};

// How often students were seen to do it; ranks what explains an answer equally well.
enum class Seen { kNever, kSeldom, kOften };

using CellKinds = std::vector<CellKind>;

inline CellKinds Lstm() { return {CellKind::kLstm}; }
inline CellKinds Gru() { return {CellKind::kGruResetBefore, CellKind::kGruResetAfter}; }
inline CellKinds GruResetBefore() { return {CellKind::kGruResetBefore}; }
inline CellKinds GruResetAfter() { return {CellKind::kGruResetAfter}; }
inline CellKinds Rnn() { return {CellKind::kRnn}; }
inline CellKinds Gated() {
  return {CellKind::kLstm, CellKind::kGruResetBefore, CellKind::kGruResetAfter};
}
inline CellKinds AnyCell() {
  return {CellKind::kLstm, CellKind::kGruResetBefore, CellKind::kGruResetAfter, CellKind::kRnn};
}

struct Mistake {
  std::string id;           // as API: never renamed
  std::string title;        // what is done wrong, in a few words; see mistake_words.h
  CellKinds cells;          // that can have it
  Seen seen;                // among those who learn
  MistakeChange change;     // what it does
  std::string explanation;  // for the student; without expected values; see mistake_words.h
};

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_MISTAKE_H_
