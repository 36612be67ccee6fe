"""Peers that mean harm, without a token and below the level of calls: what they hold is bounded, and others are served."""

import contextlib
import resource
import socket
import struct
import time

import grpc

import harness
from cellar.v1 import model_service_pb2
from operations_test import health, metrics_of

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, RST_STREAM, SETTINGS, DATA = 1, 3, 4, 0
END_STREAM, END_HEADERS = 1, 4
INITIAL_WINDOW_SIZE = 4
CANCEL = 8
DESCRIPTORS = 256
CALLS = 2000
CHECKS = 4000
UNFINISHED_CHECKS = 1000  # at most
CUT_UPLOADS = 30  # in each way


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def text(value):
    assert len(value) < 127
    return bytes([len(value)]) + value.encode()


def call_of(path):
    """The headers of a call, none of them compressed."""
    fields = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "x", "te": "trailers",
              "content-type": "application/grpc"}
    return b"".join(b"\x00" + text(name) + text(value) for name, value in fields.items())


def message(content):
    """As gRPC frames it."""
    data = content.SerializeToString()
    return b"\0" + struct.pack(">I", len(data)) + data


def frames(connection):
    """What comes: kind, flags and stream of each frame."""
    data = b""
    while True:
        while len(data) < 9 or len(data) < 9 + int.from_bytes(data[:3], "big"):
            data += connection.recv(1 << 16)
        yield data[3], data[4], int.from_bytes(data[5:9], "big")
        data = data[9 + int.from_bytes(data[:3], "big"):]


