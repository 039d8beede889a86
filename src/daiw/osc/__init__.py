"""The OSC bridge: one documented schema through which other programs ask for music, steer it and fetch it."""
