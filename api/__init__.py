"""Everything that speaks HTTP: settings, the JSON API, the command line."""
