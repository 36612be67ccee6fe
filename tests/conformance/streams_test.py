"""StreamSteps: pipelining, order, resume, takeover, failures, slow readers, many streams."""

import queue
import threading

import grpc

import harness
from cellar.v1 import session_service_pb2, trace_pb2

ABORTED = grpc.StatusCode.ABORTED
INVALID = grpc.StatusCode.INVALID_ARGUMENT
BITS = [0, 0, 1, 1, 1, 0, 1, 1]


class Conversation:
    """A stream whose messages are sent one by one."""

    def __init__(self, client, *messages):
        self._queue = queue.Queue()
        for message in messages:
            self._queue.put(message)
        self.answers = client.stream(iter(self._queue.get, None))

    def send(self, message):
        self._queue.put(message)
        return next(self.answers)

    def close(self):
        self._queue.put(None)


class StreamsTest(harness.ConformanceTest):

    SERVER_FLAGS = ("--max-streams", "50")

    def setUp(self):
        self.model = self.client.create_model(harness.homework_model()).name
        self.session = self.client.create_session(self.model, replay_window=100).name

    def digest(self):
        return self.client.get_session(self.session).state_digest

    def test_pipelined_steps_are_answered_in_order(self):
        count = 2000
        messages = [harness.opened(self.session)] + [harness.stepped([n % 2]) for n in range(count)]
        answers = list(self.client.stream(iter(messages)))
        self.assertEqual(answers[0].opened.session, self.session)
        self.assertEqual([a.step.first_step for a in answers[1:]], list(range(count)))
        self.assertEqual(answers[-1].step.next_step, count)
        self.assertEqual(self.client.get_session(self.session).next_step, count)

    def test_a_conversation_answers_each_step_before_the_next(self):
        talk = Conversation(self.client, harness.opened(self.session, view=trace_pb2.VIEW_TRACE))
        self.assertEqual(next(talk.answers).opened.next_step, 0)
        for index, bit in enumerate(BITS):
            answer = talk.send(harness.stepped([bit])).step
            self.assertEqual(answer.first_step, index)
            self.assertTrue(answer.trace.layers[0].forget_gate.values)
        talk.close()
        self.assertEqual(list(talk.answers), [])

    def test_a_broken_stream_is_resumed_where_it_stopped(self):
        talk = Conversation(self.client, harness.opened(self.session))
        next(talk.answers)
        wanted = [talk.send(harness.stepped([bit])).step for bit in BITS[:6]]
        talk.answers.cancel()
        # The client missed the last two answers: it sends those steps again and gets the same.
        again = Conversation(self.client, harness.opened(self.session, resume_from=4))
        self.assertEqual(next(again.answers).opened.next_step, 6)
        for index in range(4, 6):
            answer = again.send(harness.stepped([BITS[index]])).step
            self.assertEqual((answer.trace, answer.state_digest), (wanted[index].trace, wanted[index].state_digest))
        self.assertEqual(again.send(harness.stepped([BITS[6]])).step.next_step, 7)
        again.close()

    def test_steps_that_somebody_took_back_are_missing_in_the_same_run_of_the_server(self):
        talk = Conversation(self.client, harness.opened(self.session))
        epoch = next(talk.answers).opened.server_epoch
        self.assertTrue(epoch)
        for bit in BITS[:4]:
            talk.send(harness.stepped([bit]))
        talk.answers.cancel()
        self.client.sessions.RewindSession(session_service_pb2.RewindSessionRequest(name=self.session, step_index=2))
        with self.refused(grpc.StatusCode.OUT_OF_RANGE, "STEP_GAP") as caught:
            list(self.client.stream(iter([harness.opened(self.session, resume_from=4)])))
        self.assertEqual((caught[0].metadata["next_step"], caught[0].metadata["server_epoch"]), ("2", epoch))
        with self.refused(grpc.StatusCode.OUT_OF_RANGE, "STEP_GAP") as caught:
            self.client.step(self.session, [1], step_index=4)
        self.assertEqual(caught[0].metadata["server_epoch"], epoch)

    def test_resume_from_outside_the_window_is_refused(self):
        for resume_from, reason in ((1, "STEP_GAP"), (1 << 62, "STEP_GAP")):
            with self.refused(grpc.StatusCode.OUT_OF_RANGE, reason):
                list(self.client.stream(iter([harness.opened(self.session, resume_from=resume_from)])))
        with self.refused(INVALID, "BAD_REQUEST"):
            list(self.client.stream(iter([harness.opened(self.session, resume_from=-1)])))

    def test_a_second_stream_takes_over(self):
        older = Conversation(self.client, harness.opened(self.session))
        next(older.answers)
        older.send(harness.stepped([1]))
        newer = Conversation(self.client, harness.opened(self.session))
        self.assertEqual(next(newer.answers).opened.next_step, 1)
        with self.refused(ABORTED, "SESSION_TAKEN_OVER") as caught:
            next(older.answers)
        self.assertEqual(caught[0].metadata["session"], self.session)
        self.assertEqual(newer.send(harness.stepped([1])).step.next_step, 2)
        older.close()
        newer.close()

    def test_deleting_the_session_ends_its_stream(self):
        talk = Conversation(self.client, harness.opened(self.session))
        next(talk.answers)
        self.client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=self.session))
        with self.refused(grpc.StatusCode.NOT_FOUND, "SESSION_DELETED"):
            next(talk.answers)
        talk.close()

    def test_the_first_failure_ends_the_stream_and_nothing_after_it_is_applied(self):
        before = [harness.opened(self.session), harness.stepped([1]), harness.stepped([0])]
        bad = harness.stepped([1], step_index=7)
        answers = []
        with self.refused(grpc.StatusCode.OUT_OF_RANGE, "STEP_GAP"):
            for answer in self.client.stream(iter(before + [bad] + [harness.stepped([1])] * 5)):
                answers.append(answer)
        self.assertEqual(len(answers), 3)
        self.assertEqual(self.client.get_session(self.session).next_step, 2)

    def test_messages_out_of_order_are_refused(self):
        empty = session_service_pb2.StreamStepsRequest()
        for messages in ([harness.stepped([1])], [empty], [harness.opened(self.session)] * 2,
                         [harness.opened(self.session), empty]):
            with self.refused(INVALID, "BAD_REQUEST"):
                list(self.client.stream(iter(messages)))
        self.assertEqual(self.client.get_session(self.session).next_step, 0)

    def test_an_empty_stream_ends_well_or_is_refused(self):
        with self.refused(INVALID, "BAD_REQUEST"):
            list(self.client.stream(iter([])))

    def test_a_reader_that_sleeps_stops_the_server_from_reading(self):
        # 100,000 messages with traces are far more than the buffers between us: the sender must come to a halt.
        sent = []

        def messages():
            yield harness.opened(self.session, view=trace_pb2.VIEW_TRACE)
            for number in range(100_000):
                sent.append(number)
                yield harness.stepped([number % 2] * 64)

        call = self.client.stream(messages())
        next(call)
        give_up = threading.Event()
        last = -1
        while last != len(sent):  # until no message left in a while
            last = len(sent)
            give_up.wait(0.5)
        self.assertLess(len(sent), 50_000)
        call.cancel()
        self.assertGreaterEqual(self.client.get_session(self.session).next_step, 0)

    def test_too_many_streams_are_refused_and_closed_ones_make_room(self):
        def many(count):
            talks = []
            for _ in range(count):
                talk = Conversation(self.client, harness.opened(self.client.create_session(self.model).name))
                talks.append(talk)
                next(talk.answers)
            return talks
        talks = []
        with self.refused(grpc.StatusCode.RESOURCE_EXHAUSTED, "STREAM_LIMIT") as caught:
            for _ in range(60):
                talks += many(1)
        self.assertEqual(caught[0].metadata["limit"], "50")
        for talk in talks:
            talk.close()
            self.assertEqual(list(talk.answers), [])
        for talk in many(20):
            talk.close()
            list(talk.answers)

    def test_streams_on_many_sessions_do_not_mix(self):
        def run(name, bits, result):
            own = harness.Client(self.server.address)
            messages = [harness.opened(name)] + [harness.stepped([bit]) for bit in bits]
            result.append(list(own.stream(iter(messages)))[-1].step.state_digest)
            own.close()

        runs = []
        for number in range(16):
            bits = [(number >> (at % 4)) & 1 for at in range(100)]
            runs.append((self.client.create_session(self.model).name, bits, []))
        threads = [threading.Thread(target=run, args=arguments) for arguments in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for name, bits, result in runs:
            lone = self.client.create_session(self.model).name
            self.assertEqual(result, [self.client.step(lone, bits).state_digest])


if __name__ == "__main__":
    harness.main()
