"""Real services called by clients that are not ours. python_client_main.c starts the services and then this.

Read as: what must an author of a client in another language be able to rely on?
"""

import contextlib
import os
import subprocess
import sys
import unittest
import uuid

import pynng
from google.protobuf import descriptor_pb2, wrappers_pb2

import envelope_pb2
import health_pb2
import plan_pb2
import progress_pb2
from rpc_peer import DroppingServer, Peer, WirePeer, batch

PLAN = "/sical.plan.v1.PlanService/"
HEALTH = "/sical.rpc.v1.Health/Check"
SERVICES = "/sical.rpc.v1.Reflection/ListServices"
DESCRIPTORS = "/sical.rpc.v1.Reflection/GetDescriptors"
OK, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, UNIMPLEMENTED, UNAUTHENTICATED = 0, 3, 4, 5, 12, 16
SERVING = health_pb2.HealthCheckResponse.SERVING
ADA = "01890000-0000-7000-8000-00000000ada0"


class Story(unittest.TestCase):
    def setUp(self):
        self.peer = Peer(os.environ["PLAN_ADDRESS"])
        self.addCleanup(self.peer.close)

    @contextlib.contextmanager
    def wire_peer(self, **options):
        wire = WirePeer(os.environ["PLAN_ADDRESS"], **options)
        with contextlib.closing(wire):
            yield wire

    def good(self, response, message_type):
        self.assertEqual(response.code, OK, response)
        return message_type.FromString(response.payload)

    def import_graph(self, topics):
        request = plan_pb2.ImportGraphRequest(title="From afar", topics=topics)
        response = self.peer.call(PLAN + "ImportGraph", request, user=ADA, timeout_ms=30000)
        return self.good(response, plan_pb2.Graph)

    def expect_alive(self, peer=None):
        response = (peer or self.peer).call(HEALTH, health_pb2.HealthCheckRequest())
        self.assertEqual(self.good(response, health_pb2.HealthCheckResponse).status, SERVING)


class OneRequest(Story):
    def test_what_is_written_is_read_back(self):
        minutes = wrappers_pb2.Int32Value(value=30)
        topics = [plan_pb2.TopicInput(key="sums", minutes=minutes), plan_pb2.TopicInput(key="pi", title="π")]
        graph = self.import_graph(topics)
        self.assertEqual((graph.topic_count, graph.title), (2, "From afar"))
        read = self.peer.call(PLAN + "GetGraph", plan_pb2.GetGraphRequest(id=graph.id), user=ADA)
        self.assertEqual(self.good(read, plan_pb2.Graph), graph)

    def test_call_ids_come_back_whatever_they_are(self):
        for call_id in (1, 127, 128, 2**32, 2**64 - 1):
            response = self.peer.call(HEALTH, health_pb2.HealthCheckRequest(), call_id=call_id)
            self.assertEqual((response.call_id, response.code), (call_id, OK))

    def test_each_service_speaks_the_same(self):
        progress = Peer(os.environ["PROGRESS_ADDRESS"])
        self.addCleanup(progress.close)
        event = progress_pb2.StudyEvent(
            id=str(uuid.uuid4()), graph_id=str(uuid.uuid4()), topic_key="sums", kind=progress_pb2.StudyEvent.LESSON
        )
        event.occurred_at.GetCurrentTime()
        request = progress_pb2.RecordEventsRequest(events=[event])
        for accepted, duplicates in ((1, 0), (0, 1)):
            response = progress.call("/sical.progress.v1.ProgressService/RecordEvents", request, user=ADA)
            answer = self.good(response, progress_pb2.RecordEventsResponse)
            self.assertEqual((answer.accepted, answer.duplicates), (accepted, duplicates))


