#include "server/api/convert_variation.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/api/convert_tensor.h"
#include "server/api/resource_names.h"

namespace cellar {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// One segment of a path: `layers[0]`. The index is -1 where none is written.
struct Segment {
  std::string name;
  int index = -1;
};

std::optional<Segment> ReadSegment(absl::string_view text) {
  const size_t bracket = text.find('[');
  Segment segment = {std::string(text.substr(0, bracket))};
  if (bracket == absl::string_view::npos) return segment;
  const absl::string_view rest = text.substr(bracket + 1);
  if (!absl::EndsWith(rest, "]")) return std::nullopt;
  const absl::string_view digits = rest.substr(0, rest.size() - 1);
  if (!absl::SimpleAtoi(digits, &segment.index) || absl::StrCat(segment.index) != digits) {
    return std::nullopt;  // also -1 and 01
  }
  return segment;
}

// The message that a segment leads to; nullptr if there is none, or it is not set.
Message* Descend(Message* message, const Segment& segment) {
  const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(segment.name);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return nullptr;
  const auto& reflection = *message->GetReflection();
  if (field->is_repeated()) {
    if (segment.index < 0 || segment.index >= reflection.FieldSize(*message, field)) return nullptr;
    return reflection.MutableRepeatedMessage(message, field, segment.index);
  }
  if (segment.index >= 0 || !reflection.HasField(*message, field)) return nullptr;
  return reflection.MutableMessage(message, field);
}

// The tensor at this path, or nullptr.
v1::Tensor* FindTensor(v1::Exercise* exercise, absl::string_view path) {
  Message* message = exercise;
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    const std::optional<Segment> segment = ReadSegment(part);
    message = segment.has_value() ? Descend(message, *segment) : nullptr;
    if (message == nullptr) return nullptr;
  }
  return google::protobuf::DynamicCastToGenerated<v1::Tensor>(message);
}

const v1::Tensor* FindTensor(const v1::Exercise& exercise, absl::string_view path) {
  // Descend changes nothing: it only goes where something is set already.
  return FindTensor(const_cast<v1::Exercise*>(&exercise), path);
}

// Weights are in the model's precision, everything else in that of the arithmetic.
Precision PrecisionOf(const Exercise& exercise, absl::string_view path) {
  return absl::StartsWith(path, "model.") ? exercise.model->precision()
                                          : exercise.numerics.precision;
}

// The largest number that may be drawn there: such that it is finite however it is stored.
double LargestOf(const Exercise& exercise, absl::string_view path) {
  if (PrecisionOf(exercise, path) == Precision::kFloat64) return std::numeric_limits<double>::max();
  const bool is_short = absl::StartsWith(path, "model.") &&
                        exercise.model->weight_storage() == WeightStorage::kBfloat16;
  return is_short ? kLargestBfloat16 : std::numeric_limits<float>::max();
}

int64_t ElementCountOf(const v1::Tensor& tensor, Precision precision) {
  if (tensor.values_size() > 0) return tensor.values_size();
  return static_cast<int64_t>(tensor.raw().size()) / (precision == Precision::kFloat32 ? 4 : 8);
}

// Reads one variation; the members are what all of them have in common.
class VariationReader {
 public:
  VariationReader(const v1::Exercise& message, const Exercise& exercise,
                  FieldViolations& violations)
      : message_(message), exercise_(exercise), violations_(violations) {}

  Variation Read(const v1::Variation& written, const std::string& path) {
    Variation variation;
    variation.field = written.field();
    ReadElements(written, path, variation);
    largest_ = LargestOf(exercise_, written.field());
    switch (written.draw_case()) {
      case v1::Variation::kChoices:
        variation.draw = ReadChoices(written.choices(), path + ".choices.values");
        break;
      case v1::Variation::kRange:
        variation.draw = ReadRange(written.range(), path + ".range");
        break;
      case v1::Variation::DRAW_NOT_SET:
        Violation(path + ".draw", "is required; give `choices` or `range`");
        break;
    }
    return variation;
  }

 private:
  void Violation(std::string path, std::string description) {
    violations_.push_back({std::move(path), std::move(description)});
  }

