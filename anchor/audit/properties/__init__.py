"""The properties A1 to A14, each with its number, its sentence and its check; looked at in this order."""
