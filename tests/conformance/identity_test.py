"""Who may call: TLS, client certificates, tokens and roles over a real port; files that change while the server runs."""

import collections
import contextlib
import os
import pathlib
import ssl
import subprocess
import tempfile
import threading
import time

import grpc

import harness
from cellar.v1 import session_service_pb2
from streams_test import Conversation

UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
DENIED = grpc.StatusCode.PERMISSION_DENIED


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A certificate authority for one test, and the certificates it signs."""

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2, "-subj",
                f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")

    @property
    def certificate(self):
        return self.folder / f"{self.name}.pem"

    def sign(self, who, alternative_name):
        """Paths of a new certificate and its key, for `alternative_name` ("DNS:a,IP:127.0.0.1")."""
        key, request, extensions, certificate = (self.folder / f"{who}.{end}" for end in ("key", "csr", "ext", "pem"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={who}",
                "-keyout", key, "-out", request)
        extensions.write_text(f"subjectAltName={alternative_name}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.folder / f"{self.name}.key",
                "-CAcreateserial", "-days", 2, "-extfile", extensions, "-out", certificate)
        return certificate, key


def make_token(file, *flags):
    """What an operator does: a token, whose line is appended to the identities file."""
    result = subprocess.run([os.environ["CELLAR_SERVER_BINARY"], "make-token", "--append", str(file), *flags],
                            check=True, capture_output=True, text=True)
    return result.stdout.strip()


class TokenClient(harness.Client):
    """Stubs whose calls carry a token, or certificates, or both."""

    def __init__(self, address, token=None, ca=None, certificate=None, tenant=None):
        super().__init__(address)
        self.channel.close()
        options = [("grpc.use_local_subchannel_pool", 1)]
        if ca is None:
            channel = grpc.insecure_channel(address, options=options)
        else:
            pair = [path.read_bytes() for path in certificate] if certificate else [None, None]
            channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(
                ca.read_bytes(), private_key=pair[1], certificate_chain=pair[0]), options=options)
        self.plain = channel
        metadata = [("authorization", f"bearer {token}")] if token else []
        metadata += [("cellar-tenant", tenant)] if tenant else []
        self.use(grpc.intercept_channel(channel, _Metadata(metadata)))

    def use(self, channel):
        self.channel = channel
        self.models = harness.model_service_pb2_grpc.ModelServiceStub(channel)
        self.sessions = harness.session_service_pb2_grpc.SessionServiceStub(channel)
        self.evaluation = harness.evaluation_service_pb2_grpc.EvaluationServiceStub(channel)

    def names(self):
        return [session.name for session in self.sessions.ListSessions(
            session_service_pb2.ListSessionsRequest(), timeout=harness.CALL_SECONDS).sessions]

    def close(self):
        self.plain.close()


class _Metadata(grpc.UnaryUnaryClientInterceptor, grpc.StreamStreamClientInterceptor):

    def __init__(self, metadata):
        self.metadata = metadata

    def _with(self, details):
        return details._replace(metadata=self.metadata) if hasattr(details, "_replace") else details

    def intercept_unary_unary(self, continuation, details, request):
        return continuation(self._with(details), request)

    def intercept_stream_stream(self, continuation, details, requests):
        return continuation(self._with(details), requests)


class IdentityCase(harness.ConformanceTest):
    """The helper `refused` of the harness, with servers of each test's own."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self._folder = tempfile.TemporaryDirectory(prefix="cellar-identity-")
        self.addCleanup(self._folder.cleanup)
        self.folder = pathlib.Path(self._folder.name)
        self.identities = self.folder / "identities"

    def serve(self, *flags):
        server = harness.Server(*map(str, flags))
        self.addCleanup(server.kill)
        return server

    def client(self, server, **who):
        client = TokenClient(server.address, **who)
        self.addCleanup(client.close)
        return client

    def until(self, holds):
        give_up = time.monotonic() + harness.START_SECONDS
        while not holds():
            self.assertLess(time.monotonic(), give_up, "it never came to be")
            time.sleep(0.05)


