"""DAWproject 1.0: tempo and meter map, section markers, note tracks with their controllers, stems as audio tracks.

Written by the published schema (github.com/bitwig/dawproject, Project.xsd and MetaData.xsd).  Times are in quarter notes; audio is
placed by the tempo map and plays unstretched, in seconds.  Stems are mixed already: faders at unity, pans in the middle, no sends;
what the reverb and the delay gave back is a clip on an effect channel.

A note track that a VST3 plays has this plugin with its state, the VST3 effects behind it, our equaliser and fader: ready to play, and
muted, as its stem sounds already.  Unmute it and mute the stem to work on the notes.  Other note tracks carry no plugin and are silent;
their comment names our player, and pan and sends stand as in our mix, for an instrument that is put there.  Equalisers are exact: both
are Audio EQ Cookbook biquads.  Compressors are left out, because programs that write the format differ on what unit a ratio has, and so
are chorus, tape and the like, for which it has no name; the comment lists what is missing.  Parameters are in the state alone: the
numbers by which VST3 tells them apart are not known to pedalboard.  The format has no lyrics and no key.
"""

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count, groupby
from pathlib import Path

from daiw.files.session import RETURNS, Session, Strip, add_bytes, add_file, colour, plain
from daiw.music.score import Control, Track
from daiw.music.time import TICKS_PER_QUARTER

DRUM_CHANNEL = 9
LOUDEST_FADER = 2.0
LEVELLING = ("bell", "lowShelf", "highShelf")
EXPRESSIONS = {"cc": "channelController", "bend": "pitchBend", "pressure": "channelPressure", "program": "programChange"}


def project_xml(session: Session, *, external: bool = False) -> bytes:
    """project.xml.  external: the stems' paths are relative to the .dawproject file, not inside it."""
    ids = (f"id{number}" for number in count())
    root = ET.Element("Project", version="1.0")
    ET.SubElement(root, "Application", name="DAiW", version=session.version)
    timeline = session.arrangement.timeline
    transport = ET.SubElement(root, "Transport")
    tempo = _parameter(transport, "Tempo", next(ids), unit="bpm", value=plain(timeline.tempos.bpm(0)), min="10", max="400")
    meter = timeline.meter(0)
    signature = ET.SubElement(transport, "TimeSignature", id=next(ids), numerator=str(meter.numerator), denominator=str(meter.denominator))
    structure = ET.SubElement(root, "Structure")
    master = next(ids)
    strips = {stem.name: next(ids) for stem in session.stems}
    players = []
    for i, name in enumerate(track.role for track in session.arrangement.tracks):
        players.append(_track(structure, _Channel(name, "notes", colour(name, i), next(ids)), ids, master))
        _place(structure[-1], session.strips.get(name, Strip()), strips, ids)
    sounds = []
    for i, stem in enumerate(session.stems):
        role = "effect" if stem.name in RETURNS else "regular"
        channel = _Channel(f"{stem.name} stem", "audio", colour(stem.name, i), strips[stem.name], role, stem.channels)
        sounds.append(_track(structure, channel, ids, master))
    _track(structure, _Channel("Master", "audio notes", "#5a6068", master, "master"), ids, "")
    arrangement = ET.SubElement(root, "Arrangement", id=next(ids))
    lanes = ET.SubElement(arrangement, "Lanes", id=next(ids), timeUnit="beats")
    for track, player in zip(session.arrangement.tracks, players, strict=True):
        _notes(ET.SubElement(lanes, "Lanes", id=next(ids), track=player), track, session, ids)
    for stem, sound in zip(session.stems, sounds, strict=True):
        clips = ET.SubElement(ET.SubElement(lanes, "Lanes", id=next(ids), track=sound), "Clips", id=next(ids))
        length = plain(session.beats(stem.duration_s))
        clip = ET.SubElement(clips, "Clip", name=stem.name, time="0", duration=length, contentTimeUnit="seconds", playStart="0")
        audio = ET.SubElement(
            clip, "Audio", id=next(ids), channels=str(stem.channels), sampleRate=str(stem.sample_rate), duration=plain(stem.duration_s)
        )
        ET.SubElement(audio, "File", {"path": stem.path, **({"external": "true"} if external else {})})
    if timeline.markers:
        markers = ET.SubElement(arrangement, "Markers", id=next(ids), timeUnit="beats")
        for tick, name in timeline.markers:
            ET.SubElement(markers, "Marker", time=_beats(tick), name=name)
    tempos = _points(arrangement, "TempoAutomation", next(ids), "bpm", parameter=tempo)
    for change in timeline.tempos.changes:
        ET.SubElement(tempos, "RealPoint", time=_beats(change.tick), value=plain(change.bpm), interpolation="hold")
    meters = _points(arrangement, "TimeSignatureAutomation", next(ids), None, parameter=signature.attrib["id"])
    for tick, meter in timeline.meters:
        ET.SubElement(meters, "TimeSignaturePoint", time=_beats(tick), numerator=str(meter.numerator), denominator=str(meter.denominator))
    return xml_bytes(root)


