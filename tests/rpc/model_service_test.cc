#include "server/rpc/model_service.h"

#include "gtest/gtest.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

void SetValue(v1::Tensor* tensor, double value) { tensor->add_values(value); }

void SetGate(v1::Gate* gate) {
  SetValue(gate->mutable_input_weights(), 1);
  SetValue(gate->mutable_recurrent_weights(), 0.5);
}

v1::Model TinyModel() {
  v1::Model model;
  SetGate(model.add_layers()->mutable_rnn()->mutable_hidden());
  return model;
}

TEST(ModelService, CreateGetListDeleteAreWired) {
  InProcessServer server;
  v1::CreateModelRequest create;
  create.set_model_id("tiny");
  *create.mutable_model() = TinyModel();
  v1::CreateModelResponse created;
  grpc::ClientContext create_context;
  ASSERT_TRUE(server.models().CreateModel(&create_context, create, &created).ok());
  EXPECT_EQ(created.model().name(), "models/tiny");

  for (const auto view : {v1::MODEL_VIEW_BASIC, v1::MODEL_VIEW_FULL}) {
    v1::GetModelRequest get;
    get.set_name("models/tiny");
    get.set_view(view);
    v1::GetModelResponse got;
    grpc::ClientContext context;
    ASSERT_TRUE(server.models().GetModel(&context, get, &got).ok());
    const auto& weights = got.model().layers(0).rnn().hidden().input_weights();
    EXPECT_EQ(weights.values_size(), view == v1::MODEL_VIEW_FULL ? 1 : 0);
  }

  v1::ListModelsResponse listed;
  grpc::ClientContext list_context;
  ASSERT_TRUE(server.models().ListModels(&list_context, {}, &listed).ok());
  EXPECT_EQ(listed.models_size(), 1);

  v1::DeleteModelRequest remove;
  remove.set_name("models/tiny");
  v1::DeleteModelResponse removed;
  grpc::ClientContext delete_context;
  EXPECT_TRUE(server.models().DeleteModel(&delete_context, remove, &removed).ok());
  grpc::ClientContext again_context;
  EXPECT_EQ(SentReason(server.models().DeleteModel(&again_context, remove, &removed)),
            "MODEL_NOT_FOUND");
}

TEST(ModelService, ManyViolationsStillArrive) {
  InProcessServer server;
  v1::CreateModelRequest create;
  for (int i = 0; i < 60; ++i) create.mutable_model()->add_layers();
  v1::CreateModelResponse created;
  grpc::ClientContext context;
  const grpc::Status status = server.models().CreateModel(&context, create, &created);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(SentReason(status), "BAD_REQUEST");
}

}  // namespace
}  // namespace cellar
