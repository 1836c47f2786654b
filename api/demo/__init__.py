"""The demonstration: the whole life of a hundred micro-credentials, through the same doors that everybody uses."""
