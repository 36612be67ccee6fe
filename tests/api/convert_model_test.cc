// Longer than 400 lines: the two directions of the conversion share their messages, and every
// tensor is tried wrong in every way.

#include "server/api/convert_model.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "server/model/model_registry.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kHomework[] = R"pb(
  display_name: "homework"
  layers {
    lstm {
      forget_gate {
        input_weights { values: 0 }
        recurrent_weights { values: 0 }
        bias { values: -100 }
      }
      input_gate {
        input_weights { values: 100 }
        recurrent_weights { values: 0 }
        bias { values: 100 }
      }
      output_gate {
        input_weights { values: 100 }
        recurrent_weights { values: 0 }
      }
      candidate {
        input_weights { values: 50 }
        recurrent_weights { values: -100 }
      }
    }
  })pb";

v1::Model Parse(const std::string& text) {
  v1::Model message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

absl::StatusOr<std::shared_ptr<const Model>> Build(const v1::Model& message,
                                                   BuildModelOptions options = {}) {
  return BuildModel(message, std::move(options));
}

FieldViolations ViolationsOf(const v1::Model& message, BuildModelOptions options = {}) {
  const absl::Status status = Build(message, std::move(options)).status();
  EXPECT_EQ(GetErrorReason(status), "BAD_REQUEST") << status << message.ShortDebugString();
  const auto detail = GetErrorDetail(status);
  return detail.has_value() ? detail->violations : FieldViolations();
}

auto At(const std::string& field, const std::string& description) {
  return AllOf(Field("field", &FieldViolation::field, "model." + field),
               Field("description", &FieldViolation::description, HasSubstr(description)));
}

TEST(BuildModel, TakesTheHomeworkTypedByHand) {
  BuildModelOptions options;
  options.id = "homework";
  options.now = absl::FromUnixSeconds(1'700'000'000);
  const auto model = Build(Parse(kHomework), options);
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->name(), "models/homework");
  EXPECT_EQ((*model)->display_name(), "homework");
  EXPECT_EQ((*model)->create_time(), options.now);
  EXPECT_EQ((*model)->precision(), Precision::kFloat32);
  EXPECT_EQ((*model)->digest(), HomeworkModel()->digest());
}

TEST(BuildModel, TakesTheWeightsOutOfAMessageThatNobodyNeeds) {
  v1::Model message = Parse(kHomework);
  const auto model = BuildModel(std::move(message), {});
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_EQ((*model)->digest(), HomeworkModel()->digest());
  const v1::Gate& gate = message.layers(0).lstm().input_gate();  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(gate.input_weights().values_size(), 0);
  EXPECT_EQ(gate.bias().values_size(), 0);
}

TEST(BuildModel, TakesThePrecisionFromTheMessageOrElseTheFallback) {
  v1::Model message = Parse(kHomework);
  BuildModelOptions float64;
  float64.fallback_precision = Precision::kFloat64;
  EXPECT_EQ(Build(message, float64).value()->precision(), Precision::kFloat64);
  message.set_precision(v1::PRECISION_FLOAT32);
  EXPECT_EQ(Build(message, float64).value()->precision(), Precision::kFloat32);
  message.set_precision(v1::PRECISION_FLOAT64);
  EXPECT_EQ(Build(message).value()->digest(), HomeworkModel(Precision::kFloat64)->digest());
}

TEST(BuildModel, IgnoresOutputOnlyFields) {
  v1::Model message = Parse(kHomework);
  message.set_name("models/other");
  message.set_digest("nonsense");
  message.set_input_size(77);
  message.set_output_size(-1);
  message.set_parameter_count(5);
  message.set_session_count(9);
  message.mutable_create_time()->set_nanos(-5);
  BuildModelOptions options;
  options.id = "homework";
  const auto model = Build(message, options).value();
  EXPECT_EQ(model->name(), "models/homework");
  EXPECT_EQ(model->digest(), HomeworkModel()->digest());
  EXPECT_EQ(model->input_size(), 1);
}

// A model, written and read again, is the same model, in every encoding and precision.
TEST(BuildModel, ReadsWhatWriteModelWrote) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const auto model = RandomModel(
        seed, {.precision = seed % 2 == 0 ? Precision::kFloat32 : Precision::kFloat64,
               .weight_storage = seed % 4 == 0 ? WeightStorage::kBfloat16 : WeightStorage::kFull,
               .bidirectional = seed % 3 == 0});
    for (v1::Encoding encoding : {v1::ENCODING_VALUES, v1::ENCODING_RAW}) {
      const v1::Model message = WriteModel(*model, ModelDetail::kWeights, encoding);
      BuildModelOptions options;
      options.now = model->create_time();
      const auto again = Build(message, options);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ((*again)->digest(), model->digest());
      EXPECT_TRUE(MessageDifferencer::Equals(WriteModel(**again, ModelDetail::kWeights, encoding),
                                             message));
    }
  }
}