def metadata_xml(session: Session) -> bytes:
    """metadata.xml: the title and, as a comment, the prompt."""
    root = ET.Element("MetaData")
    ET.SubElement(root, "Title").text = session.title
    if session.plan is not None:
        ET.SubElement(root, "Genre").text = session.plan.preset
    ET.SubElement(root, "Comment").text = session.comment
    return xml_bytes(root)


def xml_bytes(root: ET.Element) -> bytes:
    """An indented UTF-8 document; characters that XML cannot hold were removed when the text was read."""
    ET.indent(root)
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def dawproject_bytes(session: Session) -> bytes:
    """The .dawproject with its stems outside, beside it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        add_bytes(archive, "metadata.xml", metadata_xml(session))
        add_bytes(archive, "project.xml", project_xml(session, external=True))
        _add_states(archive, session)
    return stream.getvalue()


def write_dawproject(session: Session, target: Path, folder: Path) -> None:
    """Write a .dawproject that holds its stems; their paths are below `folder` and the same inside."""
    with zipfile.ZipFile(target, "w") as archive:
        add_bytes(archive, "metadata.xml", metadata_xml(session))
        add_bytes(archive, "project.xml", project_xml(session))
        _add_states(archive, session)
        for stem in session.stems:
            add_file(archive, stem.path, folder / stem.path)


def _add_states(archive: zipfile.ZipFile, session: Session) -> None:
    """Put the plugins' states where the project names them: inside, whether the stems are or not."""
    for role in dict.fromkeys(track.role for track in session.arrangement.tracks):
        for device in session.strips.get(role, Strip()).devices:
            add_bytes(archive, device.path, device.preset)


@dataclass(frozen=True, slots=True)
class _Channel:
    """A track and its place in the mixer.  content: what it may hold.  identity: of the channel.  role: as the schema names it."""

    name: str
    content: str
    paint: str
    identity: str
    role: str = "regular"
    channels: int = 2


def _track(parent: ET.Element, channel: _Channel, ids: Iterator[str], destination: str) -> str:
    """Add a track with its mixer channel, the fader at unity; returns the track's id.  destination: the channel it runs into, or ""."""
    track = ET.SubElement(parent, "Track", id=next(ids), name=channel.name, color=channel.paint, contentType=channel.content, loaded="true")
    about = {"role": channel.role, **({"destination": destination} if destination else {})}
    strip = ET.SubElement(track, "Channel", {"id": channel.identity, "audioChannels": str(channel.channels), "solo": "false", **about})
    ET.SubElement(strip, "Mute", id=next(ids), name="Mute", value="false")
    _parameter(strip, "Pan", next(ids), unit="normalized", value="0.5", min="0", max="1")
    _parameter(strip, "Volume", next(ids), unit="linear", value="1", min="0", max="2")
    return track.attrib["id"]


def _place(track: ET.Element, strip: Strip, channels: Mapping[str, str], ids: Iterator[str]) -> None:
    """Say who played a note track, and give it the pan and the sends that its part has in our mix, for an instrument put there."""
    if strip.player:
        track.set("comment", f"played by DAiW's {strip.player}" + (_how_to_hear(track, strip) if strip.sounds else ""))
    pan, volume, mute = track.find("Channel/Pan"), track.find("Channel/Volume"), track.find("Channel/Mute")
    assert pan is not None
    assert volume is not None
    assert mute is not None
    if strip.sounds:
        mute.set("value", "true")
        volume.set("value", plain(min(LOUDEST_FADER, 10 ** (strip.gain_db / 20))))
        track[0].insert(0, _devices(strip, ids))
    pan.set("value", plain((strip.pan + 1) / 2))
    if strip.sends:
        sends = ET.Element("Sends")
        for name, level_db in strip.sends:
            send = ET.SubElement(sends, "Send", id=next(ids), destination=channels[name], type="post")
            _parameter(send, "Volume", next(ids), unit="linear", value=plain(10 ** (level_db / 20)), min="0", max="2")
        channel = track[0]
        channel.insert(list(channel).index(volume), sends)


