"""`remote`: a place of work on both chains over HTTP; `persisted`: both states that a failed broadcast can be in."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from anchor.chain import ChainConfig
from tests.support.remote import RemoteSite, anvil_node, build_remote_template, development_node

Template = tuple[Path, ChainConfig]


@pytest.fixture(scope="session")
def development_files(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Template:
    """The files that sites on the development chain are copied from."""
    from tests.support.worksite import FUNDS

    home = tmp_path_factory.mktemp("remote-template")
    with development_node(home, prefund=FUNDS) as (node, url):
        return home, build_remote_template(home, migrated_file, node, url)


@pytest.fixture(scope="session")
def anvil_chain(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Path
) -> Iterator[tuple[Path, ChainConfig, Any, str]]:
    """One anvil for all tests, which go back to where it stood, and the database that belongs to it."""
    home = tmp_path_factory.mktemp("anvil-template")
    with anvil_node() as (node, url):
        config = build_remote_template(home, migrated_file, node, url)
        yield home, config, node, url


@pytest.fixture(params=["devnode", "anvil"])
def remote(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RemoteSite]:
    """A site over HTTP, through a proxy."""
    if request.param == "devnode":
        home, config = request.getfixturevalue("development_files")
        for name in ("credanchor.db", "chain.db"):
            shutil.copy(home / name, tmp_path / name)
        with development_node(tmp_path) as (node, url):
            site = RemoteSite(tmp_path, config, chain=node, url=url)
            yield site
            site.close()
        return
    home, config, node, url = request.getfixturevalue("anvil_chain")
    shutil.copy(home / "credanchor.db", tmp_path / "credanchor.db")
    place = node.request("evm_snapshot")
    site = RemoteSite(tmp_path, config, chain=node, url=url)
    yield site
    site.close()
    node.request("anvil_dropAllTransactions")
    assert node.request("evm_revert", place)


@pytest.fixture(params=[False, True], ids=["failed", "persisted"])
def persisted(request: pytest.FixtureRequest) -> bool:
    """A broadcast fails for the worker; whether the node got it all the same."""
    return bool(request.param)
