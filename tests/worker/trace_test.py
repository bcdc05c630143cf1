#!/usr/bin/env python3
"""The trace of trace_session is what viewers expect: well-formed, spans nest, arrows have both ends.

usage: trace_test.py PROGRAM
"""

import collections
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

MESSAGES = 100  # as in the program
# In nanoseconds: the text has microseconds with three digits.
NANOS = 1000


def nanos(micros):
    return round(micros * NANOS)


class TraceTest(unittest.TestCase):
    program = ""

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "trace.json")
            cls.said = subprocess.run([cls.program, file], check=True, capture_output=True, text=True, timeout=100).stdout
            # Strict: no byte that is not UTF-8, no control character.
            cls.trace = json.loads(file.read_bytes().decode("utf-8"))
        cls.events = cls.trace["traceEvents"]
        cls.spans = [event for event in cls.events if event["ph"] == "X"]
        cls.arrows = [event for event in cls.events if event["ph"] in "stf"]

    def named(self, name):
        return [span for span in self.spans if span["name"] == name]

    def test_fields(self):
        self.assertEqual({event["ph"] for event in self.events}, set("MXstf"))
        for event in self.events:
            self.assertEqual(event["pid"], 1)
            self.assertIsInstance(event["tid"], int)
            if event["ph"] != "M":
                self.assertGreaterEqual(event["ts"], 0)
        for span in self.spans:
            self.assertGreaterEqual(span["dur"], 0)
        other = self.trace["otherData"]
        self.assertEqual((other["events"], other["dropped_events"]), (len(self.spans), 0))
        self.assertEqual(self.said, f"{other['events']} events, {other['threads']} threads\n")

    def test_names(self):
        names = {event["tid"]: event["args"]["name"] for event in self.events if event["name"] == "thread_name"}
        self.assertEqual(set(names), {span["tid"] for span in self.spans})
        self.assertIn("main", names.values())
        self.assertIn('echo \ufffd "on" loop', names.values())
        (process,) = [event["args"]["name"] for event in self.events if event["name"] == "process_name"]
        self.assertEqual(process, "trace \\ session")

    def test_spans_nest(self):
        threads = collections.defaultdict(list)
        for span in self.spans:
            threads[span["tid"]].append(span)
        for spans in threads.values():
            ends, began = [], 0
            for span in spans:
                begin = nanos(span["ts"])
                end = begin + nanos(span["dur"])
                self.assertGreaterEqual(begin, began)  # in the order in which they began
                began = begin
                while ends and ends[-1] <= begin:
                    ends.pop()
                if ends:
                    self.assertLessEqual(end, ends[-1], span)
                ends.append(end)

    def test_arrows(self):
        spans = collections.defaultdict(set)
        for span in self.spans:
            spans[span["tid"], nanos(span["ts"])].add(span["name"])
        paths = collections.defaultdict(list)
        for arrow in self.arrows:
            paths[arrow["id"]].append(arrow)
        for path in paths.values():
            phases = "".join(arrow["ph"] for arrow in path)
            self.assertIn(phases, ("sf", "stf"))
            times = [nanos(arrow["ts"]) for arrow in path]
            self.assertEqual(times, sorted(times))
            # At each end there is a span, and of the right kind.
            starts, ends = ({"post"}, {"receive", "handler"}) if path[0]["cat"] == "message" else ({"Worker::Start"}, {"worker"})
            self.assertTrue(spans[path[0]["tid"], times[0]] & starts, path)
            for arrow, time in zip(path[1:], times[1:]):
                self.assertTrue(spans[arrow["tid"], time] & ends, path)
        handled = [path for path in paths.values() if len(path) == 3]
        # There and back, from one thread to another.
        self.assertEqual(len(handled), 2 * MESSAGES)
        for path in handled:
            self.assertNotEqual(path[0]["tid"], path[2]["tid"])

    def test_what_is_there(self):
        self.assertEqual(len(self.named("handler")), 2 * MESSAGES)
        self.assertEqual(len(self.named("echo")), MESSAGES)
        self.assertGreaterEqual(len(self.named("post")), 3 * MESSAGES)
        self.assertEqual(len(self.named("Worker::Start")), len(self.named("worker")))
        waits = {span["name"] for span in self.spans if span["cat"] == "wait"}
        self.assertLessEqual({"atomics::Wait", "Mutex::Lock", "Worker::Join", "wait for a lock by name"}, waits)
        # Of the two ends of the queue of two, one waits at least.
        self.assertTrue({"wait for room", "wait for a message"} & waits)
        self.assertTrue(self.named("turn"))
        (wait,) = self.named("atomics::Wait")
        self.assertEqual(wait["args"], {"byte_index": 12})

    def test_the_answer_is_within_its_handler(self):
        handlers = [(span["tid"], nanos(span["ts"]), nanos(span["ts"]) + nanos(span["dur"])) for span in self.named("handler")]
        for echo in self.named("echo"):
            begin = nanos(echo["ts"])
            self.assertTrue(any(tid == echo["tid"] and low <= begin <= high for tid, low, high in handlers))


if __name__ == "__main__":
    TraceTest.program = sys.argv.pop(1)
    unittest.main()
