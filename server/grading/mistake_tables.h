// The parts of the catalogue, by what is mistaken. Rows are read in mistake_catalogue.h.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_MISTAKE_TABLES_H_
#define CELLAR_SERVER_GRADING_MISTAKE_TABLES_H_

#include <vector>

#include "server/grading/mistake.h"

namespace cellar {

std::vector<Mistake> MistakesOfRules();      // rounding, saturation
std::vector<Mistake> MistakesOfFormulas();   // the equations and their activations
std::vector<Mistake> MistakesOfWeights();    // gates, matrices, signs, biases
std::vector<Mistake> MistakesOfSequences();  // inputs, states, layers, the order of the answer

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_MISTAKE_TABLES_H_
