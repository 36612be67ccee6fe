#!/usr/bin/python3
"""Steps a session of the course's LSTM from Python, with nothing but the proto files.

Needs Debian's packages python3-grpcio, python3-protobuf, protobuf-compiler and
protobuf-compiler-grpc, and a server:

    cellar-server --listen 127.0.0.1:50051 &
    python3 client/examples/python/step_session.py 127.0.0.1:50051

The stubs are made at the start, in a temporary folder; a program of your own would make them when it
is built, with the same command:

    protoc -I proto --python_out=OUT --grpc_python_out=OUT \\
        --plugin=protoc-gen-grpc_python=$(which grpc_python_plugin) proto/cellar/v1/*.proto ...

It prints t, x, f, i, o, g, c, h of every step, then shows what a step's index is for: a repeated step
is answered with the same bits, and is not made twice.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

PROTO = pathlib.Path(__file__).resolve().parents[3] / "proto"


def make_stubs(out):
    """Generates the modules of cellar.v1 and google.rpc into the folder `out`."""
    plugin = shutil.which("grpc_python_plugin")
    if plugin is None or shutil.which("protoc") is None:
        sys.exit("error: protoc or grpc_python_plugin is missing; "
                 "install protobuf-compiler and protobuf-compiler-grpc")
    files = sorted(str(path) for path in PROTO.rglob("*.proto"))
    subprocess.run(
        ["protoc", f"-I{PROTO}", f"--python_out={out}", f"--grpc_python_out={out}",
         f"--plugin=protoc-gen-grpc_python={plugin}", *files],
        check=True)
    sys.path.insert(0, str(out))


def tensor(tensor_pb2, *values):
    """A tensor in the form for people; the server infers the shape."""
    return tensor_pb2.Tensor(values=values)


def homework_model(model_pb2, tensor_pb2):
    """The scalar LSTM of the course: each gate has W, U and b of one number."""

    def gate(w, u, b):
        return model_pb2.Gate(input_weights=tensor(tensor_pb2, w),
                              recurrent_weights=tensor(tensor_pb2, u),
                              bias=tensor(tensor_pb2, b))

    lstm = model_pb2.LstmCell(forget_gate=gate(0, 0, -100), input_gate=gate(100, 0, 100),
                              output_gate=gate(100, 0, 0), candidate=gate(50, -100, 0))
    return model_pb2.Model(display_name="homework LSTM", layers=[model_pb2.Layer(lstm=lstm)])


def describe(error, error_details_pb2, status_pb2):
    """Code, reason and message of a failed call, as the server's google.rpc details tell them."""
    reason = ""
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in status_pb2.Status.FromString(value).details:
                info = error_details_pb2.ErrorInfo()
                if detail.Unpack(info):
                    reason = info.reason
    label = f"{error.code().name} / {reason}" if reason else error.code().name
    return f"{label}: {error.details()}"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: step_session.py HOST:PORT")
    with tempfile.TemporaryDirectory() as folder:
        make_stubs(pathlib.Path(folder))
        try:
            run(sys.argv[1])
        except ModuleNotFoundError as missing:
            sys.exit(f"error: {sys.executable} has no module {missing.name}; install python3-grpcio and "
                     "python3-protobuf and run this with /usr/bin/python3")


def run(address):
    import grpc
    from cellar.v1 import (model_pb2, model_service_pb2, model_service_pb2_grpc, session_pb2,
                           session_service_pb2, session_service_pb2_grpc, tensor_pb2, trace_pb2)
    from google.rpc import error_details_pb2, status_pb2

    with grpc.insecure_channel(address) as channel:
        models = model_service_pb2_grpc.ModelServiceStub(channel)
        sessions = session_service_pb2_grpc.SessionServiceStub(channel)
        try:
            model = models.CreateModel(model_service_pb2.CreateModelRequest(
                model=homework_model(model_pb2, tensor_pb2)), timeout=10).model
            session = sessions.CreateSession(session_service_pb2.CreateSessionRequest(
                session=session_pb2.Session(model=model.name)), timeout=10).session
        except grpc.RpcError as error:
            sys.exit("error: " + describe(error, error_details_pb2, status_pb2))
        print(f"{model.name}, {session.name}")

        def step(x, index):
            return sessions.Step(session_service_pb2.StepRequest(
                session=session.name, inputs=tensor(tensor_pb2, x), step_index=index,
                view=trace_pb2.VIEW_TRACE), timeout=10)

        try:
            print("t  x         f         i         o         g         c         h")
            for t, x in enumerate([0, 0, 1, 1, 1, 0]):
                layer = step(x, t).trace.layers[0]
                letters = (layer.forget_gate, layer.input_gate, layer.output_gate,
                           layer.candidate, layer.c, layer.h)
                print(t, "", x, *(f"{letter.values[0]:9.4g}" for letter in letters))

            again = step(0, 5)
            print(f"step 5 again: next step is still {again.next_step}, "
                  f"state digest {again.state_digest[:12]}...")
            try:
                step(1, 5)
            except grpc.RpcError as error:
                print("step 5 with another input:",
                      describe(error, error_details_pb2, status_pb2))
        finally:
            sessions.DeleteSession(
                session_service_pb2.DeleteSessionRequest(name=session.name), timeout=10)


if __name__ == "__main__":
    main()
