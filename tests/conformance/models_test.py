"""ModelService: names, digests, pages, uploads, deletion."""

import grpc

import harness
import random_models
from cellar.v1 import (model_pb2, model_service_pb2, numerics_pb2, session_service_pb2, tensor_pb2)

NOT_FOUND = grpc.StatusCode.NOT_FOUND
INVALID = grpc.StatusCode.INVALID_ARGUMENT


class ModelsTest(harness.ConformanceTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random_models.seeded_random()

    def get(self, name, **fields):
        return self.client.models.GetModel(model_service_pb2.GetModelRequest(name=name, **fields)).model

    def upload(self, model_id, file, size=None, cut=1 << 16, model_format=model_service_pb2.MODEL_FORMAT_CELLAR_BINARY):
        def messages():
            yield model_service_pb2.UploadModelRequest(open=model_service_pb2.UploadModelOpen(
                model_id=model_id, format=model_format, size_bytes=len(file) if size is None else size))
            for at in range(0, len(file), cut):
                yield model_service_pb2.UploadModelRequest(chunk=file[at:at + cut])
        return self.client.models.UploadModel(messages()).model

    def test_the_same_weights_get_the_same_name_and_digest(self):
        first = self.client.create_model(harness.homework_model())
        second = self.client.create_model(harness.homework_model())
        self.assertEqual((first.name, first.digest), (second.name, second.digest))
        self.assertRegex(first.name, r"^models/[a-z][a-z0-9-]{0,62}$")
        self.assertRegex(first.digest, r"^[0-9a-f]{64}$")
        self.assertEqual((first.input_size, first.output_size, first.parameter_count), (1, 1, 12))

    def test_a_taken_id_is_refused_for_other_weights_only(self):
        self.client.create_model(harness.homework_model(), "taken")
        self.client.create_model(harness.homework_model(), "taken")
        other = harness.homework_model()
        other.layers[0].lstm.forget_gate.bias.values[0] = 1
        with self.refused(grpc.StatusCode.ALREADY_EXISTS, "MODEL_EXISTS") as caught:
            self.client.create_model(other, "taken")
        self.assertEqual(caught[0].metadata["model"], "models/taken")

    def test_full_view_gives_the_weights_back(self):
        for precision in (numerics_pb2.PRECISION_FLOAT32, numerics_pb2.PRECISION_FLOAT64):
            model, _ = random_models.model(self.rng, ["lstm_peephole_projection", "gru_reset_after", "rnn_relu"])
            model.precision = precision
            made = self.client.create_model(model)
            full = self.get(made.name, view=model_service_pb2.MODEL_VIEW_FULL)
            again = self.client.create_model(full, "again-" + str(precision))
            self.assertEqual(again.digest, made.digest)
            basic = self.get(made.name)
            self.assertFalse(basic.layers[0].lstm.forget_gate.input_weights.values)
            self.assertTrue(basic.layers[0].lstm.forget_gate.input_weights.shape)

    def test_an_upload_larger_than_a_message_makes_the_same_model(self):
        hidden = 500
        gate = lambda: model_pb2.Gate(
            input_weights=tensor_pb2.Tensor(shape=[hidden, hidden], raw=bytes(4 * hidden * hidden)),
            recurrent_weights=tensor_pb2.Tensor(shape=[hidden, hidden], raw=random_models.raw(
                [self.rng.uniform(-1, 1) for _ in range(hidden * hidden)], numerics_pb2.PRECISION_FLOAT32)))
        cell = model_pb2.LstmCell(forget_gate=gate(), input_gate=gate(), output_gate=gate(), candidate=gate())
        file = model_pb2.Model(layers=[model_pb2.Layer(lstm=cell)]).SerializeToString()
        self.assertGreater(len(file), 4 << 20)
        made = self.upload("large", file)
        self.assertEqual(made.parameter_count, 4 * (2 * hidden * hidden + hidden))
        session = self.client.create_session(made.name)
        answer = self.client.step(session.name, [1.0] * hidden)
        self.assertEqual(len(answer.trace.outputs.values), hidden)
        with self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "ANSWER_SIZE_LIMIT"):
            self.get(made.name, view=model_service_pb2.MODEL_VIEW_FULL)

    def test_json_uploads_too(self):
        from google.protobuf import json_format
        file = json_format.MessageToJson(harness.homework_model()).encode()
        made = self.upload("", file, model_format=model_service_pb2.MODEL_FORMAT_CELLAR_JSON)
        self.assertEqual(made.digest, self.client.create_model(harness.homework_model()).digest)

    def test_broken_uploads_leave_nothing(self):
        file = harness.homework_model().SerializeToString()
        for bad_size in (len(file) - 1, len(file) + 1, 0, -5, 1 << 60):
            with self.subTest(size=bad_size):
                try:
                    self.upload("broken", file, size=bad_size)
                    self.fail("accepted")
                except grpc.RpcError as error:
                    rich = harness.RichError(error)
                    self.assertIn(rich.reason, ("BAD_REQUEST", "MODEL_SIZE_LIMIT"), rich)
        with self.refused(INVALID, "BAD_REQUEST"):
            self.upload("broken", b"\xff\xfe nothing of the kind")
        with self.refused(INVALID, "BAD_REQUEST"):
            self.client.models.UploadModel(iter([model_service_pb2.UploadModelRequest(chunk=b"x")]))
        with self.refused(INVALID, "BAD_REQUEST"):
            self.client.models.UploadModel(iter([]))
        with self.refused(NOT_FOUND, "MODEL_NOT_FOUND"):
            self.get("models/broken")

    def test_pages_cover_all_models_once_in_order(self):
        for index in range(7):
            model = harness.homework_model()
            model.layers[0].lstm.forget_gate.bias.values[0] = index
            self.client.create_model(model, f"page-{index}")
        names, token = [], ""
        while True:
            answer = self.client.models.ListModels(model_service_pb2.ListModelsRequest(page_size=3, page_token=token))
            self.assertLessEqual(len(answer.models), 3)
            names += [model.name for model in answer.models]
            token = answer.next_page_token
            if not token:
                break
        self.assertEqual(names, sorted(set(names)))
        self.assertTrue({f"models/page-{index}" for index in range(7)} <= set(names))

    def test_a_model_in_use_cannot_be_deleted(self):
        made = self.client.create_model(harness.homework_model(), "in-use")
        session = self.client.create_session(made.name)
        delete = model_service_pb2.DeleteModelRequest(name=made.name)
        with self.refused(grpc.StatusCode.FAILED_PRECONDITION, "MODEL_IN_USE") as caught:
            self.client.models.DeleteModel(delete)
        self.assertEqual(caught[0].metadata["session_count"], "1")
        self.client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=session.name))
        self.client.models.DeleteModel(delete)
        with self.refused(NOT_FOUND, "MODEL_NOT_FOUND"):
            self.client.models.DeleteModel(delete)


if __name__ == "__main__":
    harness.main()
