"""Event formats of editing programs: EDL, FCPXML, OpenTimelineIO, and the markers of DaVinci Resolve."""
