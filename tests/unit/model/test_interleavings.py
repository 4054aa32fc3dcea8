"""Deliveries, cancellations, commits and rebalances in every order: no event is passed over.

The real consumer and the real `process` run in a loop that stands still; the explorer decides
which call to the outside is answered next, and how, and when time passes. After each step the
process may die: whoever goes on from the committed offset, with the state as it is, must come
to have applied every event, each asset's in order.
"""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import faust
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.app import create_app
from pipeline.consumer_thread import Fetched
from pipeline.lanes import Batch
from pipeline.positions import Committed, Extent, Start
from pipeline.settings import Settings
from pipeline.transport import process
from tests.unit.model.scheduler import Gates, StillLoop, started
from tests.unit.operators.events import FakeRecord

PLACE = TP("metrics", 0)
EVENTS = 12
ASSETS = 2
TAKEN_AT_ONCE = 2
AT_ONCE = 3


class State:
    """Of each asset the last offset applied, as the table holds it."""

    def __init__(self) -> None:
        self.last = [-1] * ASSETS
        self.applied: list[int] = []

    def apply(self, offset: int) -> None:
        if offset > self.last[offset % ASSETS]:
            self.last[offset % ASSETS] = offset
            self.applied.append(offset)

    def missed(self, committed: int) -> list[int]:
        """What is never applied if somebody goes on from the committed offset."""
        after = State()
        after.last, after.applied = list(self.last), list(self.applied)
        for offset in range(committed, EVENTS):
            after.apply(offset)
        return sorted(set(range(EVENTS)) - set(after.applied))


