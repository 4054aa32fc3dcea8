import fnmatch
import re
import time

from hypothesis import given
from hypothesis import strategies as st

from pipeline.globs import compiled, is_glob, matches_any, posix, wildcards

IDS = st.text(alphabet="ab.-_/[]*?!^\\$(){}+|&~#ä\n ", max_size=12)


def matches(pattern: str, text: str) -> bool:
    return compiled(pattern).fullmatch(text) is not None


@given(IDS, IDS)
def test_agrees_with_the_standard_library(pattern: str, text: str) -> None:
    plain = re.sub(r"\[.*", "", pattern, flags=re.DOTALL)  # sets are read differently in corners
    assert matches(plain, text) == fnmatch.fnmatchcase(text, plain)


@given(IDS, IDS)
def test_postgresql_reads_the_same(pattern: str, text: str) -> None:
    # Both renderings are regular expressions of the common subset.
    assert (re.fullmatch(posix(pattern)[1:-1], text, re.DOTALL) is not None) == matches(
        pattern, text
    )


@given(IDS)
def test_an_id_without_wildcards_matches_itself_alone(text: str) -> None:
    if not is_glob(text):
        assert matches(text, text)
        assert not matches(text, text + "x")


def test_sets() -> None:
    assert matches("t[ab]", "ta")
    assert not matches("t[!ab]", "ta")
    assert matches("t[!ab]", "tc")
    assert matches("t[0-9]", "t7")
    assert matches("a[*]", "a*")
    assert not matches("a[*]", "ab")
    assert matches("[", "[")
    assert matches("[a-]", "-")
    assert matches("[^a]", "^")
    assert matches(r"[\]", "\\")
    assert matches("x[!z-a]", "xq")
    assert not matches("x[z-a]", "xz")


def test_hundreds_of_patterns_are_read_and_matched_at_once() -> None:
    shapes = ("*?", "*a", "*a?", "*[a-z]", "*[!b]", "[ab]", "?", "*[ab]x")
    patterns = [(shape * 255)[: 255 - number] for shape in shapes for number in range(25)]
    started = time.process_time()
    assert sum(matches(pattern, "ab" * 127) for pattern in patterns) > 0
    assert time.process_time() - started < 1  # regular expressions take 20 s to compile


def test_wildcards_are_counted() -> None:
    counts = [wildcards(pattern) for pattern in ("a.b", "a.*", "**", "a?[bc]*", "[", "[*]")]
    assert counts == [0, 1, 1, 3, 0, 1]


def test_stars_do_not_backtrack() -> None:
    started = time.perf_counter()
    assert not matches("*a" * 40 + "b", "a" * 255)
    assert time.perf_counter() - started < 1


def test_case_matters_and_newlines_are_characters() -> None:
    assert not matches("A*", "ab")
    assert matches("a*", "a\nb")
    assert matches_any(["x", "*"], "anything")
    assert not matches_any([], "anything")
