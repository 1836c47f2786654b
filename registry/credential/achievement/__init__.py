"""An achievement: what a micro-credential is awarded for, with the 16 elements of the European Recommendation.

Achievement.parse   a TOML or JSON definition, checked as a whole   (definition.py; problems.py collects)
to_open_badge       the same as an Open Badges 3.0 Achievement      (openbadge.py)
components.py       of which others it is made, if it is a larger one
vocabulary.py       the European vocabularies that it refers to
"""

from registry.credential.achievement.definition import MAX_DEFINITION_BYTES, Achievement, Grading

__all__ = ["MAX_DEFINITION_BYTES", "Achievement", "Grading"]
