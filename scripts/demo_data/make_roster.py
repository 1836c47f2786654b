"""Writes a roster of N invented learners as CSV in UTF-8 to standard output: `python make_roster.py N > roster.csv`.

The same N always gives the same rows. Names are combined at random from lists; mail addresses end in .example.
"""

import csv
import io
import random
import sys
import unicodedata
from datetime import date, timedelta

HEADER = (
    "name",
    "email",
    "learner_id",
    "awarded_on",
    "grade",
    "evidence_url",
    "evidence_name",
    "activity_start",
    "activity_end",
    "language",
)
SEED = 20261125
FIRST = """
Ana Ben Chiara Dag Élodie Freyja Gwenaëlle Håkon Iñaki Jürgen Kateřina Łucja Mehmet Ngozi Óscar Priya Renée Søren Tomáš
Uršula Vlad Wiebke Xanthe Yusuf Zoë Åsa Beyoğlu Çağla Đorđe Eirún Fionnuala Ģirts Hélène İpek Jānis Kōji Lê Mária Nuño
Øyvind Þóra Αθηνά Олена 明美
""".split()  # noqa: SIM905 - a list of 44 quoted names is harder to read
LAST = """
Almeida Bakker Čapek Dvořák Eriksson Ferreira Gómez Halvorsen Iversen Jansen Kowalska Łęcki Müller Nowak Öztürk Papadaki
Quiñones Rossi Šimić Þórsdóttir Ünal Vähäkangas Weiß Ybarra Żółkiewska O'Brien D'Angelo Smith-García Nguyễn Østergård
Παπαδοπούλου Шевченко 山田
""".split()  # noqa: SIM905
PARTICLES = ("", "", "", "", "van der ", "de ", "von ", "af ")
TITLES = ("", "", "", "", "", "", ", PhD", ", Dr.")
LANGUAGES = ("en", "en", "en", "nl", "de")
EVIDENCE = (
    ("", ""),
    ("portfolio", "Portfolio"),
    ("case", 'Case "Smart Meter", second edition'),
    ("report", "Impact assessment:\nhospital discharge planning"),
)


def rows(count: int) -> list[list[str]]:
    """`count` rows under HEADER."""
    chance = random.Random(SEED)  # noqa: S311 - invented people, not secrets
    found = []
    for number in range(1, count + 1):
        first, last = chance.choice(FIRST), chance.choice(PARTICLES) + chance.choice(LAST)
        ended = date(2026, 6, 12) - timedelta(days=chance.randrange(0, 60))
        name, title = chance.choice(EVIDENCE)
        found.append(
            [
                f"{first} {last}{chance.choice(TITLES)}",
                f"{mailbox(first)}.{number}@learner.example",
                f"S{number:06d}",
                str(ended + timedelta(days=chance.randrange(3, 14))),
                str(chance.choice(("6", "6.5", "7", "7.5", "8", "8.5", "9", "10"))),
                f"https://www.university.example/evidence/{number}/{name}" if name else "",
                title,
                str(ended - timedelta(days=84)),
                str(ended),
                chance.choice(LANGUAGES),
            ]
        )
    return found


def mailbox(name: str) -> str:
    """The ASCII letters of a name, for a mail address."""
    plain = unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalpha()) or "learner"


def write(count: int, delimiter: str = ",") -> str:
    """The roster as CSV text."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(rows(count))
    return out.getvalue()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal():
        sys.exit("usage: python make_roster.py N > roster.csv")
    sys.stdout.buffer.write(write(int(sys.argv[1])).encode())
