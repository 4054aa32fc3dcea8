"""`tidemark worker`: detection."""

from pipeline.log import configure_logging
from pipeline.settings import load_settings


def worker() -> None:
    """Run the detection worker: metric events in, changes and alerts out.

    Start as many as there are partitions; they share them as one consumer group.
    Each needs a TIDEMARK_STATE_DIR of its own when several run on one machine.
    """
    from agents.monitor import REGISTRY
    from agents.worker import build_worker
    from pipeline.app import run

    settings = load_settings()
    configure_logging(settings, "worker")
    run(lambda: build_worker(settings), settings, REGISTRY, "worker")
