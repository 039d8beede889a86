import re

import pytest

from daiw.music.instruments import FAMILIES, ROLES, WORDS_PATTERN, families_for, family_of_program, find_family


@pytest.mark.parametrize("name", FAMILIES)
def test_every_word_of_a_family_finds_it(name):
    for word in FAMILIES[name].words:
        assert find_family(word) == name
        assert find_family(word.upper() + "S") == name
        assert re.fullmatch(WORDS_PATTERN, word)


def test_no_word_names_two_families():
    words = [word for family in FAMILIES.values() for word in family.words]
    assert len(words) == len(set(words))


def test_programs_and_roles_are_real():
    for family in FAMILIES.values():
        assert all(0 <= program <= 127 for program in family.programs)
        assert family.roles
        assert set(family.roles) <= set(ROLES)
        assert bool(family.programs) != (family.name == "drums")


@pytest.mark.parametrize("role", ROLES)
def test_every_role_can_be_served_and_the_natural_come_first(role):
    able = families_for(role)
    assert able[0].roles[0] == role or role == "counter"
    assert all(role in family.roles for family in able)


@pytest.mark.parametrize(
    ("program", "role", "name"),
    [(0, None, "piano"), (24, None, "nylon guitar"), (25, None, "guitar"), (45, "counter", "pizzicato"), (127, None, "synth")],
)
def test_program_to_family(program, role, name):
    assert family_of_program(program, role) == name


def test_a_program_outside_general_midi_is_refused():
    with pytest.raises(ValueError, match=r"0\.\.127"):
        family_of_program(128)
