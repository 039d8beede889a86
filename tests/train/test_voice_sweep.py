"""Feeling on the vocal stem of songs: level, alpha ratio and harmonics-to-noise ratio move as the literature says."""

import json

from daiw.cli.main import main


def test_the_voice_of_a_song_follows_its_feeling(tmp_path, capsys):
    out = tmp_path / "sweep.json"
    assert main(["evaluate", "voice", "--sweep", "--preset", "indie-folk", "--steps", "3", "--seeds", "1", "--out", str(out)]) == 0
    songs = json.loads(out.read_text())

    def figure(name, dimension):
        others = {"valence", "arousal", "dominance"} - {dimension}
        own = [song for song in songs if all(song["feeling"][other] == 0.0 for other in others)]
        means = {}
        for song in own:
            means.setdefault(song["feeling"][dimension], []).append(song["timbre"][name])
        return [sum(values) / len(values) for _, values in sorted(means.items())]

    for name, dimension, least_db in (
        ("level_db", "arousal", 3.0),
        ("alpha_db", "arousal", 1.5),
        ("hnr_db", "arousal", 1.5),
        ("hnr_db", "dominance", 1.5),
    ):
        low, middle, high = figure(name, dimension)
        assert low < middle < high, (name, dimension)
        assert high - low > least_db, (name, dimension)
    printed = capsys.readouterr().out
    assert printed.count("| 1.00 |") == 4
