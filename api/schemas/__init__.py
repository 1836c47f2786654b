"""What requests and answers look like, as pydantic models: checked on the way in, documented in OpenAPI."""
