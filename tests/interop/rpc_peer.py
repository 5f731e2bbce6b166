"""Clients of sical's RPC that share no code with it: pynng and protobuf of PyPI, and nng's protocol by hand.

Peer is what anybody would write: a cooked REQ socket, one Request in one message, one Response back. WirePeer writes
and reads the bytes of the Scalability Protocols itself, so that it can be slow, rude or ahead of its time.
"""

import asyncio
import contextlib
import itertools
import socket
import struct
import threading

import pynng

import envelope_pb2

PATIENCE_S = 30  # for what takes milliseconds on a quiet machine


class Peer:
    def __init__(self, address, tls_config=None, wait=True):
        self.call_ids = itertools.count(1)
        self.socket = pynng.Req0(
            send_timeout=PATIENCE_S * 1000,
            recv_timeout=PATIENCE_S * 1000,
            resend_time=-1,  # a call that is sent twice may run twice
        )
        if tls_config:
            self.socket.tls_config = tls_config
        self.socket.dial(address, block=wait)

    def close(self):
        self.socket.close()

    def request(self, method, message, **fields):
        """A Request; user is a shorthand for the caller in its metadata."""
        user = fields.pop("user", "")
        request = envelope_pb2.Request(method=method, payload=message.SerializeToString(), **fields)
        request.call_id = request.call_id or next(self.call_ids)
        if user:
            request.metadata.caller.user_id = user
            request.metadata.caller.role = "student"
        return request

    def call(self, method, message, **fields):
        """The Response of one call."""
        return self.exchange([self.request(method, message, **fields)])[0]

    def exchange(self, requests):
        """Sends requests as one message and gives the responses of the one message that comes back."""
        self.socket.send(batch(requests))
        return read_batch(self.socket.recv())

    def call_all(self, requests):
        """All at once, each on a context of its own: the response of each."""

        async def one(request):
            with self.socket.new_context() as context:
                await context.asend(batch([request]))
                return read_batch(await context.arecv())

        async def all_of_them():
            return await asyncio.wait_for(asyncio.gather(*map(one, requests)), PATIENCE_S)

        return asyncio.run(all_of_them())

    def send_and_forget(self, body):
        """Sends any bytes as a message of which no answer is awaited."""
        with self.socket.new_context() as context:
            context.send(body)


class DroppingServer(threading.Thread):
    """Hangs up on its first client once that has asked, and echoes what the others ask. It speaks REP by hand."""

    GREETING = b"\0SP\0\0\x31\0\0"

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"tcp://127.0.0.1:{self.listener.getsockname()[1]}"
        self.received = []
        self.start()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            with connection, contextlib.suppress(EOFError):
                self.serve(connection.makefile("rwb"))

    def serve(self, stream):
        stream.write(self.GREETING)
        stream.flush()
        read_exactly(stream, len(self.GREETING))
        while True:
            (size,) = struct.unpack(">Q", read_exactly(stream, 8))
            message = read_exactly(stream, size)
            self.received.append(message[4:])
            if len(self.received) == 1:
                return
            stream.write(struct.pack(">Q", size) + message)
            stream.flush()


def read_exactly(stream, size):
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def batch(requests):
    """The body of a message."""
    return envelope_pb2.RequestBatch(requests=requests).SerializeToString()


def read_batch(body):
    return envelope_pb2.ResponseBatch.FromString(body).responses


class WirePeer:
    """A TCP connection that speaks REQ by hand: eight bytes of greeting, then 64-bit lengths before each message."""

    GREETING = b"\0SP\0\0\x30\0\0"  # REQ, protocol 0x30

    def __init__(self, address, greeting=GREETING, receive_buffer_bytes=0):
        host, port = address.removeprefix("tcp://").rsplit(":", 1)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE_S)
        if receive_buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.connect((host, int(port)))
        self.socket.sendall(greeting)
        self.read(len(greeting))

    def close(self):
        self.socket.close()

    def send(self, request_id, body):
        """REQ's header is the request's id, with the highest bit set."""
        message = struct.pack(">I", 0x80000000 | request_id) + body
        self.socket.sendall(struct.pack(">Q", len(message)) + message)

    def read(self, size):
        data = bytearray()
        while len(data) < size:
            piece = self.socket.recv(min(size - len(data), 4096))
            if not piece:
                raise ConnectionError("the server has closed the connection")
            data += piece
        return bytes(data)

    def receive(self):
        """The next message: the id of the request that it answers, and its responses."""
        (size,) = struct.unpack(">Q", self.read(8))
        message = self.read(size)
        return struct.unpack(">I", message[:4])[0] & 0x7FFFFFFF, read_batch(message[4:])