class AttacksTest(harness.ConformanceTest):

    SERVER_FLAGS = ("--metrics-address", "127.0.0.1:0", "--max-call-bytes", "16MiB")

    def setUp(self):
        self.session = self.client.create_session(self.client.create_model(harness.homework_model()).name).name

    def connect(self, stack):
        host, port = self.server.address.rsplit(":", 1)
        return stack.enter_context(socket.create_connection((host, int(port)), timeout=harness.CALL_SECONDS))

    def is_served(self):
        """Somebody who comes now."""
        newcomer = harness.Client(self.server.address)
        try:
            newcomer.step(self.session, [1])
            return True
        except grpc.RpcError:
            return False
        finally:
            newcomer.close()

    def until(self, holds):
        give_up = time.monotonic() + harness.START_SECONDS
        while not holds():
            self.assertLess(time.monotonic(), give_up, "it never came to be")
            time.sleep(0.05)

    def test_more_connections_than_descriptors_shut_nobody_out_for_long(self):
        allowed = resource.prlimit(self.server.process.pid, resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        with contextlib.ExitStack() as stack:
            for _ in range(2 * DESCRIPTORS):
                self.connect(stack)  # and say nothing
            self.until(lambda: metrics_of(self.server)["cellar_turned_away_connections_total"] > DESCRIPTORS // 2)
            self.client.step(self.session, [1])
        self.until(self.is_served)
        with contextlib.suppress(PermissionError):
            resource.prlimit(self.server.process.pid, resource.RLIMIT_NOFILE, allowed)

    def test_calls_whose_answers_nobody_takes_are_counted_and_capped(self):
        with contextlib.ExitStack() as stack:
            taker = self.connect(stack)
            taker.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, 0)))
            for k in range(CALLS):
                taker.sendall(frame(HEADERS, END_HEADERS, 1 + 2 * k, call_of("/cellar.v1.SessionService/ListSessions")) +
                              frame(DATA, END_STREAM, 1 + 2 * k, bytes(5)))
            refused = 'cellar_refusals_total{reason="CALL_BYTES_LIMIT"}'
            self.until(lambda: metrics_of(self.server).get(refused, 0) > CALLS // 4)
            self.assertLessEqual(metrics_of(self.server)["cellar_call_bytes"], 16 << 20)
        self.until(lambda: metrics_of(self.server)["cellar_call_bytes"] == 0)
        self.assertTrue(self.is_served())

    def test_checks_without_a_request_and_those_whose_answers_nobody_takes_make_room_for_others(self):
        for request in (b"", bytes(5)):  # none, and an empty one
            with contextlib.ExitStack() as stack:
                taker = self.connect(stack)
                taker.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, 0)))
                ended = set()
                for k in range(CHECKS):
                    taker.sendall(frame(HEADERS, END_HEADERS, 1 + 2 * k, call_of("/grpc.health.v1.Health/Check")) +
                                  (frame(DATA, END_STREAM, 1 + 2 * k, request) if request else b""))
                for kind, flags, stream in frames(taker):
                    if kind == RST_STREAM or (kind == HEADERS and flags & END_STREAM):
                        ended.add(stream)
                    if len(ended) == CHECKS - UNFINISHED_CHECKS:
                        break
                self.assertNotIn(2 * CHECKS - 1, ended)
                self.assertEqual(health(self.client.channel, ""), 1)

    def test_an_upload_that_is_cut_behind_its_last_byte_leaves_nothing(self):
        """It is whole, but nobody has said so."""
        file = harness.homework_model().SerializeToString()
        for cut in (self.reset_call, self.reset_connection, socket.socket.close):
            for k in range(CUT_UPLOADS):
                opening = model_service_pb2.UploadModelOpen(
                    model_id=f"cut-{k}", format=model_service_pb2.MODEL_FORMAT_CELLAR_BINARY, size_bytes=len(file))
                with contextlib.ExitStack() as stack:
                    uploader = self.connect(stack)
                    uploader.sendall(PREFACE + frame(SETTINGS, 0, 0) +
                                     frame(HEADERS, END_HEADERS, 1, call_of("/cellar.v1.ModelService/UploadModel")) +
                                     frame(DATA, 0, 1, message(model_service_pb2.UploadModelRequest(open=opening)) +
                                           message(model_service_pb2.UploadModelRequest(chunk=file))))
                    time.sleep(0.002)  # so that it has been taken, mostly
                    cut(uploader)
            self.until(lambda: metrics_of(self.server)["cellar_call_bytes"] == 0)
            listed = self.client.models.ListModels(model_service_pb2.ListModelsRequest(page_size=1000)).models
            self.assertEqual([model.name for model in listed if model.name.startswith("models/cut-")], [], cut)

    def test_an_upload_is_not_complete_that_grpc_ends_behind_its_last_byte(self):
        """As it does with messages of more than twice what they may have."""
        limit = 1 << 16
        server = harness.Server(*self.SERVER_FLAGS, "--max-message-bytes", str(limit))
        self.addCleanup(server.kill)
        client = harness.Client(server.address)
        self.addCleanup(client.close)
        file = harness.homework_model().SerializeToString()
        for k in range(CUT_UPLOADS):
            opening = model_service_pb2.UploadModelOpen(
                model_id=f"cut-{k}", format=model_service_pb2.MODEL_FORMAT_CELLAR_BINARY, size_bytes=len(file))
            messages = [model_service_pb2.UploadModelRequest(open=opening), model_service_pb2.UploadModelRequest(chunk=file),
                        model_service_pb2.UploadModelRequest(chunk=bytes(3 * limit))]
            with self.assertRaises(grpc.RpcError) as caught:
                client.models.UploadModel(iter(messages), timeout=harness.CALL_SECONDS)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.until(lambda: metrics_of(server)["cellar_call_bytes"] == 0)
        listed = client.models.ListModels(model_service_pb2.ListModelsRequest(page_size=1000)).models
        self.assertEqual([model.name for model in listed], [])

    @staticmethod
    def reset_call(connection):
        connection.sendall(frame(RST_STREAM, 0, 1, struct.pack(">I", CANCEL)))
        connection.recv(1 << 16)

    @staticmethod
    def reset_connection(connection):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()


if __name__ == "__main__":
    harness.main()
