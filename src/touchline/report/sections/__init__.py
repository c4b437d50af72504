"""The sections of the report's page, one file a section; :mod:`~touchline.report.sections.registry` lists them."""
