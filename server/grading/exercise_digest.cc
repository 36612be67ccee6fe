#include "server/grading/exercise_digest.h"

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/model/little_endian_hash.h"

namespace cellar {
namespace {

class ExerciseHash {
 public:
  ExerciseHash() { hash_.Text(absl::string_view("cellar.exercise.1\0", 18)); }

  void Add(const Exercise& exercise) {
    Text(exercise.model->digest());
    Add(exercise.numerics);
    List(exercise.sequences);
    List(exercise.questions);
    List(exercise.variations);
  }

  std::string Hex() { return hash_.Hex(); }

 private:
  template <class Item>
  void List(const std::vector<Item>& items) {
    hash_.Int64(static_cast<int64_t>(items.size()));
    for (const Item& item : items) Add(item);
  }

  void Text(absl::string_view text) {
    hash_.Int64(static_cast<int64_t>(text.size()));
    hash_.Text(text);
  }

  template <class Number>
  void Optional(const std::optional<Number>& number) {
    hash_.Byte(number.has_value() ? 1 : 0);
    if (number.has_value()) Add(*number);
  }

  template <class Enum>
  void Byte(Enum value) {
    hash_.Byte(static_cast<uint8_t>(value));
  }

  void Add(int64_t number) { hash_.Int64(number); }
  void Add(int32_t number) { hash_.Int64(number); }
  void Add(double number) { hash_.Numbers(std::vector<double>{number}); }

  template <class Real>
  void Add(const std::vector<Real>& numbers) {
    hash_.Int64(static_cast<int64_t>(numbers.size()));
    hash_.Numbers(numbers);
  }

  void Add(const Numerics& numerics) {
    Byte(numerics.precision);
    Byte(numerics.activation_rule);
    Byte(numerics.rounding);
    Byte(numerics.rounding_scope);
  }

  void Add(const ExerciseSequence& sequence) {
    std::visit([this](const auto& numbers) { Add(numbers); }, sequence.inputs);
    Text(StackStateDigest(*sequence.initial_state));
  }

  void Add(const Comparison& comparison) {
    Optional(comparison.absolute);
    Optional(comparison.relative);
    Optional(comparison.ulps);
    Optional(comparison.decimals);
  }

  void Add(const Question& question) {
    Text(question.id);
    Add(question.sequence);
    Byte(question.quantity);
    Add(question.layer);
    List(question.steps);
    List(question.elements);
    Add(question.points);
    Add(question.comparison);
    Byte(question.credit);
  }

  void Add(const Range& range) {
    Add(range.minimum);
    Add(range.maximum);
    Add(range.step);
  }

  void Add(const Variation& variation) {
    Text(variation.field);
    List(variation.elements);
    hash_.Byte(static_cast<uint8_t>(variation.draw.index()));
    std::visit([this](const auto& draw) { Add(draw); }, variation.draw);
  }

  LittleEndianHash hash_;
};

}  // namespace

std::string ExerciseDigest(const Exercise& exercise) {
  ExerciseHash hash;
  hash.Add(exercise);
  return hash.Hex();
}

}  // namespace cellar
