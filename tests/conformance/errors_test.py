"""Every field of every request wrong in many ways: the documented code, every violation by its path, nothing changed."""

import math

import grpc
from google.protobuf import duration_pb2

import harness
from cellar.v1 import (evaluation_service_pb2, exercise_pb2, model_pb2, model_service_pb2, numerics_pb2,
                       session_pb2, session_service_pb2, state_pb2, tensor_pb2)

INVALID = grpc.StatusCode.INVALID_ARGUMENT
BAD_IDS = ["A", "1st", "-a", "a_b", "a" * 64, "a b", "models/x", "\u00e9", "a/b"]
BAD_NAMES = ["", "x", "sessions/", "sessions/A", "models/x/y", "sessions/" + "a" * 64, "/", "sessions/a\0b"]


class ErrorsTest(harness.ConformanceTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.client.create_model(harness.homework_model()).name
        cls.session = cls.client.create_session(cls.model).name
        cls.client.step(cls.session, [1, 0, 1])
        cls.before = cls.look()

    @classmethod
    def look(cls):
        session = cls.client.get_session(cls.session)
        session.ClearField("expire_time")  # a failed call counts as use
        return session

    def tearDown(self):
        self.assertEqual(self.look(), self.before)

    def bad(self, call, *fields):
        """The call is a bad request, and exactly these fields are named, each with a description."""
        with self.refused(INVALID, "BAD_REQUEST") as caught:
            call()
        if fields:
            self.assertEqual(sorted(caught[0].violations), sorted(fields), caught[0])
        self.assertTrue(caught[0].violations, caught[0])
        self.assertTrue(all(len(text) > 10 for text in caught[0].violations.values()), caught[0])
        self.assertTrue(caught[0].message)
        return caught[0]

    def create_model(self, model, model_id=""):
        return lambda: self.client.create_model(model, model_id)

    def test_model_fields(self):
        self.bad(self.create_model(model_pb2.Model()), "model.layers")
        self.bad(self.create_model(model_pb2.Model(layers=[model_pb2.Layer()])), "model.layers[0].cell")
        for bad_id in BAD_IDS:
            self.bad(self.create_model(harness.homework_model(), bad_id), "model_id")
        unknown = harness.homework_model()
        unknown.precision = 17
        self.bad(self.create_model(unknown), "model.precision")
        short = harness.homework_model()
        short.precision = numerics_pb2.PRECISION_FLOAT64
        short.weight_storage = model_pb2.WEIGHT_STORAGE_BFLOAT16
        self.bad(self.create_model(short), "model.weight_storage")

    def test_all_problems_of_a_model_come_at_once(self):
        model = harness.homework_model()
        cell = model.layers[0].lstm
        cell.forget_gate.bias.values[0] = math.nan
        cell.input_gate.input_weights.values.extend([1, 2])
        cell.output_gate.recurrent_weights.raw = b"abcd"
        cell.candidate.activation = 99
        cell.ClearField("peepholes")
        cell.peepholes.forget_gate.values.append(math.inf)
        error = self.bad(self.create_model(model))
        path = "model.layers[0].lstm."
        for field in ("forget_gate.bias", "input_gate.input_weights", "output_gate.recurrent_weights",
                      "candidate.activation", "peepholes.input_gate", "peepholes.output_gate"):
            self.assertTrue(any(name.startswith(path + field) for name in error.violations), (field, error))

    def test_missing_gates_are_named(self):
        for name in ("forget_gate", "input_gate", "output_gate", "candidate"):
            model = harness.homework_model()
            model.layers[0].lstm.ClearField(name)
            self.bad(self.create_model(model), f"model.layers[0].lstm.{name}")
            model.layers[0].lstm.__getattribute__(name).bias.values.append(1)
            error = self.bad(self.create_model(model))
            self.assertTrue(any(field.startswith(f"model.layers[0].lstm.{name}.") for field in error.violations), error)

    def test_bad_shapes(self):
        for shape in ([2, 1], [1, 2], [1], [1, 1, 1], [0, 1], [-1, -1], [1 << 62, 1 << 62], [1] * 100):
            model = harness.homework_model()
            model.layers[0].lstm.forget_gate.input_weights.shape.extend(shape)
            error = self.bad(self.create_model(model))
            self.assertTrue(next(iter(error.violations)).startswith("model.layers[0].lstm.forget_gate.input_weights"), error)

    def test_a_weight_beyond_float32_is_refused_unless_float64(self):
        model = harness.homework_model()
        model.layers[0].lstm.forget_gate.bias.values[0] = 1e300
        error = self.bad(self.create_model(model))
        self.assertIn("1e+300", " ".join(error.violations.values()))
        model.precision = numerics_pb2.PRECISION_FLOAT64
        made = self.client.create_model(model)
        self.bad(lambda: self.client.create_session(
            made.name, numerics=numerics_pb2.Numerics(precision=numerics_pb2.PRECISION_FLOAT32)),
            "session.numerics.precision")

    def test_session_fields(self):
        create = lambda session_id="", **fields: lambda: self.client.create_session(
            fields.pop("model", self.model), session_id, **fields)
        for bad_id in BAD_IDS:
            self.bad(create(bad_id), "session_id")
        for bad_model in ("", "x", "sessions/x", "models/", "models/UPPER"):
            self.bad(create(model=bad_model), "session.model")
        for seconds in (0, -1, 10**12):
            self.bad(create(ttl=duration_pb2.Duration(seconds=seconds)), "session.ttl")
        for window in (-1, 1025, 2**31 - 1):
            self.bad(create(replay_window=window), "session.replay_window")
        for field in ("precision", "activation_rule", "rounding", "rounding_scope"):
            self.bad(create(numerics=numerics_pb2.Numerics(**{field: 9})), f"session.numerics.{field}")
        self.bad(create(durability=9), "session.durability")
        self.bad(create(labels={"": "x"}))
        self.bad(create(labels={"Key": "x"}))
        self.bad(create(labels={"key": "x" * 256}))
        self.bad(create(labels={f"key{n}": "x" for n in range(17)}), "session.labels")
        self.bad(create("A", ttl=duration_pb2.Duration(seconds=-1), replay_window=-1, durability=9),
                 "session_id", "session.ttl", "session.replay_window", "session.durability")
        with self.refused(grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND"):
            self.client.create_session("models/none")
        for durability in (session_pb2.DURABILITY_PERIODIC, session_pb2.DURABILITY_EVERY_STEP):
            with self.refused(grpc.StatusCode.FAILED_PRECONDITION, "DURABILITY_UNAVAILABLE"):
                self.client.create_session(self.model, durability=durability)

    def test_a_bidirectional_model_is_not_stepped(self):
        model = harness.homework_model()
        model.backward_layers.append(model.layers[0])
        made = self.client.create_model(model)
        with self.refused(grpc.StatusCode.FAILED_PRECONDITION, "MODEL_BIDIRECTIONAL") as caught:
            self.client.create_session(made.name)
        self.assertEqual(caught[0].metadata["model"], made.name)

    def test_names(self):
        services = self.client.sessions
        requests = session_service_pb2
        for name in BAD_NAMES:
            for call, request in ((services.GetSession, requests.GetSessionRequest(name=name)),
                                  (services.DeleteSession, requests.DeleteSessionRequest(name=name)),
                                  (services.ResetSession, requests.ResetSessionRequest(name=name)),
                                  (services.RewindSession, requests.RewindSessionRequest(name=name)),
                                  (services.ForkSession, requests.ForkSessionRequest(name=name)),
                                  (services.ExportSession, requests.ExportSessionRequest(name=name))):
                self.bad(lambda: call(request), "name")
            self.bad(lambda: self.client.step(name, [1]), "session")
        for name in ("", "x", "models/", "models/A", "sessions/x"):
            self.bad(lambda: self.client.models.GetModel(model_service_pb2.GetModelRequest(name=name)), "name")
            self.bad(lambda: self.client.models.DeleteModel(model_service_pb2.DeleteModelRequest(name=name)), "name")

    def test_step_fields(self):
        step = lambda inputs=None, **fields: lambda: self.client.sessions.Step(session_service_pb2.StepRequest(
            session=self.session, inputs=inputs, **fields))
        one = tensor_pb2.Tensor(values=[1])
        self.bad(step(), "inputs")
        self.bad(step(tensor_pb2.Tensor()), "inputs")
        self.bad(step(tensor_pb2.Tensor(values=[1], raw=b"1234")), "inputs")
        self.bad(step(tensor_pb2.Tensor(raw=b"123")))
        self.bad(step(tensor_pb2.Tensor(values=[1, 1e300])))
        for shape in ([2], [1, 2], [2, 1], [1, 1, 1], [0], [-1, -1], [1 << 62, 4]):
            self.bad(step(tensor_pb2.Tensor(values=[1], shape=shape)))
        self.bad(step(one, step_index=-1), "step_index")
        self.bad(step(one, view=9), "view")
        self.bad(step(one, density=9), "density")
        self.bad(step(one, encoding=9), "encoding")
        self.bad(step(tensor_pb2.Tensor(), view=9, density=9, encoding=9, step_index=-1),
                 "inputs", "view", "density", "encoding", "step_index")
        with self.refused(grpc.StatusCode.OUT_OF_RANGE, "STEP_GAP"):
            step(one, step_index=2**63 - 1)()

    def test_state_fields(self):
        def set_state(*layers, **fields):
            return lambda: self.client.sessions.SetSessionState(session_service_pb2.SetSessionStateRequest(
                name=self.session, state=state_pb2.State(layers=layers), **fields))
        layer = lambda h=1, c=1: state_pb2.LayerState(h=tensor_pb2.Tensor(values=[0] * h),
                                                      c=tensor_pb2.Tensor(values=[0] * c))
        self.bad(lambda: self.client.sessions.SetSessionState(
            session_service_pb2.SetSessionStateRequest(name=self.session)), "state")
        self.bad(set_state(), "state.layers")
        self.bad(set_state(layer(), layer()), "state.layers")
        self.bad(set_state(layer(h=2, c=3)), "state.layers[0].h", "state.layers[0].c")
        self.bad(set_state(layer(), next_step=-1), "next_step")

    def test_rewind_fork_import_and_pages(self):
        sessions, requests = self.client.sessions, session_service_pb2
        self.bad(lambda: sessions.RewindSession(requests.RewindSessionRequest(name=self.session, step_index=-1)),
                 "step_index")
        self.bad(lambda: sessions.ForkSession(requests.ForkSessionRequest(name=self.session, step_index=-1)),
                 "step_index")
        self.bad(lambda: sessions.ForkSession(requests.ForkSessionRequest(name=self.session, session_id="A")),
                 "session_id")
        self.bad(lambda: sessions.ForkSession(requests.ForkSessionRequest(
            name=self.session, ttl=duration_pb2.Duration(seconds=-1))), "ttl")
        self.bad(lambda: sessions.ImportSession(requests.ImportSessionRequest()), "snapshot", "session.model")
        self.bad(lambda: sessions.ImportSession(requests.ImportSessionRequest(
            snapshot=b"x", session=session_pb2.Session(model=self.model, numerics=numerics_pb2.Numerics(precision=1)))),
            "session.numerics")
        for size in (-1, 1001):
            self.bad(lambda: sessions.ListSessions(requests.ListSessionsRequest(page_size=size)), "page_size")
            self.bad(lambda: self.client.models.ListModels(model_service_pb2.ListModelsRequest(page_size=size)),
                     "page_size")
        self.bad(lambda: sessions.ListSessions(requests.ListSessionsRequest(page_token="?!")), "page_token")
        self.bad(lambda: self.client.models.ListModels(model_service_pb2.ListModelsRequest(page_token="?!")),
                 "page_token")
        self.bad(lambda: sessions.GetSession(requests.GetSessionRequest(name=self.session, view=9)), "view")

    def test_evaluate_fields(self):
        def evaluate(**fields):
            fields.setdefault("inline_model", harness.homework_model())
            if "model" in fields:
                del fields["inline_model"]
            fields.setdefault("sequences", [exercise_pb2.Sequence(inputs=tensor_pb2.Tensor(values=[1]))])
            return lambda: self.client.evaluate(evaluation_service_pb2.EvaluateRequest(**fields))
        self.bad(lambda: self.client.evaluate(evaluation_service_pb2.EvaluateRequest(
            sequences=[exercise_pb2.Sequence(inputs=tensor_pb2.Tensor(values=[1]))])))
        self.bad(evaluate(sequences=[]), "sequences")
        self.bad(evaluate(sequences=[exercise_pb2.Sequence()]), "sequences[0].inputs")
        self.bad(evaluate(inline_model=model_pb2.Model()), "inline_model.layers")
        self.bad(evaluate(model="x"), "model")
        self.bad(evaluate(view=9, density=9, encoding=9), "view", "density", "encoding")
        self.bad(evaluate(numerics=numerics_pb2.Numerics(rounding=9)), "numerics.rounding")
        self.bad(evaluate(sequences=[exercise_pb2.Sequence(
            inputs=tensor_pb2.Tensor(values=[1]),
            initial_state=state_pb2.State(layers=[state_pb2.LayerState(h=tensor_pb2.Tensor(values=[1, 2]))]))]),
            "sequences[0].initial_state.layers[0].h")
        with self.refused(grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND"):
            evaluate(model="models/none")()


if __name__ == "__main__":
    harness.main()
