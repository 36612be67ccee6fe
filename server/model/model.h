// What is learned: a stack of layers and their weights, immutable once made.
//
// Thread safety: all const methods may be called from any thread: what is made late is made once,
// and pins are counted atomically. Share as std::shared_ptr<const Model>.
#ifndef CELLAR_SERVER_MODEL_MODEL_H_
#define CELLAR_SERVER_MODEL_MODEL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/base/call_once.h"
#include "absl/time/time.h"
#include "server/cell/bfloat16.h"
#include "server/cell/cell_weights.h"
#include "server/cell/numerics.h"
#include "server/cell/packed_cell.h"

namespace cellar {

// The layers of a model in one precision, from the input upwards. Validated: sizes fit together,
// weights are finite, and matrices that are to be stored as bfloat16 are rounded already.
template <class Real>
struct LayerStack {
  std::vector<CellWeights<Real>> layers;  // at least one
  // Empty, or as many, each with the sizes of its counterpart.
  std::vector<CellWeights<Real>> backward_layers;
  WeightStorage weight_storage = WeightStorage::kFull;  // always so of double

  bool bidirectional() const { return !backward_layers.empty(); }
};

using AnyLayerStack = std::variant<LayerStack<float>, LayerStack<double>>;

// The same layers as the kernels read them.
template <class Real>
struct PackedStack {
  std::vector<PackedCell<Real>> layers;
  std::vector<PackedCell<Real>> backward_layers;  // empty unless bidirectional

  bool bidirectional() const { return !backward_layers.empty(); }
};

using AnyPackedStack = std::variant<PackedStack<float>, PackedStack<double>>;

class Model {
 public:
  // REQUIRES: `stack` came out of BuildLayerStack (model_validation.h). `id` may be empty: then the
  // name is made from the digest, "models/m-" and its first 20 hexadecimal digits.
  Model(const std::string& id, std::string display_name, AnyLayerStack stack,
        absl::Time create_time);

  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  const std::string& name() const { return name_; }  // "models/{id}"
  const std::string& display_name() const { return display_name_; }
  // SHA-256 of the canonical form, lower-case hexadecimal.
  const std::string& digest() const { return digest_; }
  absl::Time create_time() const { return create_time_; }
  Precision precision() const { return precision_; }
  WeightStorage weight_storage() const { return weight_storage_; }
  bool bidirectional() const { return bidirectional_; }
  int64_t input_size() const { return shapes_.front().input_size; }
  int64_t output_size() const;  // the last layer's P; twice that if bidirectional
  int64_t parameter_count() const { return parameter_count_; }
  int64_t size_bytes() const;  // of the weights as they are written, in the model's own precision
  // Of the weights as they are kept: packed, with what fills blocks up; in the model's own
  // precision, or as Packed makes them in any, whether it has or not.
  int64_t memory_bytes() const { return memory_bytes(precision_); }
  int64_t memory_bytes(Precision precision) const;

  // Shapes of the layers, from the input upwards, and of the backward layers (empty unless
  // bidirectional).
  const std::vector<CellShape>& shapes() const { return shapes_; }
  const std::vector<CellShape>& backward_shapes() const { return backward_shapes_; }

  // Fused multiply-adds of one step through all (forward) layers; a measure of cost, not a promise.
  int64_t multiply_adds_per_step() const { return multiply_adds_per_step_; }

  // Whether every weight can be had in this precision: always for the model's own and for FLOAT64;
  // for FLOAT32, unless rounding would overflow.
  bool FitsPrecision(Precision precision) const;

  // The layers in the precision asked for. The model's own are made with the model, stored as it
  // says; the other precision's at the first call (expanded exactly, or rounded once to nearest),
  // and kept in full. REQUIRES: FitsPrecision.
  template <class Real>
  const PackedStack<Real>& Packed() const;

  // The same as they are computed with: unpacked for the caller, since a model keeps no second
  // copy.
  template <class Real>
  LayerStack<Real> Layers() const;

  // Sessions that use the model now.
  int64_t pin_count() const { return pin_count_.load(std::memory_order_acquire); }

 private:
  friend class ModelPin;

  // Constant after construction.
  std::string name_;
  std::string display_name_;
  std::string digest_;
  absl::Time create_time_;
  Precision precision_;
  WeightStorage weight_storage_;
  bool bidirectional_;
  bool fits_float32_;
  int64_t parameter_count_;
  int64_t multiply_adds_per_step_;
  std::vector<CellShape> shapes_;
  std::vector<CellShape> backward_shapes_;
  AnyPackedStack packed_;

  // The other precision, made on demand under `converted_once_`; constant from then on, so that a
  // step reads it without a lock.
  mutable absl::once_flag converted_once_;
  mutable AnyPackedStack converted_;

  mutable std::atomic<int64_t> pin_count_{0};
};

// Keeps a model from being deleted from its registry. The first pin of a user comes from
// ModelRegistry::Pin; copies pin once more, and so does Again.
class ModelPin {
 public:
  ModelPin(const ModelPin& other) : ModelPin(other.model_) {}
  ModelPin(ModelPin&& other) noexcept : model_(std::move(other.model_)) {}
  ModelPin& operator=(ModelPin other) noexcept {
    std::swap(model_, other.model_);
    return *this;
  }
  ~ModelPin() {
    if (model_ != nullptr) TakeBack(*model_);
  }

  const Model& operator*() const { return *model_; }
  const Model* operator->() const { return model_.get(); }
  const std::shared_ptr<const Model>& model() const { return model_; }

  // For whoever keeps the model anyhow and wants no second pointer to it: leaves it pinned, until
  // TakeBack is called as often; and one more pin of a model that somebody keeps pinned so.
  void Leave() && { model_ = nullptr; }
  static void TakeBack(const Model& model) {
    model.pin_count_.fetch_sub(1, std::memory_order_release);
  }
  static ModelPin Again(std::shared_ptr<const Model> model) { return ModelPin(std::move(model)); }

 private:
  friend class ModelRegistry;
  explicit ModelPin(std::shared_ptr<const Model> model) : model_(std::move(model)) {
    model_->pin_count_.fetch_add(1, std::memory_order_relaxed);
  }

  std::shared_ptr<const Model> model_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_MODEL_H_