TEST(BuildModel, StoresAsTheMessageSaysOrElseInFull) {
  v1::Model message = Parse(kHomework);
  EXPECT_EQ(Build(message).value()->weight_storage(), WeightStorage::kFull);
  message.set_weight_storage(v1::WEIGHT_STORAGE_FULL);
  EXPECT_EQ(Build(message).value()->digest(), HomeworkModel()->digest());
  message.set_weight_storage(v1::WEIGHT_STORAGE_BFLOAT16);
  EXPECT_EQ(Build(message).value()->weight_storage(), WeightStorage::kBfloat16);
}

// Matrices are written as they are computed with, biases as they were given.
TEST(WriteModel, WritesTheRoundedWeights) {
  v1::Model message = Parse(kHomework);
  message.set_weight_storage(v1::WEIGHT_STORAGE_BFLOAT16);
  v1::Gate* const gate = message.mutable_layers(0)->mutable_lstm()->mutable_input_gate();
  gate->mutable_input_weights()->set_values(0, 100.3);
  gate->mutable_bias()->set_values(0, 100.25);
  const v1::Model written =
      WriteModel(*Build(message).value(), ModelDetail::kWeights, v1::ENCODING_VALUES);
  EXPECT_EQ(written.weight_storage(), v1::WEIGHT_STORAGE_BFLOAT16);
  const v1::Gate& got = written.layers(0).lstm().input_gate();
  EXPECT_EQ(got.input_weights().values(0), 100.5);
  EXPECT_EQ(got.bias().values(0), 100.25);
}

// Shapes may be left out wherever squares or biases tell the sizes.
TEST(BuildModel, DoesWithoutShapes) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const auto model = RandomModel(seed);
    v1::Model message = WriteModel(*model, ModelDetail::kWeights, v1::ENCODING_RAW);
    std::string text;
    for (v1::Layer& layer : *message.mutable_layers()) {
      v1::LstmCell* lstm = layer.has_lstm() ? layer.mutable_lstm() : nullptr;
      if (lstm == nullptr) continue;
      for (v1::Gate* gate : {lstm->mutable_forget_gate(), lstm->mutable_input_gate(),
                             lstm->mutable_output_gate(), lstm->mutable_candidate()}) {
        gate->mutable_input_weights()->clear_shape();
        gate->mutable_recurrent_weights()->clear_shape();
        gate->mutable_bias()->clear_shape();
      }
      if (lstm->has_projection()) lstm->mutable_projection()->clear_shape();
    }
    const auto again = Build(message);
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ((*again)->digest(), model->digest());
  }
}

TEST(WriteModel, TellsEverythingOfAModel) {
  const auto model = HomeworkModel(Precision::kFloat64);
  const v1::Model message = WriteModel(*model, ModelDetail::kShapes, v1::ENCODING_VALUES);
  EXPECT_TRUE(MessageDifferencer::Equals(
      message, Parse(absl::StrCat(R"pb(
                                    name: "models/homework"
                                    precision: PRECISION_FLOAT64
                                    weight_storage: WEIGHT_STORAGE_FULL
                                    layers {
                                      lstm {
                                        forget_gate {
                                          input_weights { shape: [ 1, 1 ] }
                                          recurrent_weights { shape: [ 1, 1 ] }
                                          bias { shape: 1 }
                                          activation: ACTIVATION_SIGMOID
                                        }
                                        input_gate {
                                          input_weights { shape: [ 1, 1 ] }
                                          recurrent_weights { shape: [ 1, 1 ] }
                                          bias { shape: 1 }
                                          activation: ACTIVATION_SIGMOID
                                        }
                                        output_gate {
                                          input_weights { shape: [ 1, 1 ] }
                                          recurrent_weights { shape: [ 1, 1 ] }
                                          bias { shape: 1 }
                                          activation: ACTIVATION_SIGMOID
                                        }
                                        candidate {
                                          input_weights { shape: [ 1, 1 ] }
                                          recurrent_weights { shape: [ 1, 1 ] }
                                          bias { shape: 1 }
                                          activation: ACTIVATION_TANH
                                        }
                                        memory_activation: ACTIVATION_TANH
                                      }
                                    }
                                    input_size: 1
                                    output_size: 1
                                    parameter_count: 12
                                    create_time { seconds: 1700000000 })pb",
                                  " digest: '", model->digest(), "'"))))
      << message.DebugString();
}

