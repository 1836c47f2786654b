"""Rows 16 to 18: reorganisations as deep as they may be, with the transaction returned to the pool and lost."""

from tests.support.remote import DEEPEST, RemoteSite
from tests.support.truth import told_truly


def test_a_reorganisation_of_every_legal_depth_is_followed(remote: RemoteSite, persisted: bool) -> None:
    def told() -> str:
        """The newest batch's state."""
        return list(told_truly(remote.view, remote.config, remote.node.request).values())[-1]

    stories = [(depth, keep) for depth in range(1, DEEPEST + 1) for keep in (True, False)]
    for depth, keep in stories:
        remote.lose_a_broadcast(persisted)
        if not persisted:
            remote.worker.tick()
        remote.mine(depth)
        remote.worker.tick()
        assert told() == "included", (depth, keep)
        remote.node.request("dev_reorg", hex(depth), keep)
        assert told() != "final", (depth, keep)
        remote.worker.tick()
        assert remote.states()[-1] == "signed", (depth, keep)
        remote.mine()
        remote.worker.tick()
        assert told() == "included", (depth, keep)
    remote.settle()
    remote.check(len(stories))
