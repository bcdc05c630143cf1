#!/usr/bin/env python3
"""Runs sabre-hash beside sha256sum and compares what they say.

usage: sabre_hash_test.py PATH_OF_SABRE_HASH [WORD_IN_A_TEST_NAME]

SABRE_FULL=1 adds the slow cases. Ends with the line `N passed, N failed`.
"""

import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

PROGRAM = os.path.abspath(sys.argv[1])
# Generous: under a sanitizer, on a busy machine, all of this is slow. No test measures time.
LONG = 120

AWKWARD = [
    b"plain", b"with space", b"  leading spaces", b"trailing ", b"new\nline", b"\n", b"cr\rcr",
    b"back\\slash", b"\\", b"\\n literally", b"all\\of\nthem\r", b"-dash", b"--help", b"*star",
    b"uml\xc3\xa4ut", b"invalid\xff\xfe\x80", b"tab\there", b"quote'\"$`", b"\x01control\x1b[31m",
    b"a) = (b", b"#hash", b"longname" * 31,
]  # fmt: skip


def run(*arguments, cwd=None, program=None, **options):
    """Runs sabre-hash (or another program). Arguments and output are bytes."""
    command = [program or PROGRAM, *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, timeout=LONG, check=False, **options)


def expected_list(cwd, *paths):
    """What sha256sum prints for the files below the paths, in the order of their bytes."""
    found = subprocess.run(
        ["find", "-H", *paths, "-type", "f", "-print0"], cwd=cwd, capture_output=True, check=False
    ).stdout
    names = sorted(name for name in found.split(b"\0") if name)
    output = b""
    for i in range(0, len(names), 500):
        output += run("--", *names[i : i + 500], cwd=cwd, program="sha256sum").stdout
    return output


def messages(result):
    """The lines of stderr that are neither progress nor the summary."""
    return [line for line in result.stderr.splitlines() if b" MB/s" not in line]


def check_equal(got, wanted):
    if got != wanted:
        got_lines, wanted_lines = got.splitlines(), wanted.splitlines()
        for i in range(max(len(got_lines), len(wanted_lines))):
            pair = got_lines[i : i + 1], wanted_lines[i : i + 1]
            if pair[0] != pair[1]:
                raise AssertionError(f"line {i + 1}: got {pair[0]}, wanted {pair[1]}")
        raise AssertionError(f"got {got[-200:]}, wanted {wanted[-200:]}")


def check(condition, *about):
    if not condition:
        raise AssertionError(*about)


def write(folder, name, content=b""):
    path = os.path.join(os.fsencode(folder), name)
    with open(path, "wb") as file:
        file.write(content)
    return path


def awkward_tree(folder):
    """Every awkward name as a file, and again as a folder with files."""
    for i, name in enumerate(AWKWARD):
        write(folder, name, name * i)
    inside = os.path.join(os.fsencode(folder), b"folders")
    os.mkdir(inside)
    for i, name in enumerate(AWKWARD):
        os.mkdir(os.path.join(inside, name))
        write(inside, name + b"/file", name * 3)
        write(inside, name + b"/" + AWKWARD[-1 - i], b"x" * i)
    # Names around the slash: '-' and '.' come before it, '0' after.
    for name in (b"a-", b"a.b", b"a0", b"aa"):
        write(inside, name, name)
    os.mkdir(os.path.join(inside, b"a"))
    write(inside, b"a/b", b"in a")


# ------------------------------------------------------------------------------------------- the list


def test_awkward_names_match_sha256sum(folder):
    awkward_tree(folder)
    for path in (".", folder, folder + "/", "./folders", "folders//"):
        result = run(path, cwd=folder)
        check(result.returncode == 0, result)
        check_equal(result.stdout, expected_list(folder, path))


def test_the_list_is_accepted_by_sha256sum(folder):
    awkward_tree(folder)
    result = run(".", cwd=folder)
    listed = subprocess.run(
        ["sha256sum", "-c", "--quiet", "--strict"], input=result.stdout, cwd=folder, capture_output=True, check=False
    )
    check(listed.returncode == 0, listed)


def test_on_the_main_thread_the_list_is_the_same(folder):
    awkward_tree(folder)
    check_equal(run("--on-main-thread", ".", cwd=folder).stdout, expected_list(folder, "."))