class Refusals(Story):
    def test_methods_that_do_not_exist(self):
        for method in (PLAN + "Nothing", "/no.Service/GetGoal", "sical.plan.v1.PlanService/GetGoal", "", "/" * 900):
            response = self.peer.call(method, plan_pb2.GetGoalRequest(), user=ADA)
            self.assertEqual(response.code, UNIMPLEMENTED, method)
        self.expect_alive()

    def test_nobody_asks(self):
        self.assertEqual(self.peer.call(PLAN + "ListGoals", plan_pb2.ListGoalsRequest()).code, UNAUTHENTICATED)

    def test_all_faults_at_once_by_their_fields(self):
        topics = [plan_pb2.TopicInput(key="twice"), plan_pb2.TopicInput(key="twice"), plan_pb2.TopicInput(key="")]
        edges = [plan_pb2.EdgeInput(topic="twice", prerequisite="absent")]
        request = plan_pb2.ImportGraphRequest(topics=topics, edges=edges)
        response = self.peer.call(PLAN + "ImportGraph", request, user=ADA)
        self.assertEqual(response.code, INVALID_ARGUMENT)
        fields = [detail.field for detail in response.details]
        self.assertGreaterEqual(set(fields), {"topics[1].key", "topics[2].key", "edges[0].prerequisite"}, response)

    def test_inputs_that_are_no_message(self):
        for payload in (b"\xff", b"\x0a\x05ab", b"\x0a\x02\xc3\x28", b"\x0a\x01\x00"):  # varint, length, UTF-8, NUL
            request = self.peer.request(PLAN + "GetGoal", plan_pb2.GetGoalRequest(), user=ADA)
            request.payload = payload
            self.assertEqual(self.peer.exchange([request])[0].code, INVALID_ARGUMENT, payload)


class ManyAtOnce(Story):
    AT_ONCE = 64  # what rpc.md allows a plain client on one socket

    def test_pipelined_requests_get_each_its_own_answer(self):
        keys = [f"topic-{n}" for n in range(self.AT_ONCE)]
        graph = self.import_graph([plan_pb2.TopicInput(key=key, title=key.upper()) for key in keys])
        for _ in range(10):
            requests = [
                self.peer.request(PLAN + "GetTopic", plan_pb2.GetTopicRequest(graph_id=graph.id, key=key), user=ADA)
                for key in keys
            ]
            for request, key, responses in zip(requests, keys, self.peer.call_all(requests)):
                self.assertEqual((len(responses), responses[0].call_id), (1, request.call_id))
                self.assertEqual(self.good(responses[0], plan_pb2.Topic).title, key.upper())

    def test_two_requests_in_one_message_are_both_answered(self):
        requests = [
            self.peer.request(HEALTH, health_pb2.HealthCheckRequest(), call_id=7),
            self.peer.request(PLAN + "ListGoals", plan_pb2.ListGoalsRequest(), call_id=8, user=ADA),
        ]
        codes = {}
        with self.wire_peer() as wire:
            wire.send(42, batch(requests))
            while len(codes) < 2:  # in one message or in two, as they become ready
                request_id, responses = wire.receive()
                self.assertEqual(request_id, 42)
                codes.update((response.call_id, response.code) for response in responses)
        self.assertEqual(codes, {7: OK, 8: OK})

    def test_a_plain_client_that_sends_two_in_one_message_stays_usable(self):
        requests = [self.peer.request(HEALTH, health_pb2.HealthCheckRequest()) for _ in range(2)]
        responses = self.peer.exchange(requests)
        self.assertTrue({r.call_id for r in responses} <= {r.call_id for r in requests})
        self.expect_alive()


class Garbage(Story):
    BODIES = [
        b"",
        b"\0",
        b"hello",
        b"\xff" * 64,
        b"\x0a",  # a request whose length is missing
        b"\x0a\x7f" + b"x" * 12,  # a request that is longer than the message
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",  # longer than anything
        b"\x08\x01",  # a field of no request batch
        b"\x0a\x00" * 1000,  # empty requests
        os.urandom(4096),
    ]

    def test_it_harms_neither_socket_nor_server(self):
        for body in self.BODIES:
            self.peer.send_and_forget(body)
            self.expect_alive()

    def test_a_good_request_behind_garbage_in_a_batch_changes_nothing_for_others(self):
        good = self.peer.request(HEALTH, health_pb2.HealthCheckRequest())
        self.peer.send_and_forget(b"\x0a\x7f" + batch([good]))
        self.expect_alive()

    def test_no_greeting_and_no_protocol(self):
        for greeting in (b"GET / HT", b"\0SP\0\0\x31\0\0", b"\0" * 8):
            with self.wire_peer(greeting=greeting) as wire, contextlib.suppress(ConnectionError):
                wire.read(1)
                self.fail("the server speaks to a stranger")
            self.expect_alive()


