"""Makes this directory the package `tests` wherever merkletools, which installs one of the same name, is present."""
