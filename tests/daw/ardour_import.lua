-- Runs inside Ardour's GUI: imports DAIW_MIDI and the files in DAIW_STEMS as new tracks, saves the session, and says so in DAIW_LOG.
local function files_of (list)
  local files = C.StringVector ()
  for name in string.gmatch (list, "[^\n]+") do files:push_back (name) end
  return files
end
local log = io.open (os.getenv ("DAIW_LOG"), "a")
local function say (text) log:write (text .. "\n") log:flush () end
local function import (list, tempo)
  Editor:do_import (files_of (list), Editing.ImportDistinctFiles, Editing.ImportAsTrack, ARDOUR.SrcQuality.SrcBest,
    ARDOUR.MidiTrackNameSource.SMFTrackName, tempo, Temporal.timepos_t (0), ARDOUR.PluginInfo (), ARDOUR.Track (), false)
end
local fine, reason = pcall (function ()
  import (os.getenv ("DAIW_MIDI"), ARDOUR.MidiTempoMapDisposition.SMFTempoUse)
  import (os.getenv ("DAIW_STEMS"), ARDOUR.MidiTempoMapDisposition.SMFTempoIgnore)
  Session:save_state ("", false, false, false, false, false)
end)
say (fine and "saved" or "error " .. tostring (reason))