TEST(WriteModel, PutsEveryTensorInItsPlace) {
  const std::string gate =
      "input_weights {values: $0} recurrent_weights {values: $1} "
      "bias {values: $2}";
  const auto numbered = [&](int first) {
    return absl::StrCat("{ input_weights { shape: [1, 1] values: ", first,
                        " } recurrent_weights { shape: [1, 1] values: ", first + 1,
                        " } bias { shape: 1 values: ", first + 2, " } activation: ",
                        first % 2 == 0 ? "ACTIVATION_RELU" : "ACTIVATION_IDENTITY", " } ");
  };
  const v1::Model message = Parse(absl::StrCat(
      "precision: PRECISION_FLOAT32 layers { lstm { forget_gate ", numbered(10), "input_gate ",
      numbered(21), "output_gate ", numbered(30), "candidate ", numbered(41),
      "peepholes { forget_gate { shape: 1 values: 1 } input_gate { shape: 1 values: 2 } ",
      "output_gate { shape: 1 values: 3 } } projection { shape: [1, 1] values: 4 } ",
      "memory_activation: ACTIVATION_HARD_SIGMOID } } layers { gru_reset_before { update_gate ",
      numbered(50), "reset_gate ", numbered(61), "candidate ", numbered(70),
      "} } layers { gru_reset_after { update_gate ", numbered(80), "reset_gate ", numbered(91),
      "candidate ", numbered(100),
      "candidate_recurrent_bias { shape: 1 values: 5 } } } layers { rnn { hidden ", numbered(111),
      "} }"));
  const auto model = Build(message);
  ASSERT_TRUE(model.ok()) << model.status();
  const v1::Model written = WriteModel(**model, ModelDetail::kWeights, v1::ENCODING_VALUES);
  ASSERT_EQ(written.layers_size(), message.layers_size());
  for (int k = 0; k < message.layers_size(); ++k) {
    EXPECT_TRUE(MessageDifferencer::Equals(written.layers(k), message.layers(k)))
        << written.layers(k).DebugString();
  }
}

TEST(WriteModel, CountsPins) {
  ModelRegistry registry({});
  const auto model = registry.Add(kDefaultTenant, HomeworkModel()).value();
  const auto pin = registry.Pin({kDefaultTenant, model->name()}).value();
  EXPECT_EQ(WriteModel(*model, ModelDetail::kShapes, v1::ENCODING_RAW).session_count(), 1);
}

TEST(WriteModel, WritesFractionsOfASecondAndTimesBeforeTheEpoch) {
  BuildModelOptions options;
  options.now = absl::FromUnixNanos(-1);
  const v1::Model message =
      WriteModel(*Build(Parse(kHomework), options).value(), ModelDetail::kShapes, v1::ENCODING_RAW);
  EXPECT_EQ(message.create_time().seconds(), -1);
  EXPECT_EQ(message.create_time().nanos(), 999'999'999);
}

TEST(WeightBytes, IsALowerBoundCloseToTheMessage) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto model = RandomModel(seed, {.max_size = 40});
    for (v1::Encoding encoding : {v1::ENCODING_VALUES, v1::ENCODING_RAW}) {
      const auto bytes =
          static_cast<int64_t>(WriteModel(*model, ModelDetail::kWeights, encoding).ByteSizeLong());
      EXPECT_LE(WeightBytes(*model, encoding), bytes);
      EXPECT_GT(WeightBytes(*model, encoding) + 2000, bytes);
    }
  }
}

TEST(BuildModel, RefusesAnEmptyMessage) {
  EXPECT_THAT(ViolationsOf({}), ElementsAre(At("layers", "is empty")));
}

