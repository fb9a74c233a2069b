"""The supervisor: one small process a phase, in a session of its own, that outlives the worker.

It gets its orders once over standard input, answers one line, lets go of everything and then starts Terraform,
masks and journals what it says, seals each state before the resource is reported, and stops it with one SIGINT when
asked, at the deadline, or when no worker has been interested for too long.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from activation.domain.patience import pause_before_another, words_before_another
from activation.domain.progress import EventReader, dumped_state, finished_address
from activation.domain.redaction import Masker
from activation.domain.run_outcome import SESSION_OVER
from activation.runner import children, kept, sandbox, workspace
from activation.runner import control as controls
from activation.runner.children import Ended
from activation.runner.journal import END, Journal
from activation.runner.lock import Held, open_and_take, take_own_lock
from activation.runner.spec import Command, Spec
from activation.runner.states import ERRORED, SealedState, Sealer, write_durably

PIPE_BYTES = 1 << 20
LONGEST_LINE = 4 << 20
# Of a phase's log, in bytes as journaled; states, progress and what failed are told beyond it.
MOST_LOG = 20 << 20
TICK_MILLISECONDS = 50
# Whether another run has done its `init` is looked at this often.
TURN_SECONDS = 0.2
# Beside the templates, where runs cannot reach: one that held it would keep all others from beginning.
INIT_LOCK = "init.lock"
PR_SET_CHILD_SUBREAPER = 36
EXIT = "exit.json"


class Supervisor:
    """Carries out one phase."""

    def __init__(self, spec: Spec, lock: int, own_lock: int) -> None:
        self.spec, self.lock, self.own_lock = spec, lock, own_lock
        self.control, self.work = Path(spec.control), Path(spec.work)
        self.masker = Masker(spec.secrets.values())
        self.journal = Journal(self.control, self.masker)
        self.sealer = Sealer(run_id=spec.run_id, control=self.control, work=self.work, key=spec.key)
        self.reader = EventReader(spec.phase)
        self.lines = 0
        self.logged = 0
        self.in_long_line = False
        # The state that Terraform printed where it could write it nowhere.
        self.dump = b""
        self.terraform = 0
        # Whether Terraform has said that it begins to change something.
        self.has_begun = False
        self.stopped_for = ""
        self.stopped_at = 0.0
        self.was_interrupted = False
        self.killed_for = ""
        self.began = time.monotonic()
        self.lease = controls.lease_stamp(self.control)
        self.lease_seen = self.began

    def run(self) -> None:
        """Run the commands one after the other, keep what is to be kept, wipe the work directory."""
        ended, last = None, ""
        for command in self.spec.commands:
            if self.stopped_for:
                break
            last = command.name
            self.journal.append("phase", name=command.name)
            ended = self.initialize(command) if command.name == "init" else self.carry_out_patiently(command)
            if ended is None or ended.code != 0:
                break
        finished = ended is not None and ended.code == 0 and last == self.spec.commands[-1].name
        files: dict[str, dict[str, str]] = {}
        if not self.await_room(self.seal_what_is_left) or not self.await_room(
            lambda: files.update(kept.seal_files(self.spec, self.masker) if finished else {})
        ):
            self.leave()
            return
        self.end(ended, last, finished=finished, files=files)

    # --- one command

    def carry_out_patiently(self, command: Command) -> Ended:
        """Carry out one command; one that changes nothing, again after a failure that may pass."""
        tries, before = 0, len(self.reader.diagnostics)
        while True:
            began = time.monotonic()
            ended = self.carry_out(command)
            tries += 1
            reported = self.reader.diagnostics[before:]
            pause = pause_before_another(command.name, reported, tries=tries)
            if ended.code == 0 or self.stopped_for or pause is None:
                return ended
            now = time.monotonic()
            if now + pause + (now - began) > self.began + self.spec.deadline_seconds:
                # A try that the deadline would cut off hides what really failed.
                return ended
            self.lines += 1
            text = words_before_another(reported, pause, tries=tries)
            self.journal.append("line", text=text, level="notice")
            del self.reader.diagnostics[before:]
            if not self.wait(pause):
                return ended

    def wait(self, seconds: float) -> bool:
        """Let time pass; return False as soon as somebody asks for a stop."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not self.stopped_for:
            time.sleep(TICK_MILLISECONDS / 1000)
            self.journal.flush()
            self.consider_stopping()
        return not self.stopped_for

    def carry_out(self, command: Command) -> Ended:
        """Start one command and follow it to its end."""
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        with contextlib.suppress(OSError):
            fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.set_blocking(read_end, False)
        child = os.fork()
        if child == 0:
            self.become(command, read_end, write_end)
        os.close(write_end)
        self.terraform = child
        handle = os.pidfd_open(child)
        try:
            return self.follow(command, child, handle, read_end)
        finally:
            self.terraform = 0
            os.close(handle)
            os.close(read_end)

    def become(self, command: Command, read_end: int, write_end: int) -> NoReturn:
        """Turn the forked child into Terraform; only exec or exit leads out."""
        try:
            os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
            output = write_end
            if command.capture:
                output = os.open(self.work / command.capture, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            os.dup2(output, 1)
            os.dup2(write_end, 2)
            # Terraform keeps a read end of its own output: were we killed, a line more would not kill it too.
            os.set_inheritable(read_end, True)
            keep = sorted({self.lock, read_end})
            low = 3
            for handle in keep:
                os.closerange(low, handle)
                low = handle + 1
            os.closerange(low, 1 << 16)
            os.chdir(self.work)
            sandbox.enter(self.spec.confinement)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            environment = {**self.spec.environment, **command.environment, **self.spec.secrets}
            os.execve(command.argv[0], command.argv, environment)  # noqa: S606 - the one place where Terraform begins
        except BaseException as error:  # noqa: BLE001 - whatever it is, no Python may go on in this process
            with contextlib.suppress(OSError):
                os.write(2, f"Cannot start {command.name}: {error}\n".encode())
        os._exit(127)

    def follow(self, command: Command, child: int, handle: int, read_end: int) -> Ended:
        """Read, seal, stop when there is a reason, until the command has ended and its output is read."""
        poll = select.poll()
        poll.register(read_end, select.POLLIN)
        poll.register(handle, select.POLLIN)
        pending = b""
        while True:
            ready = {number for number, _ in poll.poll(TICK_MILLISECONDS)}
            if read_end in ready:
                pending = self.take_output(read_end, pending)
            self.look_for_state()
            self.journal.flush()
            self.consider_stopping()
            if self.must_interrupt:
                self.was_interrupted = True
                pending = self.interrupt(child, read_end, pending, changes=command.name == "apply")
            if handle in ready:
                _, status = os.waitpid(child, 0)
                pending = self.take_output(read_end, pending, everything=True)
                if pending:
                    self.take_line(pending)
                children.end_stragglers()
                return Ended(status)

    def take_output(self, read_end: int, pending: bytes, *, everything: bool = False) -> bytes:
        """Read what is there, hand on whole lines, return the rest."""
        while True:
            try:
                chunk = os.read(read_end, PIPE_BYTES)
            except BlockingIOError:
                return pending
            if not chunk:
                return pending
            *lines, pending = (pending + chunk).split(b"\n")
            if lines and self.in_long_line:
                # The end of a line that was left out.
                self.in_long_line = False
                del lines[0]
            for line in lines:
                self.take_line(line)
            if len(pending) > LONGEST_LINE or self.in_long_line:
                # Never in pieces: a secret across a cut would be in none of them.
                if not self.in_long_line:
                    self.note(f"A line of more than {LONGEST_LINE >> 20} MiB is left out.")
                self.in_long_line, pending = True, b""
            if not everything:
                return pending

    def take_line(self, raw: bytes) -> None:
        """Mask one line, make it readable, journal it; a finished resource only once its state is sealed."""
        self.has_begun = self.has_begun or b'"apply_start"' in raw
        if dump := dumped_state(raw):
            self.dump = dump
            self.guarded(lambda: self.report_state(self.sealer.dumped(dump)))
        masked = self.masker.mask_text(raw.decode("utf-8", "replace"))
        address, present = finished_address(masked)
        if address:
            self.guarded(lambda: self.await_state(address, present=present))
        before = len(self.reader.diagnostics)
        reading = self.reader.feed(masked)
        failed = len(self.reader.diagnostics) > before
        for line in reading.lines:
            self.log(self.masker.mask_line(line), **({"level": "error"} if failed else {}))
        if reading.event is not None:
            self.journal.append("progress", **reading.event.to_json())

    def log(self, text: str, **fields: str) -> None:
        """Journal a line of the log, unless there were too many."""
        if self.logged > MOST_LOG:
            return
        self.logged += len(text.encode())
        if self.logged > MOST_LOG:
            self.note(f"The log has more than {MOST_LOG >> 20} MiB; the rest is left out.")
            return
        self.lines += 1
        self.journal.append("line", text=text, **fields)

    def note(self, text: str) -> None:
        """Journal a line of our own."""
        self.lines += 1
        self.journal.append("line", text=text, level="notice")

    # --- state

    def look_for_state(self) -> None:
        """Seal a new serial, if there is one."""
        self.guarded(lambda: self.report_state(self.sealer.look()))

    def seal_what_is_left(self) -> None:
        """Seal the last state wherever Terraform left it; raises OSError where the disk is full."""
        self.report_state(self.sealer.look())
        self.report_state(self.sealer.errored())
        if self.dump:
            self.report_state(self.sealer.dumped(self.dump))

    def await_room(self, act: Callable[[], None]) -> bool:
        """Do what needs the disk, again and again while that is full; return whether it was done in time."""
        ends = time.monotonic() + self.spec.disk_seconds
        while True:
            try:
                act()
            except OSError as error:
                self.stop(f"disk: {error.strerror}")
                if time.monotonic() > ends:
                    return False
                time.sleep(0.5)
            else:
                return True

    def report_state(self, sealed: SealedState | None) -> None:
        """Journal a sealed state."""
        if sealed is not None:
            self.journal.append("state", **vars(sealed))
            self.journal.sync()

    def guarded(self, act: Callable[[], None]) -> None:
        """Do what needs the disk; where that is full, stop Terraform rather than lose sight of what it makes."""
        try:
            act()
        except OSError as error:
            self.stop(f"disk: {error.strerror}")

    def await_state(self, address: str, *, present: bool) -> None:
        """Wait until the state of a finished resource is sealed, unless Terraform is to be stopped meanwhile."""

        def patient() -> bool:
            self.consider_stopping()
            return not self.must_interrupt

        self.report_state(self.sealer.await_address(address, present=present, patient=patient))

    # --- stopping

    @property
    def must_interrupt(self) -> bool:
        """Return whether Terraform is to be stopped and was not told yet."""
        return bool(self.stopped_for) and not self.was_interrupted

    def consider_stopping(self) -> None:
        """Stop for the first reason that holds; kill only what was stopped and did not end."""
        now = time.monotonic()
        if (stamp := controls.lease_stamp(self.control)) != self.lease:
            self.lease, self.lease_seen = stamp, now
        if self.journal.is_behind:
            self.stop("disk: the journal cannot be written")
        if reason := controls.stop_requested(self.control):
            self.stop(reason)
        if now - self.began > self.spec.deadline_seconds:
            self.stop("deadline")
        if self.spec.session_seconds and now - self.began > self.spec.session_seconds:
            self.stop(SESSION_OVER)
        if now - self.lease_seen > self.spec.abandoned_seconds:
            self.stop("abandoned")
        if self.stopped_for and not self.killed_for:
            if controls.force_requested(self.control):
                self.kill("force")
            elif now - self.stopped_at > self.spec.grace_seconds:
                self.kill("grace over")

    def stop(self, reason: str) -> None:
        """Note why Terraform is to end; `follow` tells it so."""
        if self.stopped_for:
            return
        self.stopped_for, self.stopped_at = reason, time.monotonic()
        self.journal.append("stopping", reason=reason)

    def interrupt(self, child: int, read_end: int, pending: bytes, *, changes: bool) -> bytes:
        """Send Terraform one SIGINT, and never a second: that one would lose state. Return what is no whole line yet.

        An apply that still reads its plan takes note of the signal, forgets it, and then applies all of the plan
        (seen with Terraform 1.11). It is held still; where it has not said that it begins a change, it is killed.
        """
        if not changes or self.has_begun:
            os.kill(child, signal.SIGINT)
            return pending
        os.kill(child, signal.SIGSTOP)
        os.waitid(os.P_PID, child, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        pending = self.take_output(read_end, pending, everything=True)
        os.kill(child, signal.SIGINT if self.has_begun else signal.SIGKILL)
        os.kill(child, signal.SIGCONT)
        return pending

    def kill(self, reason: str) -> None:
        """Kill Terraform and all that it started."""
        self.killed_for = reason
        self.journal.append("killing", reason=reason)
        if self.terraform:
            os.kill(self.terraform, signal.SIGKILL)
        children.kill()

    # --- the first run of a package version

    def initialize(self, command: Command) -> Ended | None:
        """Carry out `init`, or take what another run has initialized meanwhile; None where a stop came before its turn.

        One run at a time: Terraform's cache of providers is not made for two (CLI configuration, "Provider Plugin
        Cache").
        """
        with contextlib.ExitStack() as stack:
            if self.spec.template:
                handle = os.open(
                    Path(self.spec.template).with_name(INIT_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600
                )
                stack.callback(os.close, handle)
                if not self.await_turn(handle):
                    return None
            if kept.take_template(self.spec):
                return Ended(0)
            if self.spec.cache and self.spec.confinement.uid:
                workspace.hand_over(Path(self.spec.cache), self.spec.confinement.uid)
            ended = self.carry_out_patiently(command)
            if ended.code == 0:
                kept.save_template(self.spec)
            return ended

    def await_turn(self, handle: int) -> bool:
        """Take the lock of `init`; return False where somebody asks for a stop before it is free."""
        said = False
        while True:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            if not said:
                self.note("Another run is fetching its providers on this host. Waiting until it has them.")
                said = True
            if not self.wait(TURN_SECONDS):
                return False

    # --- the end

    def end(self, ended: Ended | None, last: str, *, finished: bool, files: dict[str, dict[str, str]]) -> None:
        """Write the last entry and the exit file, then wipe the work directory, whose state is sealed by now."""
        said: dict[str, Any] = {
            "finished": finished,
            "command": last,
            "code": ended.code if ended else None,
            "signal": ended.signal if ended else 0,
            "stopped_for": self.stopped_for,
            "killed_for": self.killed_for,
            "interrupted": self.reader.interrupted,
            "lines": self.lines,
            "diagnostics": self.reader.diagnostics,
            "terraform_version": self.reader.terraform_version,
            "kept": files,
        }
        outcome = self.masker.mask_json(said)
        outcome["masked"] = self.masker.count
        self.journal.append(END, **outcome)
        ends = time.monotonic() + self.spec.disk_seconds
        while self.journal.is_behind and time.monotonic() < ends:
            time.sleep(0.5)
            self.journal.flush()
        self.journal.sync()
        with contextlib.suppress(OSError):
            write_durably(self.control / EXIT, json.dumps(outcome).encode())
        shutil.rmtree(self.work, ignore_errors=True)

    def leave(self) -> None:
        """Go without a last entry: nothing else has the state, so the work directory stays for whoever takes over."""
        if self.dump:
            with contextlib.suppress(OSError):
                write_durably(self.work / ERRORED, self.dump)


def main() -> None:
    """Read the orders, take the run's lock, detach, work."""
    spec = Spec.from_json(sys.stdin.read())
    try:
        lock = open_and_take(Path(spec.control))
    except Held:
        print("held", flush=True)
        return
    if controls.is_closed(Path(spec.control)):
        print("closed", flush=True)
        return
    own_lock = take_own_lock(Path(spec.control))
    if os.fork():
        # The child holds the lock now; our caller waits only for us.
        os._exit(0)
    os.setsid()
    with contextlib.suppress(OSError):
        (Path(spec.control) / "supervisor.pid").write_text(str(os.getpid()))
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    supervisor = Supervisor(spec, lock, own_lock)
    signal.signal(signal.SIGTERM, lambda *_: supervisor.stop("terminated"))
    print("started", flush=True)
    nothing = os.open("/dev/null", os.O_RDWR)
    complaints = os.open(Path(spec.control) / "supervisor.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.dup2(complaints, 2)
    supervisor.run()


if __name__ == "__main__":
    main()
