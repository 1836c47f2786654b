"""Pages for people. What they say of a credential is computed in the reader's browser, or said to be computed here."""