def test_several_paths_are_one_sorted_list(folder):
    awkward_tree(folder)
    os.mkdir(folder + "/folders.d")
    write(folder, b"folders.d/file")
    # One path is a file, one lies inside another, one is given twice: each is listed as it was given.
    paths = ["plain", "folders.d", "folders", "folders/a", "--", "--help", "-dash", "plain"]
    result = run(*paths, cwd=folder)
    check(result.returncode == 0, result)
    expected = b"".join(expected_list(folder, p) for p in ("plain", "folders.d", "folders", "folders/a", "plain"))
    expected += run("--", "--help", "-dash", cwd=folder, program="sha256sum").stdout
    key = lambda line: line.split(b"  ", 1)[1]  # noqa: E731
    check_equal(b"\n".join(sorted(result.stdout.splitlines())), b"\n".join(sorted(expected.splitlines())))
    plain = [key(line) for line in result.stdout.splitlines() if not line.startswith(b"\\")]
    check(plain == sorted(plain), "not in order")


def test_an_empty_folder_gives_an_empty_list(folder):
    result = run(folder)
    check(result.returncode == 0 and result.stdout == b"", result)


def test_symbolic_links_are_followed_only_as_paths(folder):
    os.mkdir(folder + "/real")
    write(folder, b"real/file", b"content")
    os.symlink("file", folder + "/real/link_to_file")
    os.symlink("..", folder + "/real/link_to_folder")
    os.symlink("real", folder + "/link")
    os.symlink("real/file", folder + "/file_link")
    for path in ("real", "link", "file_link"):
        result = run(path, cwd=folder)
        check(result.returncode == 0, result)
        check_equal(result.stdout, expected_list(folder, path) or run(path, cwd=folder, program="sha256sum").stdout)


def test_a_real_tree_matches_sha256sum(folder):
    source = "/usr/include" if os.path.isdir("/usr/include") else "/usr/share/doc"
    result = run(source)
    check(result.returncode == 0, result.returncode, messages(result))
    check_equal(result.stdout, expected_list("/", source))


def test_sizes_around_the_block_match_sha256sum(folder):
    block = 128 * 1024
    for size in (0, 1, 55, 56, 63, 64, 65, 4096, block - 1, block, block + 1, 3 * block, 600_000, 5_000_001):
        write(folder, b"%08d" % size, bytes(i * 31 % 251 for i in range(997)) * (size // 997 + 1))
        os.truncate(f"{folder}/{size:08d}", size)
    result = run(folder, "--threads=4")
    check_equal(result.stdout, expected_list("/", folder))


def test_many_small_files_in_one_folder_are_sorted(folder):
    for i in range(9000):  # more than one run of the sort, and more than one batch
        write(folder, b"%d" % (i * 7919 % 9001), b"%d" % i)
    check_equal(run(folder).stdout, expected_list("/", folder))


def test_a_deep_folder_beyond_the_longest_path(folder):
    # 30 names of 200 bytes are longer than PATH_MAX: no path reaches the file, only the way down does.
    down = os.open(folder, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=down)
        below = os.open("d" * 200, os.O_RDONLY, dir_fd=down)
        os.close(down)
        down = below
    os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=down))
    os.close(down)
    result = run(folder)
    check(result.returncode == 0, result)
    check(result.stdout.endswith(b"/file\n") and len(result.stdout) > 6000, result.stdout)


def test_few_descriptors_suffice(folder):
    for i in range(60):
        os.makedirs(f"{folder}/a{i}/b/c")
        write(folder, b"a%d/b/c/file" % i, b"%d" % i)
        write(folder, b"a%d/file" % i, b"%d" % i)
    limited = ["sh", "-c", 'ulimit -n 40; exec "$0" "$@"', PROGRAM, folder]
    result = run(*limited[1:], program="sh")
    check(result.returncode == 0, result)
    check_equal(result.stdout, expected_list("/", folder))


# ------------------------------------------------------------------------------------------- troubles


def as_somebody(arguments, folder):
    """The command that runs sabre-hash without root's power to read everything; None if there is none."""
    if os.geteuid() != 0:
        return [PROGRAM, *arguments]
    # The build folder may be out of their reach.
    shutil.copy(PROGRAM, folder + "/../sabre-hash")
    program = os.path.realpath(folder + "/../sabre-hash")
    if shutil.which("setpriv"):
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    elif shutil.which("runuser"):
        prefix = ["runuser", "-u", "nobody", "--"]
    else:
        return None
    return [*prefix, program, *arguments]


