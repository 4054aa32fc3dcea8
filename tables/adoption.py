"""What of a copy of a lost changelog is written to the new one: what that has not, or older."""

from itertools import islice
from typing import Final

from tables import codec, mark
from tables.local import Items, LocalStates
from tables.mark import mark_key

READ_AT_ONCE: Final = 1000


def position_of(raw: bytes) -> int:
    """Return the position in the source that a state, or a mark, has seen; -1 if it is neither."""
    try:
        return codec.decode_liveness(raw).offset
    except codec.CorruptStateError:
        return -1


def worth_adopting(local: LocalStates, partition: int, items: Items) -> Items:
    """Go over the records to write, given those of the copy in the order of their keys.

    The mark comes last: it says that all before it is there.
    """
    key = mark_key(partition)
    (known,) = local.read(partition, [key])
    own: bytes | None = None
    while chunk := dict(islice(items, READ_AT_ONCE)):
        own = chunk.pop(key, own)  # no asset's key is before it
        comparable = _of_one_topic(known, own)
        held = local.read(partition, list(chunk))
        for (name, state), rival in zip(chunk.items(), held, strict=True):
            if rival is None:
                # Positions in another topic say nothing; the values do.
                yield name, state if comparable else _without_position(state)
            elif comparable and position_of(state) > position_of(rival):
                yield name, state
    if own is not None and (known is None or _is_later(own, known)):
        yield key, own


def _of_one_topic(one: bytes | None, other: bytes | None) -> bool:
    return not (one and other) or mark.decode(one).topic_id == mark.decode(other).topic_id


def _is_later(one: bytes, other: bytes) -> bool:
    return _of_one_topic(one, other) and position_of(one) > position_of(other)


def _without_position(raw: bytes) -> bytes:
    try:
        state = codec.decode(raw)
    except codec.CorruptStateError:
        return raw
    state.offset = -1
    return codec.encode(state)
