// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AppendOnlyLog} from "./AppendOnlyLog.sol";

/// @title Which roots were anchored, under which number and when
/// @notice The record of a root stays in storage for ever, so any node's current state answers for a credential: no
/// event index, no archive and nothing of ours is needed.
/// @dev Second base after the log: `_latestRoot` is slot 2, pinned by test.
abstract contract AnchorLedger is AppendOnlyLog {
    /// @notice Number 0 means: never anchored. One storage slot.
    struct AnchorRecord {
        uint64 number;
        uint64 position;
        uint48 time;
        uint64 blockNumber;
    }

    error ZeroRoot();
    /// @notice The duplicate of a send that was already mined ends here, whatever happened to the sender's memory.
    error AlreadyAnchored(bytes32 root, uint64 number);
    error WrongNumber(uint64 expected, uint64 given);

    /// @dev The newest anchor commits to every status list. A slot of its own can be proved alone, so nobody can be shown
    /// an older set of revocations as the current one.
    bytes32 private _latestRoot; // slot 2
    mapping(bytes32 root => AnchorRecord) private _anchors; // slot 3

    /// @dev Compare and set: succeeds once per number and once per root. The order of the checks is part of the
    /// interface: a repeated call says "already anchored as n", not "wrong number".
    function _anchor(uint64 expectedNumber, bytes32 root) internal {
        if (root == 0) revert ZeroRoot();
        Tip memory t = tip();
        if (t.closed) revert Closed();
        uint64 known = _anchors[root].number;
        if (known != 0) revert AlreadyAnchored(root, known);
        uint64 number = t.anchors + 1;
        if (number != expectedNumber) revert WrongNumber(number, expectedNumber);
        uint64 position = _append(ANCHOR, root, abi.encode(number));
        _anchors[root] = AnchorRecord(number, position, uint48(block.timestamp), uint64(block.number));
        _latestRoot = root;
    }

    /// @notice Where and when `root` was anchored.
    function anchorOf(bytes32 root) public view returns (AnchorRecord memory) {
        return _anchors[root];
    }

    /// @notice The newest anchor; all zero while there is none.
    function latestAnchor() public view returns (uint64 number, bytes32 root, uint48 time) {
        root = _latestRoot;
        AnchorRecord storage latest = _anchors[root];
        return (latest.number, root, latest.time);
    }
}
