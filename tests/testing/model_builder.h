// Models for tests, made without the wire.
//
// Thread safety: pure functions.
#ifndef CELLAR_TESTS_TESTING_MODEL_BUILDER_H_
#define CELLAR_TESTS_TESTING_MODEL_BUILDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/cell/bfloat16.h"
#include "server/cell/cell_kind.h"
#include "server/cell/numerics.h"
#include "server/model/model.h"
#include "server/model/model_validation.h"

namespace cellar {

// A tensor as somebody gave it.
template <class Real>
TensorSpec<Real> GivenTensor(std::vector<Real> values, std::vector<int64_t> shape = {}) {
  return {.given = true, .shape = std::move(shape), .values = std::move(values)};
}

// The scalar LSTM of the course problem: inputs 0,0,1,1,1,0 give h,
// rounded to the nearest integer with ties towards zero, 0,0,1,-1,1,0.
template <class Real>
ModelSpec<Real> HomeworkSpec();

// As a model; an empty id gives it the name made from its digest.
std::shared_ptr<const Model> HomeworkModel(Precision precision = Precision::kFloat32,
                                           std::string id = "homework");

struct RandomModelOptions {
  Precision precision = Precision::kFloat32;
  WeightStorage weight_storage = WeightStorage::kFull;
  std::optional<CellKind> kind = {};  // nothing: any, for each layer
  int64_t layer_count = 0;            // 0: 1 to 3
  int64_t max_size = 5;               // of I and H
  bool bidirectional = false;
  bool variants = true;  // peepholes, projections and other activations, sometimes
};

// Equal arguments give equal specs, on every machine. Biases are left out sometimes.
template <class Real>
ModelSpec<Real> RandomSpec(uint64_t seed, const RandomModelOptions& options = {});

// A model of RandomSpec. The name is made from the digest.
std::shared_ptr<const Model> RandomModel(uint64_t seed, const RandomModelOptions& options = {});

// `count` numbers between -2 and 2.
template <class Real>
std::vector<Real> RandomNumbers(uint64_t seed, int64_t count);

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_MODEL_BUILDER_H_
