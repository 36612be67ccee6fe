"""Disks that are full, read-only or damaged: documented errors, no crash, nothing lost that was acknowledged, and on it
goes when there is room again.

Full is tried in two ways. Limiting the size of the server's files works on any machine; a small file system of memory
is mounted where that is allowed.
"""

import collections
import os
import pathlib
import random
import resource
import shutil
import subprocess
import tempfile
import time
import unittest

import grpc

import harness
from cellar.v1 import session_pb2, session_service_pb2

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
PATIENCE_SECONDS = 30
DISK_MIB = 24
MOST_STEPS = 20_000  # until a full disk is noticed: files grow ahead of what is written to them
DAMAGES = 30
DAMAGED_SESSIONS = 40
CHECKPOINTS = ("--checkpoint-interval", "100ms")


def eventually(ask, what):
    """The first truthy answer, within reason."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {PATIENCE_SECONDS} seconds: {what}")


class LimitedFiles:
    """No file of the server's may grow, or even be written to, while this disk is full."""

    def __init__(self, folder):
        self.path = folder + "/data"

    def fill(self, server):
        self._limit(server, 0)

    def free(self, server):
        self._limit(server, resource.RLIM_INFINITY)

    def _limit(self, server, size):
        _, most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size, most))

    def close(self):
        pass


