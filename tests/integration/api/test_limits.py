"""What REST tells of learned limits."""

from datetime import datetime, timedelta
from uuid import uuid4

import psycopg

from tests.integration.api.conftest import NOW, RunningEdge, store_asset

from .test_rest import get


async def test_limits_and_what_lay_beyond(edge: RunningEdge) -> None:
    url = edge.settings.database_url.get_secret_value()
    async with await psycopg.AsyncConnection.connect(url) as connection:
        await store_asset(connection, "crm.users")
        await connection.execute(
            "INSERT INTO quality_limits (asset_id, metric_type, learned_at, mode, starts_at, "
            "step_seconds, below, expected, inner_bound, bound, widened) VALUES "
            "('crm.users', 'score', now(), 'shadow', %s, 3600, true, '{92,91}', '{90,89}', "
            "'{88,87}', 1.25)",
            (NOW,),
        )
        for minutes, told in ((5, True), (65, False)):
            await connection.execute(
                "INSERT INTO quality_limit_findings VALUES "
                "('crm.users', 'score', %s, %s, 60, 92, 88, 'shadow', %s)",
                (NOW + timedelta(minutes=minutes), uuid4(), told),
            )
    found = await get(edge, "/limits?assetId=crm.users")
    assert (found["mode"], found["below"], found["widened"]) == ("shadow", True, 1.25)
    assert [(p["expected"], p["inner"], p["limit"]) for p in found["points"]] == [
        (92, 90, 88),
        (91, 89, 87),
    ]
    starts = [datetime.fromisoformat(point["start"]) for point in found["points"]]
    assert starts == [NOW, NOW + timedelta(hours=1)]
    assert [(one["value"], one["told"]) for one in found["findings"]] == [(60, False), (60, True)]
    async with edge.http() as http:
        assert (await http.get("/limits?assetId=crm.users&metricType=issues")).status_code == 404
        assert (await http.get("/limits?assetId=unknown")).status_code == 404
