"""The soak itself: seal, mine and make faults until the time is up; then calm, settle, and count."""

import signal
import sys
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import select, text

from registry.store.engine import StoreUnavailable
from registry.store.tables import Batch
from soaking import backup
from soaking.faults import FAULTS, Fault, Undo
from soaking.world import World
from tests.support import sealed
from tests.support.truth import told_truly

STEP_SECONDS = 0.1
SEAL, MINE, FAULT, COPY, LOOK = 1.0, 3.0, 1.0, 0.1, 0.4
"""How often per second: a new batch, a block, a fault, a copy of the database, a look at what people are told."""

LEAST_BATCHES, MAX_BATCHES = 8, 1500
"""A soak on a busy machine goes on until it has the first; memory and the final check bound the second."""

PROGRESS_SECONDS = 30
SETTLE_SECONDS = 120


@dataclass
class Soak:
    """What is going on, and what was."""

    world: World
    times: Counter[str] = field(default_factory=Counter)
    alarms: dict[str, set[str]] = field(default_factory=dict)
    active: dict[str, tuple[Fault, float, Undo]] = field(default_factory=dict)  # by group
    batches: int = 0
    looks: int = 0
    deck: list[Fault] = field(default_factory=list)
    last: float = field(default_factory=time.monotonic)

    def step(self) -> None:
        """A moment of life."""
        world, dice = self.world, self.world.dice
        now = time.monotonic()
        passed, self.last = now - self.last, now

        def comes(rate: float) -> int:
            """How often something that happens at this rate has happened since the last step."""
            return int(rate * passed + dice.random())

        world.fill()
        self.end(only_due=True)
        if "database" not in self.active:  # else it is locked
            with suppress(StoreUnavailable):  # a worker is frozen inside a transaction: whoever seals tries again
                for _ in range(min(comes(SEAL), MAX_BATCHES - self.batches)):
                    sealed.seal(world.view, dice.randint(1, 5))
                    self.batches += 1
                if comes(COPY):
                    world.copies.append(backup.take(world.view))
                if comes(LOOK):
                    self.look()
        for _ in range(comes(MINE)):
            world.mine()
        for _ in range(comes(FAULT)):
            self.begin()
        time.sleep(STEP_SECONDS)

    def begin(self) -> None:
        """Begin the next fault of the deck whose group is free; when the deck is used up, all are shuffled again."""
        if not self.deck:
            self.deck = self.world.dice.sample(FAULTS, len(FAULTS))
        found = next((fault for fault in self.deck if self.possible(fault)), None)
        if found is None:
            return
        self.deck.remove(found)
        try:
            undo = found.begin(self.world)
        except StoreUnavailable:
            return
        self.times[found.name] += 1
        self.alarms.setdefault(found.name, set())
        if undo is not None:
            self.active[found.group] = found, time.monotonic() + found.seconds * self.world.dice.random(), undo

    def possible(self, fault: Fault) -> bool:
        """None of its group is going on; a copy is put back only while nothing else is."""
        if fault.name == "older backup restored":
            return not self.active and bool(self.world.copies)
        return fault.group not in self.active and not (fault.group == "process" and "freezer" in self.active)

    def end(self, *, only_due: bool) -> None:
        """End the faults whose time has come, or all."""
        for group, (_, until, undo) in list(self.active.items()):
            if not only_due or time.monotonic() > until:
                undo()
                del self.active[group]

    def look(self) -> None:
        """People are told the truth, and what was final stays final, but in a database that was put back."""
        self.looks += 1
        told_truly(self.world.view, self.world.config, self.world.node.request)
        with self.world.view.read() as session:
            seen = set(session.scalars(text("SELECT code FROM alarm")))
        for fault, _, _ in self.active.values():
            self.alarms[fault.name] |= seen


def soak(world: World, seconds: float) -> int:
    """0 when nothing was lost and nothing is there twice."""
    life = Soak(world)
    world.fill()  # the first process takes a while to start
    start = shown = life.last = time.monotonic()
    try:
        while time.monotonic() - start < seconds or life.batches < LEAST_BATCHES:
            life.step()
            if time.monotonic() - shown > PROGRESS_SECONDS:
                shown = time.monotonic()
                print(f"{shown - start:5.0f} s: {life.batches} batches, {life.times.total()} faults", flush=True)
        life.end(only_due=False)
        _settle(life)
        lost, anchors = _count(life)
    except Exception:
        traceback.print_exc()
        _table(life, "FAILED")
        return 1
    _table(life, "nothing lost, nothing twice" if not lost else "LOST")
    sends = world.sent()
    print(
        f"{life.batches} batches in {anchors} anchors, {sends} transactions of the operator, "
        f"{life.times.total()} faults, "
        f"{life.looks} looks at what people are told; lost {lost}, twice 0; rebuilt from the chain: equal"
    )
    return 1 if lost else 0


def _settle(life: Soak) -> None:
    """Nothing disturbs any more: the workers alone bring all to its end; then one more process looks."""
    world = life.world
    world.calm()
    world.fill()
    deadline = time.monotonic() + SETTLE_SECONDS
    while set(states := world.states()) != {"final"}:
        if time.monotonic() > deadline:
            with world.view.read() as session:
                alarms = session.execute(text("SELECT code, detail FROM alarm")).all()
            raise AssertionError(f"not settled: {Counter(states)}, alarms {alarms}")
        world.fill()
        world.mine()
        time.sleep(STEP_SECONDS)
    world.dismiss(signal.SIGTERM)
    world.expire_lease()
    world.settle()


def _count(life: Soak) -> tuple[int, int]:
    """Batches lost, anchors; raises when something is there twice or does not come out of the chain again."""
    life.world.check(life.batches, foreign=True)
    with life.world.view.read() as session:
        rows = session.scalars(select(Batch)).all()
        lost = sum(row.anchor_number is None for row in rows)
    return lost, len([entry for entry in life.world.log() if entry.kind == 1])


def _table(life: Soak, outcome: str) -> None:
    print(f"\n{'fault':46} {'times':>5}  outcome")
    for fault in FAULTS:
        seen = ", ".join(sorted(life.alarms.get(fault.name, ())))
        print(f"{fault.name:46} {life.times[fault.name]:5}  {outcome}{f' (alarms: {seen})' if seen else ''}")
    sys.stdout.flush()
