-- Runs in Ardour's own Lua interpreter, without a display: prints the session DAIW_SESSION line by line, fields between tabs.
local function say (...)
  local fields = { ... }
  for i = 1, #fields do fields[i] = tostring (fields[i]) end
  print (table.concat (fields, "\t"))
end
AudioEngine:set_backend ("None (Dummy)", "", "")
local session = load_session (os.getenv ("DAIW_SESSION"), "session")
assert (session, "the session does not load")
local map = Temporal.TempoMap.read ()
for beat in string.gmatch (os.getenv ("DAIW_BEATS"), "[^,]+") do
  local at = Temporal.timepos_t.from_ticks (math.floor (tonumber (beat) * 1920))
  say ("tempo", beat, map:quarters_per_minute_at (at))
end
local meter = map:meter_at (Temporal.timepos_t (0))
say ("meter", meter:divisions_per_bar (), meter:note_value ())
for route in session:get_tracks ():iter () do
  local track = route:to_track ()
  local midi = not track:to_midi_track ():isnil ()
  for region in track:playlist ():region_list ():iter () do
    local pitches = {}
    if midi then
      for note in ARDOUR.LuaAPI.note_list (region:to_midiregion ():model ()):iter () do
        pitches[#pitches + 1] = note:note () .. "/" .. note:velocity ()
      end
    end
    say (midi and "midi" or "audio", route:name (), region:position ():samples (), region:length ():samples (), table.concat (pitches, " "))
  end
end
say ("end")
quit ()
