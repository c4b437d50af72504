"""Made data: pitches, figures, sound scenes and planted streams, with everything known exactly."""