TEST(BuildModel, RefusesUnknownEnums) {
  v1::Model message = Parse(kHomework);
  message.set_precision(static_cast<v1::Precision>(9));
  v1::LstmCell* lstm = message.mutable_layers(0)->mutable_lstm();
  lstm->mutable_candidate()->set_activation(static_cast<v1::Activation>(-3));
  lstm->set_memory_activation(static_cast<v1::Activation>(17));
  EXPECT_THAT(ViolationsOf(message),
              ElementsAre(At("precision", "PRECISION_FLOAT32 (1) and PRECISION_FLOAT64 (2)"),
                          At("layers[0].lstm.candidate.activation", "-3"),
                          At("layers[0].lstm.memory_activation", "ACTIVATION_HARD_SIGMOID (4)")));
}

TEST(BuildModel, RefusesALongDisplayNameCountedInCharacters) {
  v1::Model message = Parse(kHomework);
  std::string name;
  for (int k = 0; k < 200; ++k) name += "\xc3\xa4";  // one character of two bytes
  message.set_display_name(name);
  EXPECT_TRUE(Build(message).ok());
  message.set_display_name(name + "a");
  EXPECT_THAT(ViolationsOf(message),
              ElementsAre(At("display_name", "has 201 characters; must have at most 200")));
}

TEST(BuildModel, ReportsEarlierViolationsFirst) {
  BuildModelOptions options;
  options.violations = {{"model_id", "is wrong"}};
  EXPECT_EQ(ViolationsOf(Parse(kHomework), options), (FieldViolations{{"model_id", "is wrong"}}));
}

TEST(BuildModel, BeginsPathsWithThePathGiven) {
  BuildModelOptions options;
  options.path = "inline_model";
  v1::Model message = Parse(kHomework);
  message.mutable_layers(0)->mutable_lstm()->mutable_input_gate()->mutable_bias()->add_values(1e99);
  for (const FieldViolation& violation : ViolationsOf(message, options)) {
    EXPECT_EQ(violation.field, "inline_model.layers[0].lstm.input_gate.bias");
  }
}

// A model sent back as view BASIC showed it lacks its weights: every tensor says so, biases too.
TEST(BuildModel, RefusesShapesWithoutWeights) {
  const v1::Model message = WriteModel(*HomeworkModel(), ModelDetail::kShapes, v1::ENCODING_RAW);
  const FieldViolations violations = ViolationsOf(message);
  EXPECT_EQ(violations.size(), 12u);
  EXPECT_THAT(violations, Contains(At("layers[0].lstm.forget_gate.bias", "no elements")));
}

TEST(BuildModel, ReportsWhatCannotBeConvertedWithWhatDoesNotFit) {
  v1::Model message = Parse(kHomework);
  v1::LstmCell* lstm = message.mutable_layers(0)->mutable_lstm();
  lstm->mutable_forget_gate()->mutable_bias()->set_raw("abc");
  lstm->mutable_forget_gate()->mutable_bias()->clear_values();
  lstm->mutable_input_gate()->mutable_input_weights()->add_values(7);
  EXPECT_THAT(ViolationsOf(message),
              ElementsAre(At("layers[0].lstm.forget_gate.bias", "raw has 3 bytes"),
                          At("layers[0].lstm.input_gate.input_weights",
                             "number of elements is 2; must be 1, for shape [1, 1]")));
}

TEST(BuildModel, RefusesTooManyLayersBeforeAnythingElse) {
  v1::Model message;
  for (int k = 0; k < 65; ++k) message.add_layers();
  EXPECT_EQ(GetErrorDetail(Build(message).status())->metadata,
            (std::vector<std::pair<std::string, std::string>>{
                {"field", "model.layers"}, {"value", "65"}, {"limit", "64"}}));
  message = Parse(kHomework);
  for (int k = 0; k < 65; ++k) message.add_backward_layers();
  EXPECT_EQ(GetErrorDetail(Build(message).status())->metadata[0].second, "model.backward_layers");
}

// Every tensor of every cell, wrong in every way.
struct WrongTensor {
  const char* what;
  const char* tensor;  // in place of a scalar's
  const char* complaint;
};

