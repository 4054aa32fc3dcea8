"""Assets and the state of everything."""

from api.endpoint import Call, NoQuery
from api.problems import not_found
from schemas.rest import Asset, AssetsQuery, One, Page, Scores, Stats


async def assets(call: Call[AssetsQuery, None]) -> Page[Asset]:
    """List assets by id, each with its score, open issues and active alerts."""
    asked = call.query
    found, cursor = await call.edge.assets.page(
        call.caller.scope, asked.asset_id, asked.query, asked.limit, asked.cursor
    )
    return Page(data=found, count=len(found), next_cursor=cursor)


async def asset(call: Call[NoQuery, None]) -> One[Asset]:
    """Tell one asset."""
    asset_id = call.request.path_params["asset_id"]
    found = await call.edge.assets.one(asset_id) if call.caller.scope.allows(asset_id) else None
    if found is None:
        raise not_found(f"there is no asset {asset_id!r}")
    return One(data=found)


async def scores(call: Call[NoQuery, None]) -> One[Scores]:
    """Tell the mean score of all assets together and of each source, the worst first."""
    return One(data=await call.edge.assets.scores(call.caller.scope))


async def stats(call: Call[NoQuery, None]) -> One[Stats]:
    """Sum up everything the caller may see."""
    return One(data=await call.edge.assets.stats(call.caller.scope))
