"""The European controlled vocabularies that a micro-credential refers to, as far as it needs them.

Source: Council Recommendation 2022/C 243/02, Annex I, and the authority tables of the European Learning Model.
"""

ELEMENTS = {
    1: "identification of the learner",
    2: "title of the micro-credential",
    3: "country or region of the issuer",
    4: "awarding body",
    5: "date of issuing",
    6: "learning outcomes",
    7: "notional workload",
    8: "level (and cycle, if applicable)",
    9: "type of assessment",
    10: "form of participation",
    11: "type of quality assurance",
    12: "prerequisites",
    13: "supervision and identity verification during assessment",
    14: "grade achieved",
    15: "integration and stackability",
    16: "further information",
}
"""Annex I: 1 to 11 are mandatory, 12 to 16 optional. 1 and 5 come with each learner, the others with the definition."""

MANDATORY = range(1, 12)

ECTS = "http://data.europa.eu/snb/education-credit/6fcec5c5af"
EQF = "http://data.europa.eu/snb/eqf/"
ISCED_F = "http://data.europa.eu/snb/isced-f/"
ESCO = "http://data.europa.eu/esco/"

_ASSESSMENT = "http://data.europa.eu/snb/assessment/"
ASSESSMENTS = {
    "written": ("Written examination", _ASSESSMENT + "6e6cb2cc78"),
    "practical": ("Practical assessment", _ASSESSMENT + "6a4db9f11d"),
    "portfolio": ("Portfolio", _ASSESSMENT + "4f03b91c0e"),
    "assignment": ("Marked assignment", _ASSESSMENT + "2939dae15f"),
}

_PARTICIPATION = "http://data.europa.eu/snb/learning-assessment/"
PARTICIPATION = {
    "online": ("Online", _PARTICIPATION + "920fbb3cbe"),
    "blended": ("Blended", _PARTICIPATION + "e92d221e4d"),
    "onsite": ("On site", _PARTICIPATION + "9191af2ed9"),
}

CYCLES = {"short": 5, "first": 6, "second": 7, "third": 8}
"""Cycles of the European Higher Education Area and the EQF levels they correspond to (QF-EHEA)."""

SUPERVISION = {
    "unsupervised": "Unsupervised, with no identity verification",
    "supervised-without-identity": "Supervised, with no identity verification",
    "supervised-online": "Supervised online, with identity verification",
    "supervised-onsite": "Supervised on site, with identity verification",
}

PREREQUISITES = {
    "da": "Forudsætninger",
    "de": "Voraussetzungen",
    "en": "Prerequisites",
    "es": "Requisitos previos",
    "fr": "Prérequis",
    "it": "Prerequisiti",
    "nl": "Voorkennis",
    "pl": "Wymagania wstępne",
    "pt": "Pré-requisitos",
    "sv": "Förkunskaper",
}
"""The heading of element 12 inside `criteria.narrative`, which is where Open Badges has room for it."""


def element(number: int) -> str:
    """How errors name an element: "9 (type of assessment)"."""
    return f"{number} ({ELEMENTS[number]})"