class TokenTest(IdentityCase):

    def test_tenants_do_not_see_each_other_and_admins_see_all(self):
        math = make_token(self.identities, "--tenant", "math", "--roles", "owner")
        physics = make_token(self.identities, "--tenant", "physics", "--roles", "owner")
        root = make_token(self.identities, "--tenant", "ops", "--roles", "admin")
        server = self.serve("--identities", self.identities)
        clients = [self.client(server, token=token) for token in (math, physics)]
        for client in clients:
            client.create_session(client.create_model(harness.homework_model(), "course").name, "mine")
        clients[0].step("sessions/mine", [1, 1])
        self.assertEqual([client.get_session("sessions/mine").next_step for client in clients], [2, 0])
        self.assertEqual([client.names() for client in clients], [["sessions/mine"]] * 2)
        self.assertEqual(self.client(server, token=root).names(), [])
        self.assertEqual(self.client(server, token=root, tenant="math").get_session("sessions/mine").next_step, 2)
        with self.refused(DENIED, "ROLE_MISSING"):
            self.client(server, token=math, tenant="physics").names()

    def test_streams_are_asked_too(self):
        reader = make_token(self.identities, "--roles", "read-only")
        server = self.serve("--identities", self.identities)
        for token, code, reason in ((None, UNAUTHENTICATED, "TOKEN_MISSING"), ("x", UNAUTHENTICATED, "TOKEN_INVALID"),
                                    (reader, DENIED, "ROLE_MISSING")):
            with self.refused(code, reason):
                next(self.client(server, token=token).stream(iter([harness.opened("sessions/a")])))

    def test_a_changed_file_is_taken_and_a_broken_one_is_not(self):
        first = make_token(self.identities)
        server = self.serve("--identities", self.identities)
        client = self.client(server, token=first)
        self.assertEqual(client.names(), [])
        second = make_token(self.identities)
        late = self.client(server, token=second)

        def known(someone):
            try:
                someone.names()
                return True
            except grpc.RpcError as error:
                self.assertEqual(harness.RichError(error).reason, "TOKEN_INVALID")
                return False

        self.until(lambda: known(late))
        lines = self.identities.read_text().splitlines()
        (self.folder / "new").write_text("nonsense\n")
        os.replace(self.folder / "new", self.identities)
        self.until(lambda: "was not taken" in server.log())
        self.assertTrue(known(client))
        (self.folder / "new").write_text(lines[1] + "\n")
        os.replace(self.folder / "new", self.identities)
        self.until(lambda: not known(client))
        self.assertTrue(known(late))
        for token in (first, second):
            self.assertNotIn(token, server.log())

    def test_a_token_taken_away_opens_nothing_more_and_its_open_stream_goes_on(self):
        kept, taken = make_token(self.identities), make_token(self.identities)
        server = self.serve("--identities", self.identities)
        client = self.client(server, token=taken)
        client.create_session(client.create_model(harness.homework_model()).name, "a")
        talk = Conversation(client, harness.opened("sessions/a"))
        next(talk.answers)
        (self.folder / "new").write_text(self.identities.read_text().splitlines()[0] + "\n")
        os.replace(self.folder / "new", self.identities)

        def is_refused():
            try:
                client.names()
                return False
            except grpc.RpcError as error:
                return harness.RichError(error).reason == "TOKEN_INVALID"

        self.until(is_refused)
        self.assertEqual([talk.send(harness.stepped([1])).step.next_step for _ in range(3)], [1, 2, 3])
        with self.refused(UNAUTHENTICATED, "TOKEN_INVALID"):
            client.step("sessions/a", [1])
        again = Conversation(client, harness.opened("sessions/a"))
        with self.refused(UNAUTHENTICATED, "TOKEN_INVALID"):
            next(again.answers)
        self.assertEqual(talk.send(harness.stepped([1])).step.next_step, 4, "who is nobody took nothing over")
        talk.close()
        self.assertEqual(list(talk.answers), [])
        self.assertEqual(self.client(server, token=kept).get_session("sessions/a").next_step, 4)

    def test_other_machines_are_not_served_by_accident(self):
        result = subprocess.run([os.environ["CELLAR_SERVER_BINARY"], "--listen", "0.0.0.0:0"], capture_output=True,
                                text=True, timeout=harness.CALL_SECONDS)
        self.assertEqual(result.returncode, 2)
        self.assertIn("--allow-insecure", result.stderr)