  void ReadElements(const v1::Variation& written, const std::string& path, Variation& variation) {
    const v1::Tensor* const tensor = FindTensor(message_, written.field());
    if (tensor == nullptr || !IsGiven(*tensor)) {
      Violation(path + ".field",
                absl::StrCat("is ", Quoted(written.field()),
                             "; must be the path of a tensor that is given in the exercise, such "
                             "as model.layers[0].lstm.forget_gate.bias or sequences[0].inputs"));
      return;
    }
    const int64_t count = ElementCountOf(*tensor, PrecisionOf(exercise_, written.field()));
    std::vector<bool>& drawn = drawn_[written.field()];
    drawn.resize(static_cast<size_t>(count));
    // Nothing is made of a list before it is known to be right: a few bytes may mean many elements.
    const int64_t listed_count = written.elements().empty() ? count : written.elements_size();
    const auto listed = [&written](int64_t i) {
      return written.elements().empty() ? i : written.elements(static_cast<int>(i));
    };
    for (int64_t i = 0; i < listed_count; ++i) {
      const int64_t element = listed(i);
      if (element < 0 || element >= count) {
        Violation(absl::StrCat(path, ".elements[", i, "]"),
                  absl::StrCat("is ", element, "; allowed are 0 to ", count - 1));
        return;
      }
      if (drawn[static_cast<size_t>(element)]) {
        Violation(path + ".elements", absl::StrCat("element ", element, " of ", written.field(),
                                                   " is drawn twice; each may be drawn once"));
        return;
      }
      drawn[static_cast<size_t>(element)] = true;
    }
    for (int64_t i = 0; i < listed_count; ++i) variation.elements.push_back(listed(i));
  }

  Choices ReadChoices(const v1::Choices& written, const std::string& path) {
    if (written.values().empty()) Violation(path, "is required; give at least one number");
    for (int i = 0; i < written.values_size(); ++i) {
      if (CheckNumber(written.values(i), absl::StrCat(path, "[", i, "]"))) continue;
      break;
    }
    return {written.values().begin(), written.values().end()};
  }

  Range ReadRange(const v1::Range& written, const std::string& path) {
    const Range range = {written.minimum(), written.maximum(), written.step()};
    const bool has_minimum = CheckNumber(range.minimum, path + ".minimum");
    const bool has_maximum = CheckNumber(range.maximum, path + ".maximum");
    const bool finite = has_minimum && has_maximum;
    if (!std::isfinite(range.step) || range.step <= 0) {
      Violation(path + ".step",
                absl::StrCat("is ", FormatNumber(range.step), "; must be finite and positive"));
    } else if (finite && range.maximum < range.minimum) {
      Violation(path + ".maximum",
                absl::StrCat("is ", FormatNumber(range.maximum), "; must be at least the minimum, ",
                             FormatNumber(range.minimum)));
    } else if (finite && DrawCount(range) > kMaxRangeCount) {
      Violation(path + ".step",
                absl::StrCat("is ", FormatNumber(range.step), "; so small that more than ",
                             kMaxRangeCount, " numbers lie between the bounds"));
    } else if (finite) {
      // A rounding error beyond a bound that is the largest number is beyond all numbers.
      const auto steps = static_cast<double>(DrawCount(range) - 1);
      CheckNumber(range.minimum + steps * range.step, path + ".maximum");
    }
    return range;
  }

  bool CheckNumber(double number, std::string path) {
    if (std::fabs(number) <= largest_) return true;  // not NaN
    Violation(std::move(path),
              absl::StrCat("is ", FormatNumber(number),
                           "; must be finite in the precision of its tensor, and as it is stored"));
    return false;
  }

  const v1::Exercise& message_;
  const Exercise& exercise_;
  double largest_ = 0;                              // number of the tensor's precision
  std::map<std::string, std::vector<bool>> drawn_;  // by field: its elements
  FieldViolations& violations_;
};

// Makes `values` of `raw`.
void MakeValues(Precision precision, v1::Tensor* tensor) {
  if (tensor->raw().empty()) return;
  FieldViolations none;
  const v1::Tensor raw = std::move(*tensor);
  if (precision == Precision::kFloat32) {
    const TensorSpec<float> spec = ReadTensor<float>(raw, "", none);
    WriteTensor<float>(spec.values, spec.shape, v1::ENCODING_VALUES, tensor);
  } else {
    const TensorSpec<double> spec = ReadTensor<double>(raw, "", none);
    WriteTensor<double>(spec.values, spec.shape, v1::ENCODING_VALUES, tensor);
  }
}

}  // namespace

std::vector<Variation> ReadVariations(const v1::Exercise& message, const Exercise& exercise,
                                      absl::string_view path, FieldViolations& violations) {
  VariationReader reader(message, exercise, violations);
  std::vector<Variation> variations;
  for (int i = 0; i < message.variations_size() && violations.size() < kMaxViolations; ++i) {
    variations.push_back(
        reader.Read(message.variations(i), absl::StrCat(path, ".variations[", i, "]")));
  }
  return variations;
}

void DrawVariations(const Exercise& exercise, absl::string_view seed, v1::Exercise* message) {
  message->clear_variations();
  for (const Variation& variation : exercise.variations) {
    v1::Tensor* const tensor = FindTensor(message, variation.field);
    MakeValues(PrecisionOf(exercise, variation.field), tensor);
    for (const int64_t element : variation.elements) {
      tensor->set_values(static_cast<int>(element), DrawNumber(seed, variation, element));
    }
  }
}

}  // namespace cellar