def test_unreadable_files_and_folders_are_reported_and_the_rest_is_hashed(folder):
    write(folder, b"good", b"good")
    write(folder, b"closed", b"closed")
    os.mkdir(folder + "/closed_folder")
    write(folder, b"closed_folder/inside")
    os.mkdir(folder + "/zzz")
    write(folder, b"zzz/good")
    os.chmod(folder + "/closed", 0)
    os.chmod(folder + "/closed_folder", 0)
    command = as_somebody([folder], folder)
    if command is None:
        print("  nobody to run it as")
        return
    result = run(*command[1:], program=command[0])
    check(result.returncode == 1, result)
    expected = sorted([
        b"sabre-hash: %s/closed: Permission denied" % folder.encode(),
        b"sabre-hash: %s/closed_folder/: Permission denied" % folder.encode(),
    ])  # fmt: skip
    check(sorted(line.replace(b"closed_folder:", b"closed_folder/:") for line in messages(result)) == expected, result)
    check_equal(result.stdout, expected_list("/", folder + "/good", folder + "/zzz"))


def test_a_missing_path_is_reported_and_the_rest_is_hashed(folder):
    write(folder, b"here", b"here")
    result = run("missing", "here", "/dev/null", cwd=folder)
    check(result.returncode == 1, result)
    check(
        messages(result)
        == [b"sabre-hash: missing: No such file or directory", b"sabre-hash: /dev/null: Not a regular file"],
        result,
    )
    check_equal(result.stdout, expected_list(folder, "here"))


