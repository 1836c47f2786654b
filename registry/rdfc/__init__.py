"""JSON-LD documents to canonical RDF, by compiled contexts. See README.md."""
