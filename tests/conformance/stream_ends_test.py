"""Ends: an open stream is told at once, without a step of its own, when it has no session any more, and why."""

import tempfile
import time
import unittest

import grpc
from google.protobuf import duration_pb2

import harness
from cellar.v1 import session_pb2, session_service_pb2, tensor_pb2
from streams_test import Conversation

NOT_FOUND = grpc.StatusCode.NOT_FOUND
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


class _Ends:
    """What an idle stream is told. Of a test case with `server` and `client`."""

    SHORT = duration_pb2.Duration(seconds=1)

    def begin(self, **fields):
        """A session, and an open stream on it that has made one step."""
        model = self.client.create_model(harness.homework_model()).name
        session = self.client.create_session(model, **fields).name
        talk = Conversation(self.client, harness.opened(session))
        next(talk.answers)
        talk.send(harness.stepped([1]))
        return session, talk

    def told(self, talk, code, reason):
        """Waits for the end of the stream, which sends nothing; the error."""
        with self.assertRaises(grpc.RpcError) as caught:
            next(talk.answers)
        error = harness.RichError(caught.exception)
        self.assertEqual((error.code, error.reason), (code, reason), error)
        talk.close()
        return error


class StreamEndsTest(_Ends, harness.ConformanceTest):

    def test_deleted_by_another_call(self):
        session, talk = self.begin()
        self.client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=session))
        error = self.told(talk, NOT_FOUND, "SESSION_DELETED")
        self.assertEqual(error.metadata["session"], session)
        self.assertIn("delete_time", error.metadata)

    def test_expired_for_want_of_steps(self):
        session, talk = self.begin(ttl=self.SHORT)
        error = self.told(talk, NOT_FOUND, "SESSION_EXPIRED")
        self.assertIn("expire_time", error.metadata)
        with self.refused(NOT_FOUND, "SESSION_EXPIRED"):
            self.client.get_session(session)

    def test_a_stream_that_steps_does_not_expire(self):
        _, talk = self.begin(ttl=self.SHORT)
        end = time.monotonic() + 2.5
        steps = 1
        while time.monotonic() < end:
            steps += 1
            self.assertEqual(talk.send(harness.stepped([1])).step.next_step, steps)
        talk.close()
        self.assertEqual(list(talk.answers), [])

    def test_taken_over_by_a_newer_stream(self):
        session, talk = self.begin()
        newer = Conversation(self.client, harness.opened(session))
        next(newer.answers)
        self.assertEqual(self.told(talk, grpc.StatusCode.ABORTED, "SESSION_TAKEN_OVER").metadata["next_step"], "1")
        newer.close()

    def test_every_stream_learns_its_own_end(self):
        """Many at once: half are deleted, half expire."""
        deleted = [self.begin() for _ in range(10)]
        expired = [self.begin(ttl=self.SHORT) for _ in range(10)]
        for session, _ in deleted:
            self.client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=session))
        for session, talk in deleted:
            self.assertEqual(self.told(talk, NOT_FOUND, "SESSION_DELETED").metadata["session"], session)
        for session, talk in expired:
            self.assertEqual(self.told(talk, NOT_FOUND, "SESSION_EXPIRED").metadata["session"], session)


class RunEndsTest(_Ends, unittest.TestCase):
    """The server goes: in order, or not."""

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="cellar-ends-")
        self.addCleanup(self._folder.cleanup)
        self.start()

    def start(self):
        self.server = harness.Server("--data-dir", self._folder.name + "/data", "--drain-timeout", "60s")
        self.addCleanup(self.server.kill)
        self.client = harness.Client(self.server.address)
        self.addCleanup(self.client.close)

    def test_a_drain_tells_every_stream_to_come_back(self):
        _, talk = self.begin()
        batches = Conversation(_Batches(self.client))
        item = session_service_pb2.BatchStepItem(session="sessions/nobody", inputs=tensor_pb2.Tensor(values=[1]))
        batch = session_service_pb2.BatchStepRequest(items=[item])
        batches.send(session_service_pb2.StreamBatchStepsRequest(batch=batch))  # answered: the server knows of it
        self.server.process.terminate()
        self.told(talk, UNAVAILABLE, "DRAINING")
        self.told(batches, UNAVAILABLE, "DRAINING")
        self.assertEqual(self.server.process.wait(timeout=harness.CALL_SECONDS), 0)

    def test_a_session_lost_with_its_server_is_told_when_the_stream_comes_back(self):
        session, talk = self.begin(durability=session_pb2.DURABILITY_MEMORY)
        self.server.process.kill()
        self.told(talk, UNAVAILABLE, "")  # nobody is there to say more
        self.start()
        again = Conversation(self.client, harness.opened(session, resume_from=1))
        self.assertIn("lost_time", self.told(again, NOT_FOUND, "SESSION_LOST").metadata)


class _Batches:
    """StreamBatchSteps in the place of StreamSteps."""

    def __init__(self, client):
        self._sessions = client.sessions

    def stream(self, requests):
        return self._sessions.StreamBatchSteps(requests, timeout=harness.CALL_SECONDS)


if __name__ == "__main__":
    harness.main()