def test_vanishing_files_are_reported_and_the_rest_is_hashed(folder):
    for name in ("keep", "vanish"):
        os.mkdir(f"{folder}/{name}")
        for i in range(2000):
            write(folder, b"%s/%d" % (name.encode(), i), b"%d" % i)
    # Large enough that the workers are still at it, and the main thread ahead, when the files go.
    for i in range(4):
        with open(f"{folder}/large{i}", "wb") as file:
            file.truncate(300_000_000)
    process = subprocess.Popen(
        [PROGRAM, "--threads=1", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    shutil.rmtree(folder + "/vanish")
    output, errors = process.communicate(timeout=LONG)
    kept = [line for line in output.splitlines() if b"/keep/" in line]
    check_equal(b"\n".join(kept), expected_list("/", folder + "/keep").rstrip(b"\n"))
    complaints = [line for line in errors.splitlines() if line.endswith(b": No such file or directory")]
    vanished = [line for line in output.splitlines() if b"/vanish/" in line]
    check(process.returncode == (1 if complaints else 0), process.returncode, errors)
    check(len(vanished) + len(complaints) <= 2001, len(vanished), len(complaints))


def test_a_full_disk_is_an_error(folder):
    write(folder, b"file")
    with open("/dev/full", "wb") as full:
        result = subprocess.run(
            [PROGRAM, folder], stdout=full, stderr=subprocess.PIPE, timeout=LONG, check=False
        )
    check(result.returncode == 1 and b"write error: No space left on device" in result.stderr, result)


def test_a_reader_that_is_slow_gets_everything(folder):
    for i in range(3000):
        write(folder, b"some longish name for the pipe to fill %d" % i)
    process = subprocess.Popen([PROGRAM, folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    output = process.stdout.read()
    check(process.wait(timeout=LONG) == 0)
    check_equal(output, expected_list("/", folder))


# ------------------------------------------------------------------------------------------- --check


def compare_checks(folder, *more):
    """Both programs check the list; they must say the same."""
    for options in ([], ["--quiet"]):
        ours = run("--check", "list", *options, *more, cwd=folder)
        theirs = run("-c", "list", *options, *more, cwd=folder, program="sha256sum")
        check_equal(ours.stdout, theirs.stdout)
        check(ours.returncode == theirs.returncode, ours, theirs)
        # Messages about files quote differently, so only the warnings are compared.
        warnings = [line.partition(b": ")[2] for line in theirs.stderr.splitlines() if b"WARNING" in line]
        check([line.partition(b": ")[2] for line in messages(ours) if b"WARNING" in line] == warnings, ours, theirs)
    return run("--check", "list", cwd=folder)


def test_check_accepts_what_sha256sum_wrote(folder):
    awkward_tree(folder)
    write(folder, b"list", expected_list(folder, "."))
    # The list names itself with the digest it had when it was empty.
    result = compare_checks(folder)
    check(result.stdout.count(b": OK\n") >= 3 * len(AWKWARD) - 2, result)


def test_check_accepts_what_sabre_hash_wrote(folder):
    os.mkdir(folder + "/data")
    awkward_tree(folder + "/data")
    write(folder, b"list", run("data", cwd=folder).stdout)
    result = compare_checks(folder)
    check(result.returncode == 0 and b"FAILED" not in result.stdout, result)


def test_check_finds_what_changed(folder):
    os.mkdir(folder + "/data")
    for name in (b"same", b"changed", b"changed\ntoo", b"gone", b"gone\\\n"):
        write(folder, b"data/" + name, name)
    write(folder, b"list", run("data", cwd=folder).stdout)
    write(folder, b"data/changed", b"?")
    write(folder, b"data/changed\ntoo", b"?")
    os.remove(folder + "/data/gone")
    os.remove(os.path.join(os.fsencode(folder), b"data/gone\\\n"))
    result = compare_checks(folder)
    check(result.returncode == 1, result)
    for line in (b"data/same: OK\n", b"data/changed: FAILED\n", b"\\data/changed\\ntoo: FAILED\n"):
        check(line in result.stdout, line, result)
    check(b"sabre-hash: data/gone: No such file or directory\n" in result.stderr, result)


def test_check_reads_other_forms_and_skips_junk(folder):
    for name in (b"a", b"b c", b"d\\e", b"f\ng", b"(h) = i"):
        write(folder, name, name)
    text = run("--tag", "a", "b c", "d\\e", "f\ng", "(h) = i", cwd=folder, program="sha256sum").stdout
    text += run("--binary", "a", "f\ng", cwd=folder, program="sha256sum").stdout
    text += b"# a comment\n\njunk\n" + b"0" * 64 + b" x\n" + text[:100].upper()
    text += b"\r\n" + run("a", cwd=folder, program="sha256sum").stdout.rstrip(b"\n")
    write(folder, b"list", text)
    compare_checks(folder)


def test_check_of_a_list_without_lines_fails(folder):
    for content in (b"", b"junk\n", b"# comment\n"):
        write(folder, b"list", content)
        result = compare_checks(folder)
        check(result.returncode == 1, result)
        check(b"sabre-hash: list: no properly formatted checksum lines found" in messages(result), result)


def test_check_of_a_missing_list_fails(folder):
    result = run("--check", "list", cwd=folder)
    check(result.returncode == 1, result)
    check(messages(result) == [b"sabre-hash: list: No such file or directory"], result)


def test_check_reads_the_standard_input(folder):
    write(folder, b"a", b"a")
    result = run("--check", "-", cwd=folder, input=run("a", cwd=folder).stdout)
    check(result.returncode == 0 and result.stdout == b"a: OK\n", result)


# ------------------------------------------------------------------------------------------- the face


def test_json_is_the_last_line_or_a_file(folder):
    for i in range(10):
        write(folder, b"%d" % i, b"x" * 1000)
    result = run("--json", "--threads=2", "--control-thread", folder)
    summary = json.loads(result.stderr.splitlines()[-1])
    check(summary["files"] == 10 and summary["bytes"] == 10_000 and summary["errors"] == 0, summary)
    check(summary["threads"] == 2 and summary["signal"] == 0, summary)
    for key in ("seconds", "mb_per_s", "longest_block_ms", "p999_block_ms", "control_delay_ms"):
        check(isinstance(summary[key], float), key, summary)
    check(summary["p999_block_ms"] <= summary["longest_block_ms"], summary)
    check_equal(result.stdout, expected_list("/", folder))

    with tempfile.TemporaryDirectory() as other:
        result = run(f"--json={other}/out", "--on-main-thread", folder, folder + "/missing")
        summary = json.loads(pathlib.Path(other, "out").read_text(encoding="utf-8"))
        check(summary["threads"] == 0 and summary["errors"] == 1 and summary["control_delay_ms"] is None, summary)
        check(result.returncode == 1, result)
        result = run("--json=" + other + "/no/such/folder", folder)
        check(result.returncode == 1, result)


def test_quiet_says_nothing(folder):
    write(folder, b"file")
    check(run("--quiet", folder).stderr == b"")


def test_the_summary_says_how_long_the_loop_was_blocked(folder):
    write(folder, b"file")
    check(b"the event loop was blocked for" in run(folder).stderr)


def test_help_goes_to_stdout_and_a_wrong_command_line_is_status_2(folder):
    result = run("--help")
    check(result.returncode == 0 and result.stdout.startswith(b"usage: sabre-hash"), result)
    for arguments in ([], ["--bogus"], ["--threads=0", folder], ["--check"]):
        result = run(*arguments)
        check(result.returncode == 2 and result.stdout == b"" and result.stderr.count(b"\n") == 1, result)


def test_progress_is_drawn_on_a_terminal(folder):
    large_files(folder, count=3, size=1_000_000_000)
    parent, child = pty.openpty()
    environment = dict(os.environ, TERM="xterm")
    process = subprocess.Popen(
        [PROGRAM, "--threads=2", folder], stdout=subprocess.PIPE, stderr=child, env=environment
    )
    os.close(child)
    reader = threading.Thread(target=process.stdout.read)
    reader.start()
    seen = read_terminal(parent)
    check(process.wait(timeout=LONG) == 0, seen)
    reader.join()
    os.close(parent)
    check(b"/3 files, " in seen and b" MB/s" in seen, seen)
    check(b"  0 [" in seen and b"  1 [" in seen and b" left" in seen, seen)
    # The lines are taken away and the cursor is shown again, before the summary.
    check(seen.rindex(b"\x1b[J\x1b[?25h") > seen.rindex(b"\x1b[?25l"), seen)
    check(seen.rstrip().endswith(b"ms at most"), seen)


def test_on_no_terminal_there_are_no_escapes(folder):
    large_files(folder, count=2, size=500_000_000)
    check(b"\x1b" not in run(folder).stderr)


def read_terminal(fd):
    """Everything until the other side closes it."""
    seen = b""
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            data = os.read(fd, 65536)
        except OSError:  # how Linux says that the other side is closed
            break
        if not data:
            break
        seen += data
    return seen


# ------------------------------------------------------------------------------------------- signals


def large_files(folder, count, size):
    """Files of zeros that take up no room."""
    for i in range(count):
        with open(f"{folder}/large{i}", "wb") as file:
            file.truncate(size)


def interrupt(arguments, number):
    """Starts sabre-hash and sends a signal. Returns the status, output and seconds it took to end."""
    process = subprocess.Popen(
        [PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    time.sleep(0.3)
    began = time.monotonic()
    process.send_signal(number)
    output, errors = process.communicate(timeout=LONG)
    return process.returncode, output, errors, time.monotonic() - began


def test_a_signal_stops_inside_a_huge_file(folder):
    large_files(folder, count=5, size=1 << 40)
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        for mode in ([], ["--on-main-thread"]):
            code, output, errors, seconds = interrupt([*mode, "--json", folder], number)
            check(code == status, code, errors)
            check(output == b"", output)
            check(b"stopped by SIG" in errors, errors)
            check(json.loads(errors.splitlines()[-1])["signal"] == int(number), errors)
            check(seconds < 5, seconds)


def test_a_signal_stops_a_list_nobody_reads(folder):
    for i in range(3000):
        write(folder, b"some longish name for the pipe to fill %d" % i)
    process = subprocess.Popen([PROGRAM, "--quiet", folder], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    check(process.wait(timeout=LONG) == 143)
    process.communicate()


# ------------------------------------------------------------------------------------------- slow ones


def slow_test_a_sparse_file_of_2_gib(folder):
    large_files(folder, count=1, size=2 << 30)
    check_equal(run(folder).stdout, expected_list("/", folder))


def slow_test_a_hundred_thousand_files(folder):
    for i in range(100):
        os.mkdir(f"{folder}/{i}")
        for j in range(1000):
            write(folder, b"%d/%d" % (i, j), b"%d" % j)
    check_equal(run(folder).stdout, expected_list("/", folder))


def main():
    prefixes = ("test_", "slow_test_") if os.environ.get("SABRE_FULL") else ("test_",)
    word = sys.argv[2] if len(sys.argv) > 2 else ""
    passed = failed = 0
    for name, test in list(globals().items()):
        if not name.startswith(prefixes) or word not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="sabre_hash_") as outer:
            os.chmod(outer, 0o755)
            folder = os.path.join(os.path.realpath(outer), "tree")
            os.mkdir(folder)
            try:
                test(folder)
                passed += 1
            except Exception:  # noqa: BLE001: whatever it is, the other tests still run
                failed += 1
                print(f"---- {name}\n{traceback.format_exc()}")
            finally:
                subprocess.run(["chmod", "-R", "u+rwX", folder], check=False)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
