"""Every second: tell how far the copies of other workers' states are behind."""

import faust

from agents import monitor

INTERVAL_SECONDS = 1.0


def register(app: faust.App) -> None:
    """Add the timer that tells to `app`."""

    async def tell_lag() -> None:
        recovery = app.tables.recovery
        monitor.STANDBY_LAG.clear()
        for tp in recovery.standby_tps & app.consumer.assignment():
            held, end = recovery.standby_offsets.get(tp), app.consumer.highwater(tp)
            if held is not None and end is not None:
                monitor.STANDBY_LAG.labels(tp.partition).set(max(0, end - 1 - held))

    app.timer(INTERVAL_SECONDS, name="standby")(tell_lag)
