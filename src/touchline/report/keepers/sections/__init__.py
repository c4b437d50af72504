"""The sections of a moment's card, one file a section, listed in :mod:`~touchline.report.keepers.sections.registry`."""