class MemoryDisk:
    """A file system of its own, of a few MiB. Raises PermissionError where nobody may mount one."""

    def __init__(self, folder):
        self._root = folder + "/disk"
        os.mkdir(self._root)
        self._mount("-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", self._root)
        self.path = self._root + "/data"
        self._ballast = self._root + "/ballast"

    @staticmethod
    def _mount(*arguments):
        try:
            subprocess.run(["mount", *arguments], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise PermissionError("mount") from error

    def fill(self, _server):
        with open(self._ballast, "ab", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(bytes(4096))
            except OSError:
                pass

    def free(self, _server):
        os.unlink(self._ballast)

    def set_writable(self, writable):
        self._mount("-o", "remount," + ("rw" if writable else "ro"), self._root)

    def close(self):
        subprocess.run(["umount", self._root], check=True)


class LockedFolder(LimitedFiles):
    """A folder that its owner may not write to. Raises PermissionError for root, who may all the same."""

    def __init__(self, folder):
        if os.geteuid() == 0:
            raise PermissionError("root")
        super().__init__(folder)

    def set_writable(self, writable):
        for path in (pathlib.Path(self.path), *pathlib.Path(self.path).iterdir()):
            if path.is_dir() or not writable:
                path.chmod(0o755 if writable else 0o555)
            else:
                path.chmod(0o644)


class DiskTest(unittest.TestCase):

    def disk(self, *kinds):
        """The first kind that is possible here; skips the test if none is."""
        folder = tempfile.TemporaryDirectory(prefix="cellar-disk-")
        self.addCleanup(folder.cleanup)
        for kind in kinds:
            try:
                disk = kind(folder.name)
            except PermissionError:
                print(f"{kind.__name__}: not permitted here", flush=True)
                continue
            self.addCleanup(disk.close)
            return disk
        return self.skipTest("no such disk is permitted here")

    def start(self, path, *flags):
        self.server = harness.Server("--data-dir", path, *CHECKPOINTS, *flags)
        self.addCleanup(self.server.kill)
        self.client = harness.Client(self.server.address)
        self.addCleanup(self.client.close)

    def begin(self, disk):
        """A server and one session of each durability, all at step 10."""
        self.start(disk.path)
        self.model = self.client.create_model(harness.homework_model(), "homework").name
        for name in ("memory", "periodic", "every-step"):
            durability = session_pb2.Durability.Value("DURABILITY_" + name.upper().replace("-", "_"))
            self.client.create_session(self.model, name, durability=durability, replay_window=20)
            self.client.step("sessions/" + name, [1, 0] * 5)
        self.made = {"memory": 10, "periodic": 10, "every-step": 10}

    def step(self, name):
        """The next step; whether it was acknowledged."""
        step_index = self.made[name]
        try:
            answer = self.client.step("sessions/" + name, [step_index % 3 - 1], step_index=step_index)
        except grpc.RpcError as error:
            rich = harness.RichError(error)
            self.assertEqual((rich.code, rich.reason), (UNAVAILABLE, "STORE_FAILED"), rich)
            self.assertIn("RetryInfo", rich.details)
            return False
        self.assertEqual(answer.first_step, step_index)
        self.made[name] += 1
        return True

    def check_full(self):
        """What still works on a full disk, and what does not."""
        for _ in range(MOST_STEPS):
            if not self.step("every-step"):
                break
        else:
            self.fail("the disk is not full")
        durable = None
        for _ in range(100):
            self.assertTrue(self.step("memory"))
            self.assertTrue(self.step("periodic"))
            durable = self.client.get_session("sessions/periodic").durable_step
        self.assertLess(durable, self.made["periodic"])
        self.assertFalse(self.step("every-step"))
        with self.assertRaises(grpc.RpcError) as caught:
            self.client.create_session(self.model, durability=session_pb2.DURABILITY_PERIODIC)
        self.assertEqual(harness.RichError(caught.exception).reason, "STORE_FAILED")
        with self.assertRaises(grpc.RpcError) as caught:
            self.client.sessions.RewindSession(session_service_pb2.RewindSessionRequest(
                name="sessions/periodic", step_index=self.made["periodic"] - 1))
        self.assertEqual(harness.RichError(caught.exception).reason, "STORE_FAILED")
        for name in ("memory", "periodic"):
            self.assertEqual(self.client.get_session("sessions/" + name).next_step, self.made[name])

    def check_whole(self, names, at_least=None):
        """Against sessions that nobody disturbed."""
        for name in names:
            session = self.client.get_session("sessions/" + name)
            self.assertGreaterEqual(session.next_step, (at_least or self.made)[name], name)
            values = [1, 0] * 5 + [step % 3 - 1 for step in range(10, session.next_step)]
            calm = self.client.create_session(self.model, durability=session_pb2.DURABILITY_MEMORY).name
            for start in range(0, len(values), 500):
                digest = self.client.step(calm, values[start:start + 500]).state_digest
            self.assertEqual(session.state_digest, digest, name)

    def check_recovery(self):
        eventually(lambda: self.step("every-step"), "a step of every-step")
        for name in self.made:
            self.assertTrue(self.step(name))
        eventually(lambda: self.client.get_session("sessions/periodic").durable_step == self.made["periodic"],
                   "durable_step of periodic")
        self.check_whole(self.made)

    def full(self, kind):
        disk = self.disk(kind)
        self.begin(disk)
        for _ in range(2):
            disk.fill(self.server)
            self.check_full()
            disk.free(self.server)
            self.check_recovery()

        # A crash on a full disk: all that was acknowledged comes back, once there is room.
        disk.fill(self.server)
        self.check_full()
        durable = self.client.get_session("sessions/periodic").durable_step
        self.server.process.kill()
        self.server.process.wait()
        disk.free(self.server) if isinstance(disk, MemoryDisk) else None
        self.start(disk.path)
        self.check_whole(("periodic", "every-step"), {"periodic": durable, "every-step": self.made["every-step"]})

    def test_a_disk_that_takes_nothing_more(self):
        self.full(LimitedFiles)

    def test_a_disk_without_room(self):
        self.full(MemoryDisk)

    def test_a_read_only_disk_is_no_place_to_start_and_loses_nothing(self):
        disk = self.disk(MemoryDisk, LockedFolder)
        self.begin(disk)
        self.assertEqual(self.server.terminate(), 0)
        disk.set_writable(False)
        with self.assertRaises(RuntimeError) as caught:
            self.start(disk.path)
        self.assertIn(f"the store in {disk.path} cannot be opened", str(caught.exception))
        disk.set_writable(True)
        self.start(disk.path)
        self.check_whole(self.made)


class DamageTest(unittest.TestCase):
    """Bits that flipped while the server was off."""

    def setUp(self):
        seed = int(os.environ.get("CELLAR_SEED", random.SystemRandom().getrandbits(32)))
        print(f"seed {seed} (CELLAR_SEED={seed} repeats it)", flush=True)
        self.random = random.Random(seed)
        self._folder = tempfile.TemporaryDirectory(prefix="cellar-damage-")
        self.addCleanup(self._folder.cleanup)
        self.sound = pathlib.Path(self._folder.name) / "sound"
        self.names = [f"sessions/s{k}" for k in range(DAMAGED_SESSIONS)]

    def serve(self, folder, act):
        """What `act` makes of a server on this folder, which then ends in order; and its log."""
        server = harness.Server("--data-dir", str(folder))
        client = harness.Client(server.address)
        try:
            result = act(client)
            self.assertEqual(server.terminate(), 0, server.log())
            return result, server.log()
        finally:
            client.close()
            server.kill()

    def create(self, client):
        model = client.create_model(harness.homework_model(), "homework").name
        for number, name in enumerate(self.names):
            client.create_session(model, name.split("/")[1], durability=1 + number % 3)
            for _ in range(1 + number % 4):
                client.step(name, [1, 0, 1])
        return self.look(client)

    def look(self, client):
        """Of each session what it is, or the reason why it is not."""
        seen = {}
        for name in self.names:
            try:
                session = client.get_session(name)
                seen[name] = (session.next_step, session.state_digest)
            except grpc.RpcError as error:
                seen[name] = harness.RichError(error).reason
        return seen

    def look_and_go_on(self, client):
        seen = self.look(client)
        try:
            created = client.create_session("models/homework", durability=session_pb2.DURABILITY_EVERY_STEP).name
            client.step(created, [1])
        except grpc.RpcError as error:
            self.assertEqual(harness.RichError(error).reason, "MODEL_NOT_FOUND")  # it is the model that was damaged
        return seen

    def flip(self, folder):
        """One bit of some file; which file."""
        files = sorted(path for path in folder.iterdir() if path.stat().st_size > 0)
        tables = [path for path in files if path.suffix == ".sst"]
        path = self.random.choice(tables if self.random.random() < 0.7 else files)
        content = bytearray(path.read_bytes())
        content[self.random.randrange(len(content))] ^= 1 << self.random.randrange(8)
        path.write_bytes(content)
        return path.name

    def test_a_flipped_bit_is_told_and_takes_nothing_else_along(self):
        sound, _ = self.serve(self.sound, self.create)
        outcomes = collections.Counter()
        few_harmed = 0
        for number in range(DAMAGES):
            folder = self.sound.with_name(f"flipped-{number}")
            shutil.copytree(self.sound, folder)
            file = self.flip(folder)
            try:
                seen, log = self.serve(folder, self.look_and_go_on)
            except RuntimeError as error:  # did not start; in one case of a hundred it is RocksDB that gives up
                self.assertRegex(str(error), f"the store in {folder} cannot be opened|damaged: the store in {folder}")
                outcomes["not started"] += 1
                continue
            harmed = {name: seen[name] for name in self.names if seen[name] != sound[name]}
            if harmed:
                self.assertIn("damaged: ", log, (file, harmed))
            few_harmed += len(harmed) <= 1
            outcomes[f"{len(harmed)} harmed"] += 1
            outcomes.update(reason for reason in harmed.values())
            shutil.rmtree(folder)
        print(dict(outcomes), flush=True)
        self.assertGreater(few_harmed, DAMAGES // 2)


if __name__ == "__main__":
    harness.main()
