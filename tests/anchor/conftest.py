"""Fixtures of the chain side: `site`, a database and a chain with everything in place, for a worker to work on."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from anchor.chain import ChainConfig
from tests.support import worksite
from tests.support.worksite import Site

MakeSite = Callable[..., Site]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> tuple[Path, ChainConfig]:
    """The files that sites are copied from."""
    home = tmp_path_factory.mktemp("template")
    return home, worksite.build_template(home, migrated_file)


@pytest.fixture
def make_site(template: tuple[Path, ChainConfig], tmp_path: Path) -> Iterator[MakeSite]:
    """Makes sites; closes them afterwards."""
    made: list[Site] = []

    def make(**options: Any) -> Site:
        made.append(worksite.copy_site(*template, tmp_path / f"site-{len(made)}", **options))
        return made[-1]

    yield make
    for site in made:
        site.close()


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """One site."""
    return make_site()
