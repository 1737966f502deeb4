"""libhalfopen from Python: two hosts, a connection, a crash; errors come back as numbers.

usage: ctypes_hosts.py LIBHALFOPEN.SO
"""

import ctypes
import sys

lib = ctypes.CDLL(sys.argv[1])
I64, INT, PTR, SIZE, STR = ctypes.c_int64, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
for name, result, arguments in [
    ("ho_host_new", PTR, [STR, STR, ctypes.c_uint64, STR, STR, SIZE]),
    ("ho_host_free", None, [PTR]),
    ("ho_input", INT, [PTR, I64, STR, SIZE]),
    ("ho_poll", I64, [PTR, I64, PTR, SIZE]),
    ("ho_advance", INT, [PTR, I64]),
    ("ho_next_deadline", I64, [PTR]),
    ("ho_crash", INT, [PTR, I64]),
    ("ho_socket", INT, [PTR, I64]),
    ("ho_bind", INT, [PTR, I64, INT, ctypes.c_uint16]),
    ("ho_listen", INT, [PTR, I64, INT, ctypes.c_uint]),
    ("ho_connect", INT, [PTR, I64, INT, STR, ctypes.c_uint16]),
    ("ho_accept", INT, [PTR, I64, INT]),
    ("ho_read", I64, [PTR, I64, INT, PTR, SIZE]),
    ("ho_write", I64, [PTR, I64, INT, STR, SIZE]),
    ("ho_setsockopt", INT, [PTR, I64, INT, STR, I64]),
    ("ho_getsockopt", I64, [PTR, I64, INT, STR]),
    ("ho_readiness", INT, [PTR, INT]),
    ("ho_state", STR, [PTR, INT]),
    ("ho_world_new", PTR, [STR, STR, STR, SIZE]),
    ("ho_world_run", I64, [PTR]),
    ("ho_world_run_until", INT, [PTR, I64]),
    ("ho_world_now", I64, [PTR]),
    ("ho_world_host", PTR, [PTR, INT]),
    ("ho_world_free", None, [PTR]),
    ("ho_version", STR, []),
]:
    function = getattr(lib, name)
    function.restype, function.argtypes = result, arguments

MS, SECOND, NEVER = 10**6, 10**9, 2**63 - 1
EBADF, EAGAIN, EINVAL, EBADMSG, EMSGSIZE, ENETDOWN, ETIMEDOUT, EINPROGRESS = 9, 11, 22, 74, 90, 100, 110, 115
DELAY = 10 * MS


def equal(found, expected, what):
    if found != expected:
        sys.exit(f"{what}: expected {expected!r}, found {found!r}")


class Wire:
    """Two hosts and the way between them."""

    def __init__(self):
        self.client = lib.ho_host_new(b"linux", b"10.9.0.1", 1, b"tcp_retries2=3", None, 0)
        self.server = lib.ho_host_new(b"linux", b"10.9.0.2", 2, None, None, 0)
        self.now = 0
        self.flying = []

    def drain(self):
        room = ctypes.create_string_buffer(65535)
        for host, other in ((self.client, self.server), (self.server, self.client)):
            while (size := lib.ho_poll(host, self.now, room, len(room))) > 0:
                self.flying.append((self.now + DELAY, other, room.raw[:size]))
            equal(size, 0, "ho_poll")

    def run_until(self, end):
        self.drain()
        while True:
            due = [lib.ho_next_deadline(host) for host in (self.client, self.server)]
            self.now = min(due + [arrival for arrival, _, _ in self.flying[:1]] + [end])
            while self.flying and self.flying[0][0] <= self.now:
                _, host, packet = self.flying.pop(0)
                equal(lib.ho_input(host, self.now, packet, len(packet)), 0, "ho_input")
                self.drain()
            for host in (self.client, self.server):
                equal(lib.ho_advance(host, self.now), 0, "ho_advance")
            self.drain()
            if self.now == end:
                return


