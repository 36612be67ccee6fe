"""BatchStep and StreamBatchSteps over a real port: every item as Step would answer it, each with its own outcome."""

import grpc

import harness
import random_models
from cellar.v1 import session_service_pb2, tensor_pb2, trace_pb2

RAW = tensor_pb2.ENCODING_RAW
ITEM_LIMIT = 10_000


def item(session, values, step_index=None):
    return session_service_pb2.BatchStepItem(
        session=session, inputs=tensor_pb2.Tensor(values=values), step_index=step_index)


class BatchesTest(harness.ConformanceTest):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random_models.seeded_random()

    def setUp(self):
        self.model = self.client.create_model(harness.homework_model()).name

    def batch(self, items, **fields):
        return self.client.sessions.BatchStep(
            session_service_pb2.BatchStepRequest(items=items, **fields)).results

    def test_every_item_is_a_step(self):
        names = [self.client.create_session(self.model).name for _ in range(100)]
        twins = [self.client.create_session(self.model).name for _ in range(100)]
        for _ in range(5):
            inputs = [[self.rng.randint(0, 1) for _ in range(self.rng.randint(1, 4))] for _ in names]
            results = self.batch([item(name, values) for name, values in zip(names, inputs)],
                                 view=trace_pb2.VIEW_TRACE, encoding=RAW)
            self.assertEqual(len(results), 100)
            for twin, values, result in zip(twins, inputs, results):
                alone = self.client.step(twin, values, view=trace_pb2.VIEW_TRACE, encoding=RAW)
                self.assertEqual(result.step, alone)

    def test_a_failed_item_leaves_the_others_alone(self):
        good = self.client.create_session(self.model).name
        results = self.batch([item("sessions/nobody", [1]), item(good, [1, 0]), item(good, [1], 9),
                              item(good, []), item(good, [0, 0], 0)])
        self.assertEqual([result.error.reason for result in results],
                         ["SESSION_NOT_FOUND", "", "STEP_GAP", "BAD_REQUEST", "STEP_CONFLICT"])
        self.assertEqual(results[0].error.code, grpc.StatusCode.NOT_FOUND.value[0])
        self.assertEqual(results[2].error.metadata["next_step"], "2")
        self.assertEqual([v.field for v in results[3].error.violations], ["items[3].inputs"])
        self.assertEqual(self.client.get_session(good).next_step, 2)

    def test_a_retry_is_answered_and_not_made_twice(self):
        name = self.client.create_session(self.model).name
        items = [item(name, [1, 1], 0), item(name, [0], 2)]
        first, again = self.batch(items), self.batch(items)
        self.assertEqual([r.step.trace for r in first], [r.step.trace for r in again])
        self.assertEqual([r.step.state_digest for r in first], [r.step.state_digest for r in again])
        self.assertEqual(self.client.get_session(name).next_step, 3)

    def test_digests_can_be_left_out(self):
        name = self.client.create_session(self.model).name
        self.assertEqual(self.batch([item(name, [1])], omit_state_digest=True)[0].step.state_digest, "")
        self.assertNotEqual(self.batch([item(name, [1])])[0].step.state_digest, "")

    def test_too_many_items_or_none_are_refused_whole(self):
        name = self.client.create_session(self.model).name
        for items in [], [item(name, [1])] * (ITEM_LIMIT + 1):
            with self.refused(grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST"):
                self.batch(items)
        self.assertEqual(self.client.get_session(name).next_step, 0)

    def test_the_largest_batch_is_answered(self):
        name = self.client.create_session(self.model).name
        results = self.batch([item(name, [1])] * ITEM_LIMIT, omit_state_digest=True)
        self.assertEqual([result.step.first_step for result in results], list(range(ITEM_LIMIT)))

    def stream(self, batches, **fields):
        return [answer.batch.results for answer in self.client.sessions.StreamBatchSteps(iter([
            session_service_pb2.StreamBatchStepsRequest(
                batch=session_service_pb2.BatchStepRequest(items=items, **fields))
            for items in batches]))]

    def test_batches_of_a_stream_are_answered_in_order(self):
        names = [self.client.create_session(self.model).name for _ in range(40)]
        twins = [self.client.create_session(self.model).name for _ in range(40)]
        batches = [[item(name, [self.rng.randint(0, 1) for _ in range(self.rng.randint(1, 3))])
                    for name in self.rng.sample(names, self.rng.randint(1, 40))] for _ in range(50)]
        twin_of = dict(zip(names, twins))
        answers = self.stream(batches, view=trace_pb2.VIEW_TRACE, encoding=RAW)
        self.assertEqual(len(answers), len(batches))
        for items, results in zip(batches, answers):
            for asked, result in zip(items, results):
                alone = self.client.step(twin_of[asked.session], asked.inputs.values,
                                         view=trace_pb2.VIEW_TRACE, encoding=RAW)
                self.assertEqual(result.step, alone)

    def test_a_batch_of_a_stream_holds_nothing_of_the_one_before(self):
        good = self.client.create_session(self.model).name
        answers = self.stream([[item(good, [1, 0]), item("sessions/nobody", [1])],
                               [item("sessions/nobody", [1]), item(good, [1])], [item(good, [1])]])
        self.assertEqual([[r.error.reason for r in results] for results in answers],
                         [["", "SESSION_NOT_FOUND"], ["SESSION_NOT_FOUND", ""], [""]])
        self.assertEqual([r.step.first_step for results in answers for r in results if r.HasField("step")],
                         [0, 2, 3])

    def test_a_refused_batch_ends_the_stream_behind_the_answers_before_it(self):
        name = self.client.create_session(self.model).name
        batches = [[item(name, [1])], [], [item(name, [1])]]
        answers = self.client.sessions.StreamBatchSteps(iter([
            session_service_pb2.StreamBatchStepsRequest(
                batch=session_service_pb2.BatchStepRequest(items=items)) for items in batches]))
        self.assertEqual(len(next(answers).batch.results), 1)
        with self.refused(grpc.StatusCode.INVALID_ARGUMENT, "BAD_REQUEST"):
            next(answers)
        self.assertEqual(self.client.get_session(name).next_step, 1)


if __name__ == "__main__":
    harness.main()