def _how_to_hear(track: ET.Element, strip: Strip) -> str:
    """The rest of the comment on a track that can play."""
    absent = f"; without our {', '.join(strip.missing)}" if strip.missing else ""
    return f"; muted, as {track.get('name')} stem sounds: unmute this and mute that to play the notes anew{absent}"


def _devices(strip: Strip, ids: Iterator[str]) -> ET.Element:
    """The plugins with their states, and the channel's equaliser."""
    devices = ET.Element("Devices")
    for device in strip.devices:
        about = {"deviceID": device.class_id, "deviceName": device.name, "deviceVendor": device.vendor, "pluginVersion": device.version}
        role = "instrument" if device.instrument else "audioFX"
        plugin = ET.SubElement(devices, "Vst3Plugin", {"id": next(ids), "name": device.name, **about, "deviceRole": role, "loaded": "true"})
        ET.SubElement(plugin, "Parameters")
        _enabled(plugin, ids)
        ET.SubElement(plugin, "State", path=device.path)
    if strip.bands:
        name = "DAiW channel EQ"
        equaliser = ET.SubElement(devices, "Equalizer", id=next(ids), name=name, deviceName=name, deviceRole="audioFX", loaded="true")
        _enabled(equaliser, ids)
        for band in strip.bands:
            stage = ET.SubElement(equaliser, "Band", type=band.kind)
            _parameter(stage, "Freq", next(ids), unit="hertz", value=plain(band.hz))
            if band.kind in LEVELLING:
                _parameter(stage, "Gain", next(ids), unit="decibel", value=plain(band.gain_db))
            _parameter(stage, "Q", next(ids), unit="linear", value=plain(band.q))
            _enabled(stage, ids)
    return devices


def _enabled(parent: ET.Element, ids: Iterator[str]) -> None:
    ET.SubElement(parent, "Enabled", id=next(ids), name="On/Off", value="true")


def _parameter(parent: ET.Element, tag: str, identity: str, **attributes: str) -> str:
    """Add a real parameter; returns its id."""
    ET.SubElement(parent, tag, {"id": identity, "name": tag, **attributes})
    return identity


def _notes(lanes: ET.Element, track: Track, session: Session, ids: Iterator[str]) -> None:
    """One clip over the whole song with the track's notes and controllers."""
    clips = ET.SubElement(lanes, "Clips", id=next(ids))
    clip = ET.SubElement(clips, "Clip", name=track.role, time="0", duration=_beats(session.end), playStart="0", contentTimeUnit="beats")
    inside = ET.SubElement(clip, "Lanes", id=next(ids), timeUnit="beats")
    chosen = any(control.kind == "program" and control.tick == 0 for control in track.controls)
    played = track.controls if chosen else (Control(0, "program", 0, track.program), *track.controls)
    notes = ET.SubElement(inside, "Notes", id=next(ids))
    channel = DRUM_CHANNEL if track.drums else 0
    for note in track.notes:
        ET.SubElement(
            notes, "Note", time=_beats(note.start), duration=_beats(note.duration), channel=str(channel), key=str(note.pitch),
            vel=plain(note.velocity / 127), rel=plain(64 / 127),
        )  # fmt: skip
    for (kind, number), controls in groupby(sorted(played, key=_lane), key=_lane):
        target = {"expression": EXPRESSIONS[kind], "channel": str(channel)}
        if kind == "cc":
            target["controller"] = str(number)
        points = _points(inside, "Points", next(ids), "normalized", **target)
        for control in controls:
            ET.SubElement(points, "RealPoint", time=_beats(control.tick), value=plain(_normalised(control)), interpolation="hold")


def _lane(control: Control) -> tuple[str, int]:
    return control.kind, control.number if control.kind == "cc" else 0


def _normalised(control: Control) -> float:
    """A control's value as 0..1; a bend's middle is 0.5."""
    return (control.value + 8192) / 16384 if control.kind == "bend" else control.value / 127


def _points(parent: ET.Element, tag: str, identity: str, unit: str | None, **target: str) -> ET.Element:
    points = ET.SubElement(parent, tag, {"id": identity, "timeUnit": "beats", **({"unit": unit} if unit else {})})
    ET.SubElement(points, "Target", target)
    return points


def _beats(ticks: int) -> str:
    return plain(ticks / TICKS_PER_QUARTER)
