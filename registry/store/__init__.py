"""The store: what the registry keeps, and one function for every change of it. See README.md for the map."""
