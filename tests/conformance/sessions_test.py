"""SessionService without streams: life, indices, retries, reset, rewind, fork, export, import, set, expiry."""

import hashlib
import struct
import time

import grpc
from google.protobuf import duration_pb2

import harness
from cellar.v1 import (numerics_pb2, session_pb2, session_service_pb2, state_pb2, tensor_pb2)

NOT_FOUND = grpc.StatusCode.NOT_FOUND
OUT_OF_RANGE = grpc.StatusCode.OUT_OF_RANGE
ABORTED = grpc.StatusCode.ABORTED
BITS = [0, 0, 1, 1, 1, 0, 1, 1]


class SessionsTest(harness.ConformanceTest):

    def setUp(self):
        self.model = self.client.create_model(harness.homework_model()).name

    def create(self, session_id="", **fields):
        return self.client.create_session(self.model, session_id, **fields)

    def stepped(self, **fields):
        """A session that made the steps of BITS, one request each."""
        session = self.create(**fields)
        for bit in BITS:
            self.client.step(session.name, [bit])
        return self.client.get_session(session.name)

    def delete(self, name):
        self.client.sessions.DeleteSession(session_service_pb2.DeleteSessionRequest(name=name))

    def test_a_new_session_tells_everything(self):
        session = self.create("told", labels={"course": "6.86x"}, ttl=duration_pb2.Duration(seconds=90))
        self.assertEqual(session.name, "sessions/told")
        self.assertEqual((session.next_step, session.durable_step, session.oldest_step), (0, 0, 0))
        self.assertEqual(session.numerics.precision, numerics_pb2.PRECISION_FLOAT32)
        self.assertEqual(session.numerics.rounding, numerics_pb2.ROUNDING_NONE)
        self.assertEqual(session.durability, session_pb2.DURABILITY_MEMORY)
        self.assertEqual(dict(session.labels), {"course": "6.86x"})
        self.assertEqual(session.replay_window, 8)
        lived = session.expire_time.ToNanoseconds() - session.update_time.ToNanoseconds()
        self.assertEqual(lived, 90 * 10**9)
        self.assertFalse(session.HasField("ttl"))
        with self.refused(grpc.StatusCode.ALREADY_EXISTS, "SESSION_EXISTS"):
            self.create("told")

    def test_made_names_differ_and_are_long(self):
        names = {self.create().name for _ in range(100)}
        self.assertEqual(len(names), 100)
        self.assertTrue(all(len(name) >= len("sessions/") + 32 for name in names))

    def test_indices_retries_gaps_and_conflicts(self):
        session = self.create()
        first = self.client.step(session.name, [0, 1], step_index=0)
        self.assertEqual((first.first_step, first.step_count, first.next_step), (0, 2, 2))
        second = self.client.step(session.name, [1], step_index=2)
        retry = self.client.step(session.name, [0, 1], step_index=0)
        self.assertEqual((retry.trace, retry.state_digest), (first.trace, first.state_digest))
        self.assertEqual((retry.first_step, retry.next_step), (0, 3))
        part = self.client.step(session.name, [1, 1], step_index=1)
        self.assertEqual(part.state_digest, second.state_digest)
        with self.refused(ABORTED, "STEP_CONFLICT") as caught:
            self.client.step(session.name, [0], step_index=2)
        self.assertEqual(caught[0].metadata, {"session": session.name, "step_index": "2", "next_step": "3"})
        with self.refused(ABORTED, "STEP_CONFLICT"):
            self.client.step(session.name, [1, 1], step_index=2)  # reaches over next_step
        with self.refused(OUT_OF_RANGE, "STEP_GAP") as caught:
            self.client.step(session.name, [0], step_index=4)
        self.assertEqual(caught[0].metadata["next_step"], "3")
        self.assertEqual(self.client.get_session(session.name).next_step, 3)

    def test_the_replay_window_is_bounded(self):
        session = self.stepped(replay_window=3)
        self.assertEqual((session.oldest_step, session.next_step), (5, 8))
        self.client.step(session.name, [BITS[5]], step_index=5)
        with self.refused(OUT_OF_RANGE, "STEP_TOO_OLD") as caught:
            self.client.step(session.name, [BITS[4]], step_index=4)
        self.assertEqual(caught[0].metadata["oldest_step"], "5")
        none = self.stepped(replay_window=0)
        self.assertEqual(none.oldest_step, 8)
        with self.refused(OUT_OF_RANGE, "STEP_TOO_OLD"):
            self.client.step(none.name, [BITS[7]], step_index=7)

    def test_rewind_and_step_again_comes_to_the_same_state(self):
        session = self.stepped()
        for at in (7, 3, 3, 0):
            rewound = self.client.sessions.RewindSession(
                session_service_pb2.RewindSessionRequest(name=session.name, step_index=at)).session
            self.assertEqual(rewound.next_step, at)
        for bit in BITS:
            digest = self.client.step(session.name, [bit]).state_digest
        self.assertEqual(digest, session.state_digest)
        for at, reason in ((9, "STEP_GAP"),):
            with self.refused(OUT_OF_RANGE, reason):
                self.client.sessions.RewindSession(
                    session_service_pb2.RewindSessionRequest(name=session.name, step_index=at))

    def test_reset_goes_back_to_the_initial_state(self):
        start = state_pb2.State(layers=[state_pb2.LayerState(h=tensor_pb2.Tensor(values=[0.25]),
                                                             c=tensor_pb2.Tensor(values=[-0.5]))])
        session = self.client.sessions.CreateSession(session_service_pb2.CreateSessionRequest(
            session=session_pb2.Session(model=self.model), initial_state=start)).session
        self.client.step(session.name, BITS)
        reset = self.client.sessions.ResetSession(
            session_service_pb2.ResetSessionRequest(name=session.name)).session
        self.assertEqual((reset.next_step, reset.oldest_step, reset.state_digest), (0, 0, session.state_digest))
        state = self.client.get_session(session.name).state
        self.assertEqual((list(state.layers[0].h.values), list(state.layers[0].c.values)), ([0.25], [-0.5]))

    def test_a_fork_goes_its_own_way(self):
        session = self.stepped()
        fork = self.client.sessions.ForkSession(
            session_service_pb2.ForkSessionRequest(name=session.name, session_id="forked", step_index=5)).session
        self.assertEqual((fork.name, fork.next_step), ("sessions/forked", 5))
        for bit in BITS[5:]:
            digest = self.client.step(fork.name, [bit]).state_digest
        self.assertEqual(digest, session.state_digest)
        self.client.step(fork.name, [1, 1, 1])
        self.assertEqual(self.client.get_session(session.name).state_digest, session.state_digest)

    def test_export_and_import_carry_the_state(self):
        session = self.stepped()
        exported = self.client.sessions.ExportSession(
            session_service_pb2.ExportSessionRequest(name=session.name))
        imported = self.client.sessions.ImportSession(session_service_pb2.ImportSessionRequest(
            snapshot=exported.snapshot, session_id="imported", session=session_pb2.Session(model=self.model))).session
        self.assertEqual((imported.state_digest, imported.next_step, imported.numerics),
                         (session.state_digest, session.next_step, session.numerics))
        self.assertEqual(self.client.step(imported.name, [1, 0]).state_digest,
                         self.client.step(session.name, [1, 0]).state_digest)

    def test_damaged_and_foreign_snapshots_are_refused(self):
        session = self.stepped()
        snapshot = self.client.sessions.ExportSession(
            session_service_pb2.ExportSessionRequest(name=session.name)).snapshot

        def restore(data, model=self.model):
            self.client.sessions.ImportSession(session_service_pb2.ImportSessionRequest(
                snapshot=data, session=session_pb2.Session(model=model)))

        for at in range(len(snapshot)):
            damaged = bytearray(snapshot)
            damaged[at] ^= 1 << (at % 8)
            with self.refused(grpc.StatusCode.DATA_LOSS, "SNAPSHOT_CORRUPT"):
                restore(bytes(damaged))
        with self.refused(grpc.StatusCode.DATA_LOSS, "SNAPSHOT_CORRUPT"):
            restore(snapshot[:-1])
        other = harness.homework_model()
        other.layers[0].lstm.candidate.bias.values[0] = 3
        foreign = self.client.create_model(other)
        with self.refused(grpc.StatusCode.FAILED_PRECONDITION, "MODEL_MISMATCH") as caught:
            restore(snapshot, foreign.name)
        self.assertEqual(caught[0].metadata["model_digest"], foreign.digest)

    def test_every_nan_becomes_the_canonical_one(self):
        numbers = [struct.pack("<I", bits) for bits in (0x7FC00000, 0xFFC00000, 0x7FC12345, 0xFF800001)]
        canonical = None
        for number in numbers:
            request = session_service_pb2.SetSessionStateRequest(name=self.create().name)
            request.state.layers.add(h=tensor_pb2.Tensor(raw=number), c=tensor_pb2.Tensor(raw=number))
            digest = self.client.sessions.SetSessionState(request).session.state_digest
            exported = self.client.sessions.ExportSession(
                session_service_pb2.ExportSessionRequest(name=request.name)).snapshot
            canonical = canonical or (digest, exported)
            self.assertEqual((digest, exported), canonical)
            # The same in a snapshot that somebody made by hand, with its checksum.
            made = exported[:-32].replace(numbers[0], number)
            self.assertEqual(made != exported[:-32], number != numbers[0])
            request = session_service_pb2.ImportSessionRequest(snapshot=made + hashlib.sha256(made).digest())
            request.session.model = self.model
            imported = self.client.sessions.ImportSession(request).session
            again = self.client.sessions.ExportSession(session_service_pb2.ExportSessionRequest(name=imported.name))
            self.assertEqual((imported.state_digest, again.snapshot), canonical)

    def test_set_state_replaces_state_and_index(self):
        session = self.stepped()
        state = state_pb2.State(layers=[state_pb2.LayerState(h=tensor_pb2.Tensor(values=[1]),
                                                             c=tensor_pb2.Tensor(values=[1]))])
        changed = self.client.sessions.SetSessionState(session_service_pb2.SetSessionStateRequest(
            name=session.name, state=state, next_step=100)).session
        self.assertEqual((changed.next_step, changed.oldest_step), (100, 100))
        answer = self.client.step(session.name, [1], step_index=100)
        self.assertAlmostEqual(answer.trace.outputs.values[0], -0.7615942, places=6)

    def test_a_deleted_session_leaves_a_tombstone(self):
        session = self.create()
        self.delete(session.name)
        for call in (lambda: self.client.get_session(session.name), lambda: self.delete(session.name),
                     lambda: self.client.step(session.name, [1])):
            with self.refused(NOT_FOUND, "SESSION_DELETED") as caught:
                call()
            self.assertIn("delete_time", caught[0].metadata)
        with self.refused(NOT_FOUND, "SESSION_NOT_FOUND") as caught:
            self.client.get_session("sessions/never-there")
        self.assertIn("server_epoch", caught[0].metadata)

    def test_an_unused_session_expires_and_says_when(self):
        session = self.create(ttl=duration_pb2.Duration(nanos=300_000_000))
        give_up = time.monotonic() + 30
        while True:
            try:
                self.client.get_session(session.name)  # looking does not keep it alive
            except grpc.RpcError as error:
                rich = harness.RichError(error)
                break
            self.assertLess(time.monotonic(), give_up, "the session does not expire")
            time.sleep(0.02)
        self.assertEqual((rich.code, rich.reason), (NOT_FOUND, "SESSION_EXPIRED"))
        self.assertEqual(rich.metadata["expire_time"][:19], session.expire_time.ToJsonString()[:19])
        self.create(session.name.removeprefix("sessions/"))  # the name is free again
        self.delete(session.name)

    def test_lists_show_live_sessions_in_order(self):
        made = sorted(self.create(f"listed-{n}").name for n in range(5))
        self.delete(made[2])
        names, token = [], ""
        while True:
            answer = self.client.sessions.ListSessions(
                session_service_pb2.ListSessionsRequest(page_size=2, page_token=token))
            names += [session.name for session in answer.sessions]
            token = answer.next_page_token
            if not token:
                break
        self.assertEqual(names, sorted(set(names)))
        self.assertEqual([name for name in names if name.startswith("sessions/listed-")], made[:2] + made[3:])


if __name__ == "__main__":
    harness.main()
