"""Playing live: music composed as it goes, sent on time, steered while it plays.

Three processes: the sender owns the MIDI ports and the clock and does nothing that can take long; the writer composes bars ahead of
time; the session between them relays, watches both and talks to the person.
"""
