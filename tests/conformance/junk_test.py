"""Bytes that no client of ours would send: the server answers something documented and lives."""

import grpc

import harness
import random_models
from cellar.v1 import (evaluation_service_pb2, grading_service_pb2, model_service_pb2,
                       session_service_pb2)

ROUNDS = 400
SERVICES = {
    "ModelService": (model_service_pb2, "models"),
    "SessionService": (session_service_pb2, "sessions"),
    "EvaluationService": (evaluation_service_pb2, "evaluation"),
    "GradingService": (grading_service_pb2, "grading"),
}


class JunkTest(harness.ConformanceTest):

    def setUp(self):
        self.rng = random_models.seeded_random()
        self.model = self.client.create_model(harness.homework_model()).name
        self.session = self.client.create_session(self.model, "junk-" + str(self.rng.randrange(10**9))).name

    def methods(self):
        for name, (module, _) in SERVICES.items():
            for method in module.DESCRIPTOR.services_by_name[name].methods:
                yield f"/cellar.v1.{name}/{method.name}", method

    def call(self, path, messages):
        """Sends raw messages; returns the code."""
        call = self.client.channel.stream_stream(path, request_serializer=bytes, response_deserializer=bytes)
        try:
            for _ in call(iter(messages), timeout=harness.CALL_SECONDS):
                pass
            return grpc.StatusCode.OK
        except grpc.RpcError as error:
            return error.code()

    def mutated(self, seed):
        data = bytearray(seed)
        for _ in range(self.rng.randint(1, 4)):
            if data and self.rng.random() < 0.7:
                data[self.rng.randrange(len(data))] = self.rng.randrange(256)
            else:
                at = self.rng.randint(0, len(data))
                data[at:at] = self.rng.randbytes(self.rng.randint(1, 8))
        return bytes(data)

    def seeds(self, method):
        """Good messages of this method to start from, as far as one can be guessed from field names."""
        message = getattr(SERVICES[method.containing_service.name][0], method.input_type.name)()
        for field in method.input_type.fields:
            if field.name in ("name", "session") and field.cpp_type == field.CPPTYPE_STRING:
                setattr(message, field.name, self.session)
        yield message.SerializeToString()
        if method.name == "Step":
            message.inputs.values.extend([1, 2, 3])
        elif method.name == "BatchStep":
            message.items.add(session=self.session).inputs.values.extend([1, 2, 3])
        elif method.name == "StreamBatchSteps":
            message.batch.items.add(session=self.session).inputs.values.extend([1, 2, 3])
        elif method.name in ("Grade", "CheckExercise"):
            message.inline_exercise.model.CopyFrom(harness.homework_model())
            message.inline_exercise.sequences.add().inputs.values.extend([1, 0])
            if method.name == "Grade":
                message.submission.text = "1 0"
        elif method.name == "StreamSteps":
            message.open.session = self.session
        elif method.name == "CreateModel":
            message.model.CopyFrom(harness.homework_model())
        elif method.name == "Evaluate":
            message.inline_model.CopyFrom(harness.homework_model())
            message.sequences.add().inputs.values.extend([1, 0])
        yield message.SerializeToString()

    def test_random_and_mutated_bytes_never_hurt(self):
        allowed = {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND,
                   grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.ABORTED, grpc.StatusCode.ALREADY_EXISTS,
                   grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.RESOURCE_EXHAUSTED,
                   grpc.StatusCode.DATA_LOSS}
        for path, method in self.methods():
            seeds = list(self.seeds(method))
            for _ in range(ROUNDS):
                if self.rng.random() < 0.2:
                    data = self.rng.randbytes(self.rng.randint(0, 60))
                else:
                    data = self.mutated(self.rng.choice(seeds))
                count = self.rng.randint(1, 3) if method.client_streaming else 1
                code = self.call(path, [data] * count)
                self.assertIn(code, allowed, (path, data))
            self.assertTrue(self.server.alive(), path)
        self.client.create_session(self.model)

    def test_unknown_methods_and_no_message(self):
        self.assertEqual(self.call("/cellar.v1.SessionService/NoSuchMethod", [b""]), grpc.StatusCode.UNIMPLEMENTED)
        for path, method in self.methods():
            self.call(path, [])
        self.assertTrue(self.server.alive())


if __name__ == "__main__":
    harness.main()
