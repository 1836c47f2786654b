"""One file per resource; each has a `router` that `api.app` includes."""
