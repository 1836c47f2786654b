"""What the W3C's interoperability suites send and expect: any credential, not only ours. See README.md."""
