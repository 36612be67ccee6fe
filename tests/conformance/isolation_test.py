"""One session is fed NaN and infinities while others run: nobody else's bits change."""

import math
import threading

import harness
import random_models
from cellar.v1 import session_service_pb2, tensor_pb2


class IsolationTest(harness.ConformanceTest):

    def test_poison_stays_in_its_session(self):
        rng = random_models.seeded_random()
        model, width = random_models.model(rng, ["lstm", "gru_reset_before"])
        made = self.client.create_model(model)
        values = [rng.uniform(-2, 2) for _ in range(200 * width)]
        alone = self.client.create_session(made.name)
        for at in range(200):
            alone_digest = self.client.step(alone.name, values[at * width:(at + 1) * width]).state_digest

        poisoned = self.client.create_session(made.name)
        stop = threading.Event()

        def poison():
            own = harness.Client(self.server.address)
            while not stop.is_set():
                own.step(poisoned.name, [rng.choice([math.nan, math.inf, -math.inf]) for _ in range(width)])
            own.close()

        thread = threading.Thread(target=poison)
        thread.start()
        try:
            beside = [self.client.create_session(made.name) for _ in range(4)]
            for at in range(200):
                for session in beside:
                    digest = self.client.step(session.name, values[at * width:(at + 1) * width]).state_digest
        finally:
            stop.set()
            thread.join()
        for session in beside:
            self.assertEqual(self.client.get_session(session.name).state_digest, alone_digest)
        state = self.client.get_session(poisoned.name).state
        self.assertTrue(any(math.isnan(v) for layer in state.layers for v in list(layer.h.values) + list(layer.c.values)))
        answer = self.client.step(poisoned.name, [1.0] * width)
        self.assertTrue(all(math.isnan(v) for v in answer.trace.outputs.values))


if __name__ == "__main__":
    harness.main()
