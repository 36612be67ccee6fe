#include "client/commands/model/send_model.h"

#include <gtest/gtest.h>

#include "tests/testing/in_process_server.h"

namespace cellar {
namespace {

class SendModelTest : public ::testing::Test {
 protected:
  // An RNN of this size, with weights that are all different.
  static v1::Model Rnn(int size) {
    v1::Model model;
    v1::Gate& gate = *model.add_layers()->mutable_rnn()->mutable_hidden();
    for (int i = 0; i < size; ++i) gate.mutable_input_weights()->add_values(i);
    for (int i = 0; i < size * size; ++i)
      gate.mutable_recurrent_weights()->add_values(0.5 / (i + 1));
    gate.mutable_input_weights()->add_shape(size);
    gate.mutable_input_weights()->add_shape(1);
    return model;
  }

  InProcessServer server_;
  Connection connection_{server_.channel(), ConnectionOptions()};
};

TEST_F(SendModelTest, SmallModelsAndUploadsAreTheSame) {
  const auto created = CreateModel(connection_, Rnn(2), "");
  ASSERT_TRUE(created.ok()) << created.status();
  const auto uploaded =
      UploadModel(connection_, Rnn(2).SerializeAsString(), v1::MODEL_FORMAT_CELLAR_BINARY, "");
  ASSERT_TRUE(uploaded.ok()) << uploaded.status();
  EXPECT_EQ(created->digest(), uploaded->digest());
  EXPECT_EQ(created->name(), uploaded->name());
}

TEST_F(SendModelTest, AModelTooLargeForAMessageIsUploaded) {
  const v1::Model large = Rnn(750);
  ASSERT_GT(large.ByteSizeLong(), size_t{4} << 20);
  const auto created = CreateModel(connection_, large, "large");
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->name(), "models/large");
  EXPECT_EQ(created->parameter_count(), 750 * 750 + 2 * 750);
}

TEST_F(SendModelTest, ARefusedUploadTellsTheReason) {
  const auto uploaded = UploadModel(connection_, "\xff\xff", v1::MODEL_FORMAT_CELLAR_BINARY, "a");
  EXPECT_TRUE(absl::IsInvalidArgument(uploaded.status())) << uploaded.status();
  EXPECT_EQ(GetCallError(uploaded.status()).reason, "BAD_REQUEST");
}

}  // namespace
}  // namespace cellar
