"""The Faust apps: one for detection, one for the sink, configured alike."""

import asyncio
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import faust
import structlog
from prometheus_client import CollectorRegistry, Counter
from yarl import URL

from pipeline.assignor import first_partitions
from pipeline.cluster.sentinel import Sentinel
from pipeline.exposition import exposed
from pipeline.kafka import account, ssl_context
from pipeline.lag import LagMeter
from pipeline.private import FOLDER, private_folder
from pipeline.settings import Settings
from pipeline.transport import BatchSchema, BatchTransport

GC_ALLOCATIONS = 200_000
"""More than a batch has objects alive at once."""

log = structlog.get_logger(__name__)

COMMIT_INTERVAL_SECONDS = 1.0
FETCH_BYTES = 2 * 1024 * 1024
"""Of each partition at a time: several batches, so that fetching keeps ahead of the work."""
PRODUCER_BATCH_BYTES = 512 * 1024
LARGEST_REQUEST_BYTES = 4 * 1024 * 1024
"""Room for a dead letter: any record Kafka has taken, and its headers."""
SHUTDOWN_SECONDS = 30.0
"""A shutdown that takes longer is stuck."""


def create_app(
    settings: Settings,
    app_id: str,
    batch_topics: tuple[str, ...],
    keyed_topics: tuple[str, ...] = (),
) -> faust.App:
    """Return a Faust app whose agents take whole batches of `batch_topics`.

    Of `keyed_topics` only the partitions that the settings know are taken.

    Commits are at-least-once: exactly-once would need transactions around a
    store that has none, and every effect here can bear repetition.
    """
    # One that is there already may hold what is not ours.
    settings.state_dir.mkdir(mode=FOLDER, parents=True, exist_ok=True)
    datadir = private_folder(settings.state_dir / app_id)
    app = faust.App(
        app_id,
        broker=[URL(f"kafka://{broker}") for broker in settings.kafka_brokers.split(",")],
        broker_credentials=_credentials(settings),
        broker_session_timeout=settings.session_timeout_seconds,
        broker_heartbeat_interval=settings.session_timeout_seconds / 3,
        broker_request_timeout=max(40.0, settings.session_timeout_seconds * 2),
        broker_commit_interval=COMMIT_INTERVAL_SECONDS,
        broker_max_poll_records=settings.batch_records,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        consumer_group_instance_id=settings.instance_id,
        producer_acks=-1,
        producer_linger=0,
        producer_max_batch_size=PRODUCER_BATCH_BYTES,
        producer_max_request_size=LARGEST_REQUEST_BYTES,
        store=f"{settings.state_store}://",
        datadir=datadir,
        table_standby_replicas=settings.state_standbys,
        topic_partitions=settings.topic_partitions,
        topic_replication_factor=settings.topic_replication,
        topic_disable_leader=True,
        stream_buffer_maxsize=4,
        stream_wait_empty=True,
        web_enabled=False,
        PartitionAssignor=first_partitions(keyed_topics, settings.topic_partitions),
    )
    app.transport = app.producer_transport = BatchTransport(app, batch_topics)
    return app


def batches(app: faust.App, topic: str) -> Any:
    """Return the channel through which agents receive the batches of `topic`."""
    return app.topic(topic, schema=BatchSchema())


def run(
    build: Callable[[], faust.App],
    settings: Settings,
    registry: CollectorRegistry,
    process: str,
) -> None:
    """Run an app until SIGTERM or SIGINT, or until it crashes (exit code 1).

    Its metrics in `registry` are served meanwhile, if TIDEMARK_METRICS_PORT says where. It
    starts once Kafka lets `process` do its work.

    Raises:
        Fault: Kafka does not let it, now or later.
        SettingsError: that port can't be had, or a setting is of no use.
    """
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    sentinel = Sentinel(settings, process)
    with exposed(settings, registry, loop), LagMeter(registry).measuring(loop):
        if not loop.run_until_complete(_admitted(sentinel)):
            return
        app = build()
        app.transport.losses.count = _counter(registry, process)
        worker = Worker(
            app,
            loop=loop,
            override_logging=False,
            redirect_stdouts=False,
            loglevel=None,
            quiet=True,
        )
        worker.sentinel = sentinel
        app.on_worker_init()
        _spare_garbage_collection()
        watching = loop.create_task(sentinel.watch(partial(signal.raise_signal, signal.SIGTERM)))
        try:
            worker.execute_from_commandline()
        finally:
            watching.cancel()
            if sentinel.verdict:
                raise sentinel.verdict


def _counter(registry: CollectorRegistry, process: str) -> Callable[[str, int], None]:
    lost = Counter(
        f"tidemark_{process}_lost_records_total",
        "Records that Kafka deleted before they were read, by topic",
        ["topic"],
        registry=registry,
    )
    return lambda topic, records: lost.labels(topic).inc(records)


async def _admitted(sentinel: Sentinel) -> bool:
    """Wait until the process may work; False if it is asked to end meanwhile."""
    loop, waiting = asyncio.get_running_loop(), asyncio.ensure_future(sentinel.admit())
    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, waiting.cancel)
    try:
        await waiting
    except asyncio.CancelledError:
        return False
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
    return True


def _spare_garbage_collection() -> None:
    """Look for cycles rarely: a batch makes thousands of objects and frees all without.

    With Python's thresholds it would look through all those time and again.
    """
    gc.freeze()
    gc.set_threshold(GC_ALLOCATIONS, 10, 10)


class Worker(faust.Worker):
    """Ends also where Faust's shutdown hangs, as it does after a crash amid a rebalance."""

    sentinel: Sentinel | None = None
    """Knows why it ends, where that is not what the signal says."""

    async def start(self) -> None:
        """Start, and run until stopped.

        Being asked to end cancels what starting waits for, which some of it takes for
        a failure of its own: the exit code is 0 all the same.
        """
        try:
            await super().start()
        except Exception as error:
            if self._signal_stop_time is None:
                raise
            log.info("ended while starting", cause=repr(error))

    def on_worker_shutdown(self) -> None:
        """Begin to shut down, after a signal or a crash."""
        super().on_worker_shutdown()
        alarm = threading.Timer(SHUTDOWN_SECONDS, self._end_by_force)
        alarm.daemon = True
        alarm.start()

    def _end_by_force(self) -> None:
        log.critical("shutting down took too long", seconds=SHUTDOWN_SECONDS)
        fault = self.sentinel.verdict if self.sentinel else None
        if fault:
            print(f"tidemark: {fault}", file=sys.stderr, flush=True)  # noqa: T201
        os._exit(fault.code if fault else 1)


def _credentials(settings: Settings) -> Any:
    protocol = settings.kafka_security_protocol
    context = ssl_context(settings) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL"):
        username, password = account(settings)
        return faust.SASLCredentials(
            username=username,
            password=password,
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context else None