class World:
    """One worker process, Kafka, and what they wait for."""

    def __init__(self, app: faust.App, loop: StillLoop) -> None:
        self.loop, self.gates, self.state = loop, Gates(loop), State()
        self.committed = self.position = 0
        self.crashes: list[BaseException] = []
        self.assigned = True
        self._queue: asyncio.Queue[Batch] = asyncio.Queue(2)
        self._works = itertools.count()
        self.app, self.consumer = app, app.consumer
        self._stub()
        self._tasks = [
            started(loop, process(self._app(), self._stream(), self._handle, at_once=AT_ONCE)),
            started(loop, self.consumer._drain_messages(SimpleNamespace(_stopped=asyncio.Event()))),
        ]
        self.rebalance: asyncio.Task[Any] | None = None
        app.rebalancing = True
        self.reassign()

    def _stub(self) -> None:
        consumer, thread = self.consumer, self.consumer._thread
        consumer.callback = self._deliver
        consumer._on_partitions_revoked = self._suspend
        consumer.assignment = lambda: {PLACE} if self.assigned else set()
        consumer.highwater = lambda _tp: EVENTS
        thread.getmany, thread.commit = self._fetch, self._commit
        thread.starts, thread.go_to = self._starts, self._go_to
        self.app.producer.flush = self._flush

    def _app(self) -> Any:
        world = self

        class App:
            @property
            def should_stop(self) -> bool:
                return bool(world.crashes)

            async def crash(self, error: BaseException) -> None:
                await asyncio.sleep(0)
                world.crashes.append(error)

        return App()

    async def _flush(self) -> None:
        return

    async def _deliver(self, message: Any) -> None:
        await self._queue.put(message.value)

    async def _stream(self) -> AsyncIterator[Batch]:
        while True:
            yield await self._queue.get()

    async def _suspend(self, _revoked: set[TP]) -> None:
        """What Faust's app does in a rebalance, after what the consumer does."""
        self.consumer.stop_flow()
        while not self._queue.empty():
            self._queue.get_nowait()
        await self.consumer.wait_empty()

    # What goes outside ----------------------------------------------------------

    async def _fetch(self, active: set[TP] | None, _timeout: float) -> dict[TP, Fetched]:
        await self.gates.passing("fetch")
        start = self.position
        end = min(EVENTS, start + TAKEN_AT_ONCE)
        if start == end or not active or not self.consumer.flow_active:
            return {}
        self.position = end
        records = [FakeRecord(None, b"", offset, 0) for offset in range(start, end)]
        return {PLACE: Fetched(records, start, end)}

    async def _handle(self, batch: Batch) -> None:
        if not await self.gates.passing(f"work {next(self._works)}"):
            raise ValueError("no")
        for record in batch.records:
            self.state.apply(record.offset)

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        well = await self.gates.passing("commit")
        if well:
            self.committed = offsets[PLACE]
        return well

    async def _starts(self) -> dict[TP, Start]:
        await self.gates.passing("seek")
        if not self.assigned:
            return {}
        committed = Committed(self.committed, "an-id")
        return {PLACE: Start(self.committed, Extent("an-id", 0, EVENTS), committed)}

    async def _go_to(self, positions: Mapping[TP, int]) -> None:
        await self.gates.passing("seek")
        self.position = positions.get(PLACE, self.position)

    # What happens to it -----------------------------------------------------------

    def commit(self) -> None:
        self._tasks.append(started(self.loop, self.consumer.commit()))

    def revoke(self) -> None:
        self.app.rebalancing = True
        self.rebalance = started(self.loop, self.consumer.on_partitions_revoked({PLACE}))

    def reassign(self, *, recovers: bool = False) -> None:
        """Assign the partition again; the flow may go on before, to recover the table."""
        self.app.consumer_generation_id += 1
        self.position = self.committed  # aiokafka's own
        self.rebalance = started(self.loop, self._reassign(recovers=recovers))

    async def _reassign(self, *, recovers: bool) -> None:
        consumer = self.consumer
        if recovers:
            consumer.resume_flow()
        consumer._set_active_tps({PLACE})
        await asyncio.wait([asyncio.ensure_future(consumer.perform_seek())], timeout=40.0)
        consumer.resume_flow()
        self.app.rebalancing = False

    def elsewhere(self) -> None:
        """Another worker has the partition for as long as it takes to apply an event."""
        self.state.apply(self.committed)
        self.committed = min(EVENTS, self.committed + 1)

    def step(self, name: str) -> None:
        """Have one thing happen, and see to it that no event is passed over."""
        self.steps()[name]()
        self.loop.pass_time(0.001)
        self.check()

    def steps(self, *, failing: bool = True) -> dict[str, Callable[[], None]]:
        """What may happen next."""
        may: dict[str, Callable[[], None]] = {"a second": partial(self.loop.pass_time, 1.0)}
        for gate in sorted(self.gates.waiting):
            may[gate] = partial(self.gates.open, gate)
            if gate == "commit":
                may["commit refused"] = partial(self.gates.open, gate, well=False)
            if gate.startswith("work") and failing:
                may[f"{gate} fails"] = partial(self.gates.open, gate, well=False)
        if self.consumer._commit_fut is None:
            may["commit begins"] = self.commit
        going_on = self.rebalance is not None and not self.rebalance.done()
        if going_on:
            may["ten seconds"] = lambda: self.loop.pass_time(10.1)
        elif self.app.rebalancing:
            may["reassign"] = self.reassign
            may["recover"] = lambda: self.reassign(recovers=True)
            if self.committed < EVENTS:
                may["elsewhere"] = self.elsewhere
        else:
            may["revoke"] = self.revoke
        return may

    def check(self) -> None:
        """Hold the state against what whoever goes on will make of it."""
        missed = self.state.missed(self.committed)
        assert not missed, f"events {missed} are never applied"
        for asset in range(ASSETS):
            mine = [offset for offset in self.state.applied if offset % ASSETS == asset]
            assert mine == sorted(mine)

    def finish(self) -> None:
        """Let all go well: everything is applied and committed."""
        for turn in range(400):
            if self.committed == EVENTS:
                return
            self.step(self._next("fetch" if turn % 2 else "commit begins"))
        raise AssertionError("nothing moves any more")

    def _next(self, otherwise: str) -> str:
        steps = self.steps(failing=False)
        for wanted in ("work", "seek", "reassign", "commit", otherwise):
            for name in steps:
                if name == wanted or (wanted == "work" and name.startswith("work")):
                    return name
        return "a second"

    def end(self) -> None:
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.settle()


@contextmanager
def world() -> Iterator[World]:
    loop = StillLoop()
    asyncio.set_event_loop(loop)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(state_dir=Path(folder)), "model", ("metrics",))
        made = World(app, loop)
        try:
            yield made
        finally:
            made.end()
            made.consumer._thread.thread_loop.close()
            loop.close()
            asyncio.set_event_loop(None)


@given(st.data(), st.booleans())
@settings(max_examples=150)
def test_no_order_of_things_passes_an_event_over(data: st.DataObject, failing: bool) -> None:
    with world() as made:
        for _ in range(data.draw(st.integers(0, 60))):
            made.step(data.draw(st.sampled_from(sorted(made.steps(failing=failing)))))
            if made.crashes:
                return  # whoever goes on has been looked at
        made.finish()


def test_what_is_delivered_while_a_rebalance_drains_is_not_applied_after_what_it_abandons() -> None:
    with world() as made:
        for step in ("seek", "seek", "a second", "fetch", "revoke", "fetch", "ten seconds"):
            made.step(step)
        assert made.state.applied == []
        made.finish()


def test_what_waits_for_its_turn_is_not_applied_after_what_failed() -> None:
    with world() as made:
        for step in ("seek", "seek", "a second", "fetch", "fetch", "work 0 fails"):
            made.step(step)
        assert made.state.applied == []
        assert made.crashes