class Large(Story):
    def test_a_request_of_five_mebibytes(self):
        summary = "s" * 1048
        graph = self.import_graph([plan_pb2.TopicInput(key=f"t{n}", summary=summary) for n in range(5000)])
        self.assertEqual(graph.topic_count, 5000)
        read = self.peer.call(PLAN + "GetTopic", plan_pb2.GetTopicRequest(graph_id=graph.id, key="t4999"), user=ADA)
        self.assertEqual(self.good(read, plan_pb2.Topic).summary, summary)

    def test_a_request_that_is_too_large_costs_its_connection_alone(self):
        other = Peer(os.environ["PLAN_ADDRESS"])
        self.addCleanup(other.close)
        self.peer.send_and_forget(b"\0" * (17 << 20))
        self.expect_alive(other)
        self.expect_alive()  # REQ has connected again by itself


class SlowReaders(Story):
    def test_they_get_everything_and_hold_up_nobody(self):
        """64 descriptor sets are more than the buffers between us take; others are served while they wait."""
        answered = {}
        with self.wire_peer(receive_buffer_bytes=4096) as slow:
            for n in range(64):
                request = self.peer.request(DESCRIPTORS, health_pb2.GetDescriptorsRequest(), call_id=n + 1)
                slow.send(n, batch([request]))
            for _ in range(50):
                self.expect_alive()
            while len(answered) < 64:
                request_id, responses = slow.receive()
                answered[request_id] = [response.call_id for response in responses]
        self.assertEqual(answered, {n: [n + 1] for n in range(64)})