def two_hosts():
    wire = Wire()
    client, server = wire.client, wire.server
    listener = lib.ho_socket(server, 0)
    equal(lib.ho_bind(server, 0, listener, 9998), 0, "ho_bind")
    equal(lib.ho_listen(server, 0, listener, 5), 0, "ho_listen")
    equal(lib.ho_state(server, listener), b"LISTEN", "ho_state")
    fd = lib.ho_socket(client, 0)
    equal(lib.ho_connect(client, 0, fd, b"10.9.0.2", 9998), -EINPROGRESS, "ho_connect")
    equal(lib.ho_poll(client, 0, ctypes.create_string_buffer(10), 10), -EMSGSIZE, "ho_poll with little room")
    wire.run_until(SECOND)
    equal(lib.ho_connect(client, wire.now, fd, b"10.9.0.2", 9998), 0, "ho_connect again")
    accepted = lib.ho_accept(server, wire.now, listener)
    equal(lib.ho_state(server, accepted), b"ESTABLISHED", "ho_state")
    equal(lib.ho_accept(server, wire.now, listener), -EAGAIN, "ho_accept again")

    equal(lib.ho_write(client, wire.now, fd, b"hello\n", 6), 6, "ho_write")
    wire.run_until(2 * SECOND)
    into = ctypes.create_string_buffer(100)
    equal(lib.ho_read(server, wire.now, accepted, into, 100), 6, "ho_read")
    equal(into.raw[:6], b"hello\n", "what was read")
    equal(lib.ho_read(server, wire.now, accepted, into, 100), -EAGAIN, "ho_read again")
    equal(lib.ho_setsockopt(client, wire.now, fd, b"TCP_KEEPIDLE", 60), 0, "ho_setsockopt")
    equal(lib.ho_getsockopt(client, wire.now, fd, b"TCP_KEEPIDLE"), 60, "ho_getsockopt")

    equal(lib.ho_crash(server, wire.now), 0, "ho_crash")
    equal(lib.ho_read(server, wire.now, accepted, into, 100), -ENETDOWN, "ho_read of a dark host")
    equal(lib.ho_write(client, wire.now, fd, b"anybody?\n", 9), 9, "ho_write")
    wire.run_until(60 * SECOND)
    equal(lib.ho_readiness(client, fd) & 8, 8, "POLLERR")
    equal(lib.ho_read(client, wire.now, fd, into, 100), -ETIMEDOUT, "ho_read after the crash")
    equal(lib.ho_next_deadline(client), NEVER, "ho_next_deadline at the end")

    equal(lib.ho_read(client, wire.now, 99, into, 100), -EBADF, "ho_read of no descriptor")
    equal(lib.ho_input(client, wire.now, b"nonsense", 8), -EBADMSG, "ho_input of nonsense")
    equal(lib.ho_advance(client, wire.now - 1), -EINVAL, "ho_advance back in time")
    equal(lib.ho_advance(client, -1), -EINVAL, "ho_advance before time zero")
    equal(lib.ho_socket(None, 0), -EINVAL, "ho_socket of NULL")
    lib.ho_host_free(client)
    lib.ho_host_free(server)
    lib.ho_host_free(None)


def refusals():
    message = ctypes.create_string_buffer(200)
    equal(lib.ho_host_new(b"linus", b"10.9.0.1", 1, None, message, 200), None, "ho_host_new")
    equal(message.value, b"no profile 'linus'", "its message")
    equal(lib.ho_host_new(b"linux", b"10.9.0", 1, None, message, 11), None, "ho_host_new")
    equal(message.value, b"no IP addr", "a message that is cut")
    equal(lib.ho_host_new(b"linux", b"10.9.0.1", 1, b"tcp_retries2=x", message, 200), None, "ho_host_new")
    equal(message.value.startswith(b"tcp_retries2: expected "), True, "its message")
    equal(lib.ho_world_new(b"titel = 'x'", None, message, 200), None, "ho_world_new")
    equal(message.value, b"scenario:1:1: expected a key of a scenario (\"title\"?), found \"titel\"", "its message")


def world():
    scenario = b"title = 'x'\n[client]\nprogram = 'line-client'\n[server]\nprogram = 'echo-server'\n"
    made = lib.ho_world_new(scenario, None, None, 0)
    equal(lib.ho_world_run_until(made, SECOND), 0, "ho_world_run_until")
    server = lib.ho_world_host(made, 1)
    equal(lib.ho_advance(server, SECOND), -EINVAL, "ho_advance of a world's host")
    equal(lib.ho_crash(server, SECOND), 0, "ho_crash")
    equal(lib.ho_world_run_until(made, 0), -EINVAL, "ho_world_run_until back in time")
    equal(lib.ho_world_run(made) >= SECOND, True, "ho_world_run")
    lib.ho_world_free(made)


two_hosts()
refusals()
world()
print("libhalfopen", lib.ho_version().decode(), "does what its header says")