constexpr WrongTensor kWrongTensors[] = {
    {"both encodings", "values: 1 raw: 'abcd'", "both set"},
    {"half a number", "raw: 'abcdef'", "raw has 6 bytes"},
    {"too large a value", "values: 1e300", "1e+300"},
    {"two elements", "values: [1, 2]", "number of elements is 2"},
    {"infinity", "values: inf", "inf at index 0"},
    {"not a number", "values: nan", "nan at index 0"},
    {"raw not a number", "raw: '\\001\\002\\377\\377'", "nan at index 0"},
    {"no elements", "shape: [1, 1]", "no elements"},
    {"three axes", "shape: [1, 1, 1] values: 1", "has shape [1, 1, 1]"},
    {"negative shape", "shape: [-1, -1] values: 1", "at least 1"},
    {"zero shape", "shape: [0] values: 1", "at least 1"},
    {"huge shape", "shape: [4611686018427387904, 4] values: 1", "more than 2^63"},
    {"shape of more", "shape: [2, 2] values: 1", "of 4 elements"},
};

// Paths of every tensor, by message type; scalars all.
std::vector<std::string> TensorPaths(const std::string& cell, const std::vector<std::string>& gates,
                                     const std::vector<std::string>& others) {
  std::vector<std::string> paths;
  for (const std::string& gate : gates) {
    for (const char* tensor : {"input_weights", "recurrent_weights", "bias"}) {
      paths.push_back(absl::StrCat(cell, ".", gate, ".", tensor));
    }
  }
  for (const std::string& other : others) paths.push_back(absl::StrCat(cell, ".", other));
  return paths;
}

// Finds the tensor at a dotted path below a layer and creates everything on the way.
v1::Tensor* TensorAt(v1::Layer& layer, const std::string& path) {
  google::protobuf::Message* message = &layer;
  size_t begin = 0;
  while (begin < path.size()) {
    const size_t end = std::min(path.find('.', begin), path.size());
    const auto* field = message->GetDescriptor()->FindFieldByName(path.substr(begin, end - begin));
    message = message->GetReflection()->MutableMessage(message, field);
    begin = end + 1;
  }
  return static_cast<v1::Tensor*>(message);
}

void ExpectEveryWrongTensorIsNamed(const std::vector<std::string>& paths) {
  v1::Model good;
  v1::Layer& layer = *good.add_layers();
  for (const std::string& path : paths) TensorAt(layer, path)->add_values(1);
  ASSERT_TRUE(Build(good).ok()) << Build(good).status();
  for (const std::string& path : paths) {
    for (const WrongTensor& wrong : kWrongTensors) {
      SCOPED_TRACE(absl::StrCat(path, ": ", wrong.what));
      v1::Model message = good;
      v1::Tensor* tensor = TensorAt(*message.mutable_layers(0), path);
      tensor->Clear();
      ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(wrong.tensor, tensor));
      const FieldViolations violations = ViolationsOf(message);
      ASSERT_EQ(violations.size(), 1u);
      EXPECT_THAT(violations[0].field, testing::StartsWith("model.layers[0]." + path));
      EXPECT_THAT(violations[0].description, HasSubstr(wrong.complaint));
    }
  }
}

TEST(BuildModel, NamesEveryWrongTensorOfAnLstm) {
  ExpectEveryWrongTensorIsNamed(
      TensorPaths("lstm", {"forget_gate", "input_gate", "output_gate", "candidate"},
                  {"peepholes.forget_gate", "peepholes.input_gate", "peepholes.output_gate"}));
}

TEST(BuildModel, NamesEveryWrongTensorOfAGru) {
  ExpectEveryWrongTensorIsNamed(
      TensorPaths("gru_reset_before", {"update_gate", "reset_gate", "candidate"}, {}));
  ExpectEveryWrongTensorIsNamed(TensorPaths(
      "gru_reset_after", {"update_gate", "reset_gate", "candidate"}, {"candidate_recurrent_bias"}));
}

TEST(BuildModel, NamesAWrongProjection) {
  v1::Model message = Parse(kHomework);
  v1::Tensor* projection = message.mutable_layers(0)->mutable_lstm()->mutable_projection();
  projection->add_values(1);
  EXPECT_TRUE(Build(message).ok());
  projection->set_values(0, 1e300);
  EXPECT_THAT(ViolationsOf(message), ElementsAre(At("layers[0].lstm.projection", "1e+300")));
  projection->set_values(0, 1);
  projection->add_values(1);
  EXPECT_THAT(ViolationsOf(message), ElementsAre(At("layers[0].lstm.projection", "must be")));
}

}  // namespace
}  // namespace cellar
