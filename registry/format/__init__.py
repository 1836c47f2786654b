"""The bytes that are hashed, signed and carried in files, exactly as FORMAT.md gives them."""
