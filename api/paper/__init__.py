"""Credentials on paper: a PDF of one page, with the credential's file attached. `make` is all that others need."""

from api.paper.errors import PaperError
from api.paper.making import make

__all__ = ["PaperError", "make"]
