"""Who may include whom, and what may be named where."""

import re

import tree as t
from rule import rule

PLATFORM_USERS = {"sync", "memory", "messaging", "worker"}

# Files that may name the std primitives although they are outside sync and platform, with the reason.
STD_PRIMITIVES_ALLOWED = {
    # Accesses the user's bytes, which are not objects of the policy's Atomic.
    "include/sabre/memory/cell_access.h",
    "lib/memory/cell_atomic.h",
    # The names of std, for the checker: it defines them, and uses none.
    "include/sabre/verify/std_names.h",
}


def _may_include(path, room, target):
    if target == "platform":
        return room == "platform" or (room in PLATFORM_USERS and path.endswith(".cc"))
    if room == "platform":
        return target == "sync"  # the time point of deadlines
    if room == "verify":
        return target in ("sync", "lockfree", "verify")
    if room == "adapters":
        return target in (*t.ROOMS, "adapters")
    if room not in t.ROOMS or target not in t.ROOMS:
        return False
    return t.ROOMS.index(target) <= t.ROOMS.index(room)


@rule(
    "a file includes only rooms to its left",
    bad=[
        {"include/sabre/lockfree/ring.h": '#include "sabre/memory/array_buffer.h"\n'},
        {"lib/sync/park.cc": '#include "sabre/lockfree/spsc_ring.h"\n'},
        {"lib/kernel/port_link.h": '#include "sabre/messaging/port.h"\n'},
        {"lib/memory/pages.h": '#include "lib/platform/pages.h"\n'},
        {"lib/clone/codec.cc": '#include "lib/platform/clock.h"\n'},
        {"lib/attic/thing.cc": '#include "sabre/sync/policy.h"\n'},
        {"include/sabre/verify/model.h": '#include "sabre/memory/array_buffer.h"\n'},
        {"include/sabre/pool/worker_pool.h": '#include "sabre/adapters/epoll.h"\n'},
        {"include/sabre/adapters/a.h": '#include "lib/platform/wake_fd.h"\n'},
    ],
    good=[
        {"include/sabre/adapters/a.h": '#include "sabre/adapters/b.h"\n#include "sabre/messaging/event_loop.h"\n'},
        {"lib/messaging/loop.cc": '#include "lib/platform/eventfd.h"\n#include "lib/kernel/port_link.h"\n'},
        {"lib/platform/futex.h": '#include "sabre/sync/time.h"\n'},
        {"include/sabre/sabre.h": '#include "sabre/pool/worker_pool.h"\n'},
        {"lib/sync/park.cc": '// #include "sabre/pool/worker_pool.h"\n'},
    ],
)
def layering(tree):
    for path, text in tree.items():
        room = t.room_of(path)
        if room is None or not t.is_cpp(path):
            continue
        for include, line in t.includes(text):
            target = t.included_room(include)
            if target is not None and not _may_include(path, room, target):
                yield f"{path}:{line}: {room} includes {include}, which is not to its left"


@rule(
    "the models include only sync, lockfree and kernel",
    bad=[
        {"verify/port_verify.cc": '#include "sabre/messaging/port.h"\n'},
        {"verify/wrong/task.cc": '#include "lib/pool/pool.h"\n'},
    ],
    good=[{"verify/port_verify.cc": '#include "lib/kernel/port_link.h"\n#include "sabre/verify/model.h"\n'}],
)
def models_include_checked_rooms(tree):
    for path, text in tree.items():
        if not path.startswith("verify/") or not t.is_cpp(path):
            continue
        for include, line in t.includes(text):
            target = t.included_room(include)
            if target not in (None, "sync", "lockfree", "kernel", "verify"):
                yield f"{path}:{line}: a model includes {include}"


_OS_HEADER = re.compile(
    r"^(sys|linux|asm|bits|netinet|arpa|mach)/|^(unistd|pthread|sched|fcntl|poll|semaphore|dlfcn|spawn|"
    r"signal|errno|time|syscall|windows|winsock2|ucontext|aio|termios)\.h$"
)