class TlsTest(IdentityCase):

    def setUp(self):
        super().setUp()
        self.authority = Authority(self.folder, "authority")
        self.certificate, self.key = self.authority.sign("server", "DNS:localhost,IP:127.0.0.1")
        self.tls = ("--tls-cert", self.certificate, "--tls-key", self.key, "--tls-refresh-interval", "1s")

    def test_tokens_over_tls_and_nothing_in_plain_text(self):
        token = make_token(self.identities)
        server = self.serve("--identities", self.identities, *self.tls)
        self.assertEqual(self.client(server, token=token, ca=self.authority.certificate).names(), [])
        with self.refused(UNAUTHENTICATED, "TOKEN_MISSING"):
            self.client(server, ca=self.authority.certificate).names()
        with self.refused(grpc.StatusCode.UNAVAILABLE, ""):
            self.client(server, token=token).names()

    def test_certificates_are_identities(self):
        self.identities.write_text("certificate dns:grader.example.org tenant=math roles=grader\n"
                                   "certificate cn:owner tenant=math roles=owner\n")
        server = self.serve("--identities", self.identities, *self.tls, "--tls-client-ca", self.authority.certificate)
        ca = self.authority.certificate
        owner = self.client(server, ca=ca, certificate=self.authority.sign("owner", "DNS:nobody.example.org"))
        owner.create_session(owner.create_model(harness.homework_model()).name, "a")
        grader = self.client(server, ca=ca, certificate=self.authority.sign("g", "DNS:grader.example.org"))
        self.assertEqual(grader.names(), ["sessions/a"])
        with self.refused(DENIED, "ROLE_MISSING"):
            grader.step("sessions/a", [1])
        with self.refused(UNAUTHENTICATED, "CERTIFICATE_UNKNOWN"):
            self.client(server, ca=ca, certificate=self.authority.sign("x", "DNS:x.example.org")).names()
        with self.refused(UNAUTHENTICATED, "TOKEN_MISSING"):
            self.client(server, ca=ca).names()
        other = Authority(self.folder, "other").sign("owner-too", "DNS:grader.example.org")
        with self.refused(grpc.StatusCode.UNAVAILABLE, ""):
            self.client(server, ca=ca, certificate=other).names()

    def test_without_identities_a_certificate_is_required_and_enough(self):
        server = self.serve(*self.tls, "--tls-client-ca", self.authority.certificate)
        ca = self.authority.certificate
        self.assertEqual(self.client(server, ca=ca, certificate=self.authority.sign("a", "DNS:a")).names(), [])
        with self.refused(grpc.StatusCode.UNAVAILABLE, ""):
            self.client(server, ca=ca).names()

    def test_a_new_certificate_is_served_without_a_restart(self):
        token = make_token(self.identities)
        server = self.serve("--identities", self.identities, *self.tls)
        old = self.client(server, token=token, ca=self.authority.certificate)
        self.assertEqual(old.names(), [])
        successor = Authority(self.folder, "successor")
        certificate, key = successor.sign("server-too", "DNS:localhost,IP:127.0.0.1")
        os.replace(certificate, self.certificate)
        os.replace(key, self.key)

        def served():
            try:
                return self.client(server, token=token, ca=successor.certificate).names() == []
            except grpc.RpcError:
                return False

        self.until(served)
        self.assertEqual(old.names(), [], "an open connection goes on")

    def test_certificates_change_under_load_and_nobody_is_turned_away(self):
        """Streams step and newcomers connect all the time, while the server gets one new certificate after another."""
        token = make_token(self.identities)
        server = self.serve("--identities", self.identities, *self.tls)
        client = self.client(server, token=token, ca=self.authority.certificate)
        model = client.create_model(harness.homework_model()).name
        failures, counts, over = [], collections.Counter(), threading.Event()

        def stream(session):
            client.create_session(model, session)
            talk = Conversation(client, harness.opened("sessions/" + session))
            next(talk.answers)
            while not over.is_set():
                counts[session] += 1
                assert talk.send(harness.stepped([1])).step.next_step == counts[session]
            talk.close()

        def connect(name):
            while not over.is_set():
                newcomer = TokenClient(server.address, token=token, ca=self.authority.certificate)
                newcomer.names()
                newcomer.close()
                counts[name] += 1

        def run(work, name):
            try:
                work(name)
            except Exception as error:  # pylint: disable=broad-except
                failures.append(f"{name}: {error!r}")

        threads = [threading.Thread(target=run, args=(work, f"{work.__name__}-{k}"))
                   for work in (stream, connect) for k in range(2)]
        for thread in threads:
            thread.start()
        try:
            for k in range(4):
                before = counts.copy()
                certificate, key = self.authority.sign(f"server-{k}", "DNS:localhost,IP:127.0.0.1")
                expected = ssl.PEM_cert_to_DER_cert(certificate.read_text())
                os.replace(certificate, self.certificate)
                os.replace(key, self.key)
                self.until(lambda: failures or self.served(server) == expected)
                self.until(lambda: failures or all(counts[thread_name] > before[thread_name] for thread_name in before))
        finally:
            over.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])
        print(f"four certificates, meanwhile {dict(counts)}", flush=True)

    @staticmethod
    def served(server):
        """The certificate that a newcomer is shown."""
        host, port = server.address.rsplit(":", 1)
        return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, int(port))))

    def test_files_that_cannot_be_used_change_nothing(self):
        token = make_token(self.identities)
        server = self.serve("--identities", self.identities, *self.tls)
        sound = {path: pathlib.Path(path).read_bytes() for path in (self.certificate, self.key)}
        _, foreign_key = Authority(self.folder, "foreign").sign("foreigner", "DNS:localhost")
        for path, content in ((self.key, b""), (self.certificate, b""), (self.key, b"junk"),
                              (self.key, pathlib.Path(foreign_key).read_bytes())):
            pathlib.Path(path).write_bytes(content)
            end = time.monotonic() + 1.5  # longer than the interval at which they are read
            while time.monotonic() < end:
                newcomer = TokenClient(server.address, token=token, ca=self.authority.certificate)
                with contextlib.closing(newcomer):  # hundreds come, more than one process may have open
                    self.assertEqual(newcomer.names(), [])
            self.assertTrue(server.alive())
            pathlib.Path(path).write_bytes(sound[path])


if __name__ == "__main__":
    harness.main()