class Deadlines(Story):
    @contextlib.contextmanager
    def goals_locked(self):
        """The service's table cannot be read meanwhile."""
        psql = subprocess.Popen(
            ["psql", "-qAtX", os.environ["DATABASE_URL"]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with psql:
            psql.stdin.write("BEGIN; LOCK TABLE plan.goals; SELECT 'locked';\n")
            psql.stdin.flush()
            self.assertEqual(psql.stdout.readline(), "locked\n")
            yield
            psql.stdin.write("ROLLBACK;\n")

    def test_what_takes_too_long_is_answered_in_time(self):
        with self.goals_locked():
            response = self.peer.call(PLAN + "GetGoal", plan_pb2.GetGoalRequest(id=ADA), user=ADA, timeout_ms=100)
            self.assertEqual(response.code, DEADLINE_EXCEEDED)
            self.expect_alive()
        response = self.peer.call(PLAN + "GetGoal", plan_pb2.GetGoalRequest(id=ADA), user=ADA)
        self.assertEqual(response.code, NOT_FOUND)


class BrokenConnections(unittest.TestCase):
    def test_a_request_that_has_left_is_not_sent_again(self):
        server = DroppingServer()
        peer = Peer(server.address)
        self.addCleanup(peer.close)
        peer.socket.send(b"first")
        with self.assertRaises(pynng.ConnectionReset):
            peer.socket.recv()
        answer = None
        while answer is None:  # as long as the socket still thinks of the connection that broke
            peer.socket.send(b"second")
            with contextlib.suppress(pynng.ConnectionReset):
                answer = peer.socket.recv()
        self.assertEqual(answer, b"second")
        self.assertEqual(server.received, [b"first", b"second"])


class Secured(unittest.TestCase):
    """nng's own TLS of a later version, with mbed TLS of its own."""

    def tls(self, own=True):
        folder = os.environ["TLS_FOLDER"]
        config = pynng.TLSConfig(
            pynng.TLSConfig.MODE_CLIENT,
            server_name="progress",
            ca_files=[f"{folder}/ca.pem"],
            auth_mode=pynng.TLSConfig.AUTH_MODE_REQUIRED,
        )
        if own:
            with open(f"{folder}/client.pem") as certificate, open(f"{folder}/client.key") as key:
                config.set_own_cert(certificate.read(), key.read())
        return config

    def test_both_sides_show_certificates(self):
        peer = Peer(os.environ["SECURED_ADDRESS"], tls_config=self.tls())
        self.addCleanup(peer.close)
        requests = [peer.request(HEALTH, health_pb2.HealthCheckRequest()) for _ in range(64)]
        for request, responses in zip(requests, peer.call_all(requests)):
            self.assertEqual((responses[0].call_id, responses[0].code), (request.call_id, OK))

    def test_a_peer_without_a_certificate_is_refused(self):
        peer = Peer(os.environ["SECURED_ADDRESS"], tls_config=self.tls(own=False), wait=False)
        self.addCleanup(peer.close)
        peer.socket.send_timeout = peer.socket.recv_timeout = 500  # it would be answered within milliseconds
        with self.assertRaises(pynng.Timeout):
            peer.call(HEALTH, health_pb2.HealthCheckRequest())


class Introspection(Story):
    def test_health_of_the_program_and_of_each_service(self):
        for service in ("", "sical.plan.v1.PlanService", "sical.rpc.v1.Health"):
            response = self.peer.call(HEALTH, health_pb2.HealthCheckRequest(service=service))
            answer = self.good(response, health_pb2.HealthCheckResponse)
            self.assertEqual((answer.status, list(answer.failing)), (SERVING, []))
            self.assertTrue(answer.version)
        self.assertEqual(self.peer.call(HEALTH, health_pb2.HealthCheckRequest(service="no.Service")).code, NOT_FOUND)

    def test_services_are_listed(self):
        response = self.peer.call(SERVICES, health_pb2.ListServicesRequest())
        names = list(self.good(response, health_pb2.ListServicesResponse).services)
        self.assertEqual(names, sorted(["sical.plan.v1.PlanService", "sical.rpc.v1.Health", "sical.rpc.v1.Reflection"]))

    def reflected(self):
        response = self.peer.call(DESCRIPTORS, health_pb2.GetDescriptorsRequest())
        answer = self.good(response, health_pb2.GetDescriptorsResponse)
        return descriptor_pb2.FileDescriptorSet.FromString(answer.file_descriptor_set)

    def test_reflection_gives_the_contract_that_this_client_was_generated_from(self):
        files = {file.name: file for file in self.reflected().file}
        for module in (envelope_pb2, health_pb2, plan_pb2, progress_pb2):
            ours = descriptor_pb2.FileDescriptorProto()
            module.DESCRIPTOR.CopyToProto(ours)
            theirs = files[ours.name]
            theirs.ClearField("source_code_info")
            for message in (ours, theirs):
                strip_json_names(message)
            self.assertEqual(theirs, ours)

    def test_reflection_tells_comments_and_which_methods_are_safe_to_repeat(self):
        plan = next(file for file in self.reflected().file if file.name == "plan.proto")
        comments = [location.leading_comments for location in plan.source_code_info.location]
        self.assertIn(" Decides between equal dates.\n", comments)
        levels = {m.name: m.options.idempotency_level for m in plan.service[0].method}
        self.assertEqual(levels["GetGoal"], descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS)
        self.assertEqual(levels["CreateGoal"], descriptor_pb2.MethodOptions.IDEMPOTENCY_UNKNOWN)


def strip_json_names(message):
    """protoc writes them into a set of files and leaves them out of generated code."""
    for descriptor, value in message.ListFields():
        if descriptor.type == descriptor.TYPE_MESSAGE and descriptor.label == descriptor.LABEL_REPEATED:
            for one in value:
                strip_json_names(one)
    if isinstance(message, descriptor_pb2.FieldDescriptorProto):
        message.ClearField("json_name")


def main():
    result = unittest.main(exit=False, verbosity=2).result
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed} passed, {failed} failed", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
