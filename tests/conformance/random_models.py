"""Random models, inputs and states for property tests; the seed is printed so that a failure can be repeated."""

import math
import os
import random
import struct

from cellar.v1 import model_pb2, numerics_pb2, state_pb2, tensor_pb2


def seeded_random():
    """A generator whose seed CELLAR_SEED sets; printed in any case."""
    seed = int(os.environ.get("CELLAR_SEED", random.SystemRandom().randrange(2**32)))
    print(f"CELLAR_SEED={seed}", flush=True)
    return random.Random(seed)


def tensor(rng, *shape):
    size = 1
    for length in shape:
        size *= length
    return tensor_pb2.Tensor(shape=shape, values=[rng.uniform(-1.5, 1.5) for _ in range(size)])


def gate(rng, inputs, hidden, outputs=None):
    return model_pb2.Gate(input_weights=tensor(rng, hidden, inputs),
                          recurrent_weights=tensor(rng, hidden, outputs or hidden), bias=tensor(rng, hidden))


def layer(rng, kind, inputs, hidden):
    """A random layer and the length of its output."""
    if kind.startswith("lstm"):
        outputs = max(1, hidden // 2) if "projection" in kind else hidden
        cell = model_pb2.LstmCell(
            **{name: gate(rng, inputs, hidden, outputs)
               for name in ("forget_gate", "input_gate", "output_gate", "candidate")})
        if "projection" in kind:
            cell.projection.CopyFrom(tensor(rng, outputs, hidden))
        if "peephole" in kind:
            for name in ("forget_gate", "input_gate", "output_gate"):
                getattr(cell.peepholes, name).CopyFrom(tensor(rng, hidden))
        return model_pb2.Layer(lstm=cell), outputs
    gates = {name: gate(rng, inputs, hidden) for name in ("update_gate", "reset_gate", "candidate")}
    if kind == "gru_reset_before":
        return model_pb2.Layer(gru_reset_before=model_pb2.GruResetBeforeCell(**gates)), hidden
    if kind == "gru_reset_after":
        return model_pb2.Layer(gru_reset_after=model_pb2.GruResetAfterCell(
            candidate_recurrent_bias=tensor(rng, hidden), **gates)), hidden
    hidden_gate = gate(rng, inputs, hidden)
    if kind == "rnn_relu":
        hidden_gate.activation = model_pb2.ACTIVATION_RELU
    return model_pb2.Layer(rnn=model_pb2.RnnCell(hidden=hidden_gate)), hidden


KINDS = ["lstm", "lstm_peephole", "lstm_projection", "lstm_peephole_projection", "gru_reset_before",
         "gru_reset_after", "rnn_tanh", "rnn_relu"]


def model(rng, kinds, inputs=None):
    """A stack of random layers of these kinds; returns it and its input size."""
    inputs = inputs or rng.randint(1, 4)
    result, size = model_pb2.Model(), inputs
    for kind in kinds:
        new, size = layer(rng, kind, size, rng.randint(1, 6))
        result.layers.append(new)
    return result, inputs


def _matrix_tensors(model):
    """The tensors that have two axes, which are those that may be stored as bfloat16."""
    for each in model.layers:
        cell = getattr(each, each.WhichOneof("cell"))
        for field, value in cell.ListFields():
            if isinstance(value, model_pb2.Gate):
                yield value.input_weights
                yield value.recurrent_weights
            elif field.name == "projection":
                yield value


def matrices(model):
    """The elements of all matrices, one list each."""
    return [list(matrix.values) for matrix in _matrix_tensors(model)]


def rounded_to_bfloat16(model):
    """A copy whose matrices are rounded to FLOAT32, then to the nearest bfloat16, ties to even."""
    def rounded(value):
        value = struct.unpack("<f", struct.pack("<f", value))[0]
        spacing = 2.0 ** max(math.frexp(value)[1] - 8, -133)
        return round(value / spacing) * spacing  # both exact; round() takes ties to the even one

    copy = model_pb2.Model()
    copy.CopyFrom(model)
    for matrix in _matrix_tensors(copy):
        matrix.values[:] = [rounded(value) for value in matrix.values]
    return copy


def numerics(rng, precision):
    return numerics_pb2.Numerics(precision=precision, activation_rule=rng.choice([1, 2]), rounding=rng.choice([1, 1, 2]),
                                 rounding_scope=rng.choice([1, 2]))


def raw(values, precision):
    """The numbers as Tensor.raw."""
    letter = "f" if precision == numerics_pb2.PRECISION_FLOAT32 else "d"
    return struct.pack(f"<{len(values)}{letter}", *values)
