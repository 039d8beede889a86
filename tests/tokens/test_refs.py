from daiw.tokens.refs import references
from daiw.tokens.vocab import bar_reference

A = frozenset({(0, 60), (6, 62), (12, 64)})
B = frozenset({(3, 67), (15, 65)})
A_LIKE = frozenset({(0, 60), (6, 62), (12, 65)})
A_RHYTHM = frozenset({(0, 50), (6, 51), (12, 52)})
EMPTY = frozenset()


def heard(*bars):
    return [bar_reference(token) for token in references(list(bars))]


def test_repeats_answers_and_rhythms_are_told_apart():
    assert heard(A, B, A, A_LIKE, A_RHYTHM) == [(0, 0), (0, 0), (1, 2), (2, 1), (3, 1)]


def test_silence_refers_to_nothing():
    assert heard(EMPTY, EMPTY, A) == [(0, 0), (0, 0), (0, 0)]


def test_a_returning_section_keeps_its_distance():
    assert heard(A, B, A, B, A, B)[2:] == [(1, 2)] * 4
    assert heard(A, B, B, A, B)[3:] == [(1, 3)] * 2