@rule(
    "a public header includes no file of lib and, but for the adapters, no header of an operating system",
    bad=[
        {"include/sabre/memory/a.h": '#include "lib/kernel/ref_count.h"\n'},
        {"include/sabre/memory/a.h": "#include <sys/mman.h>\n"},
        {"include/sabre/memory/a.h": "#include <pthread.h>\n"},
        {"include/sabre/memory/a.h": '#include "../lib/kernel/ref_count.h"\n'},
        {"include/sabre/adapters/a.h": '#include "lib/kernel/ref_count.h"\n'},
    ],
    good=[
        {"include/sabre/memory/a.h": '#include <ctime>\n#include "sabre/sync/time.h"\n'},
        {"include/sabre/adapters/a.h": "#include <sys/epoll.h>\n"},
    ],
)
def public_headers(tree):
    for path, text in tree.items():
        if not t.is_public_header(path):
            continue
        for include, line in t.includes(text):
            # An adapter is for those who use that system's headers, or another library's, anyway.
            foreign = _OS_HEADER.search(include) and t.room_of(path) != "adapters"
            if include.startswith("lib/") or ".." in include or foreign:
                yield f"{path}:{line}: a public header includes {include}"


@rule(
    "sync and lockfree include no Abseil",
    bad=[
        {"include/sabre/lockfree/a.h": '#include "absl/types/span.h"\n'},
        {"include/sabre/sync/a.h": "#include <absl/time/time.h>\n"},
    ],
    good=[{"include/sabre/memory/a.h": '#include "absl/status/status.h"\n'}],
)
def headers_without_abseil(tree):
    for path, text in tree.items():
        if path.startswith(("include/sabre/sync/", "include/sabre/lockfree/", "lib/sync/")):
            for include, line in t.includes(text):
                if include.startswith("absl/"):
                    yield f"{path}:{line}: includes {include}"


_PRIMITIVES = (
    r"\bstd::(atomic\w*|\w*mutex|thread|jthread|condition_variable\w*|\w*semaphore|barrier|latch)\b(?!_)"
    r"|\bstd::this_thread::\w+|\batomic_(thread|signal)_fence\b|\b__(atomic|sync)_\w+"
    r"|\babsl::(Mutex|CondVar|Notification|BlockingCounter|Barrier)\b"
)


@rule(
    "threads talk through the seam alone",
    bad=[
        {"lib/pool/a.cc": "std::atomic<int> a;\n"},
        {"lib/pool/a.cc": "std::atomic_flag a;\n"},
        {"lib/pool/a.cc": "std::mutex a;\n"},
        {"lib/pool/a.cc": "std::shared_mutex a;\n"},
        {"lib/pool/a.cc": "std::jthread a;\n"},
        {"lib/worker/a.cc": "std::thread a;\n"},
        {"lib/memory/a.cc": "std::condition_variable_any a;\n"},
        {"lib/memory/a.cc": "std::atomic_thread_fence(order);\n"},
        {"lib/memory/a.cc": "__atomic_load_n(p, 0);\n"},
        {"include/sabre/memory/a.h": "absl::Mutex mutex;\n"},
        {"include/sabre/lockfree/a.h": "std::atomic_ref<int> a(b);\n"},
    ],
    good=[
        {"lib/platform/a.cc": "std::thread a; std::mutex b;\n"},
        {"lib/sync/a.cc": "std::atomic<int> a;\n"},
        {"lib/pool/a.cc": "std::lock_guard<S::Mutex> a(b); std::unique_lock l(c); std::stop_token t;\n"},
        {"lib/pool/a.cc": '// std::mutex would do\nLog("std::thread");\n'},
        {"tests/pool/a.cc": "std::thread a;\n"},
        {"include/sabre/memory/cell_access.h": "__atomic_load_n(p, 0);\n"},
    ],
)
def primitives(tree):
    for path, text in tree.items():
        if t.room_of(path) in ("sync", "platform") or not path.startswith(("include/", "lib/")):
            continue
        if not t.is_cpp(path) or path in STD_PRIMITIVES_ALLOWED:
            continue
        for name, line in t.find(_PRIMITIVES, t.code_of(text)):
            yield f"{path}:{line}: {name} outside sync and platform"


_MAY_FENCE = ("include/sabre/sync/announcement.h", "include/sabre/sync/policy.h")


@rule(
    "fences are in the announcement alone",
    bad=[
        {"include/sabre/lockfree/a.h": "S::Fence();\n"},
        {"include/sabre/sync/event_count.h": "  Sync::Fence ();\n"},
    ],
    good=[
        {"include/sabre/sync/announcement.h": "S::Fence();\n"},
        {"include/sabre/lockfree/a.h": "// S::Fence() is not needed\n"},
    ],
)
def fences(tree):
    for path, text in tree.items():
        if path.startswith(("include/", "lib/")) and path not in _MAY_FENCE:
            for name, line in t.find(r"\b\w+::Fence\s*\(", t.code_of(text)):
                yield f"{path}:{line}: {name}) outside the announcement"
