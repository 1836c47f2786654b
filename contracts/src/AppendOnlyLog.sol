// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title One numbered log, and the RFC 9162 tree over it
/// @notice Every fact that a verifier relies on is an entry. The contract keeps the peaks of the tree, so that
/// "append only" is enforced by consensus: whoever omits or changes one event is caught by the head.
/// @dev Must be the FIRST base contract: the tip is storage slot 0, the peaks are slot 1. Auditors prove them by slot.
abstract contract AppendOnlyLog {
    /// @dev One slot. `anchors` counts the entries of kind ANCHOR.
    struct Tip {
        uint64 size;
        uint48 time;
        uint64 blockNumber;
        uint64 anchors;
        bool closed;
    }

    /// @notice The log that this one continues; all zero when there is none.
    struct Predecessor {
        uint64 chainId;
        address registry;
        uint64 size;
        bytes32 head;
    }

    /// @notice One entry. Its bytes in the tree are `tag(16) position(8) kind(8) subject(32) time(8) block(8) actor(20)
    /// sha256(payload)(32)`; the leaf is SHA-256(0x00 || bytes). `previousBlock` lets a reader walk back without an index.
    event Entry(
        uint64 indexed position,
        uint8 indexed kind,
        bytes32 indexed subject,
        uint64 time,
        uint64 previousBlock,
        address actor,
        bytes payload
    );

    /// @notice The log takes no further entry.
    error Closed();

    uint8 internal constant GENESIS = 0;
    uint8 internal constant ANCHOR = 1;
    bytes16 private constant ENTRY_TAG = "credanchor-entr1";
    bytes16 private constant REGISTRY_TAG = "credanchor-regi1";

    Tip internal _tip; // slot 0
    /// @dev Level -> root of a full subtree of 2^level entries. Peaks whose bit of `size` is 0 are stale: never read them.
    mapping(uint256 level => bytes32) private _peaks; // slot 1
    /// @dev Root of the newest anchor. It commits to every status list, so a slot of its own makes it provable alone.
    bytes32 internal _latestRoot; // slot 2

    constructor(Predecessor memory p) {
        bytes32 registryId = sha256(abi.encodePacked(REGISTRY_TAG, uint64(block.chainid), address(this)));
        _append(
            GENESIS,
            registryId,
            abi.encode(uint64(block.chainid), address(this), p.chainId, p.registry, p.size, p.head)
        );
    }

    /// @notice Size and RFC 9162 root of the log.
    function head() public view returns (uint64 size, bytes32 root) {
        size = _tip.size;
        uint256 level;
        bool any;
        for (uint64 rest = size; rest != 0; rest >>= 1) {
            if (rest & 1 == 1) {
                root = any ? _node(_peaks[level], root) : _peaks[level];
                any = true;
            }
            ++level;
        }
    }

    /// @notice Storage slot 0, decoded.
    function tip() external view returns (Tip memory) {
        return _tip;
    }

    /// @dev Append one entry and return its position. The only function that writes the tip and the peaks.
    function _append(uint8 kind, bytes32 subject, bytes memory payload) internal returns (uint64 position) {
        Tip memory t = _tip;
        if (t.closed) revert Closed();
        position = t.size;
        bytes32 node = sha256(
            abi.encodePacked(
                uint8(0),
                ENTRY_TAG,
                position,
                uint64(kind),
                subject,
                uint64(block.timestamp),
                uint64(block.number),
                msg.sender,
                sha256(payload)
            )
        );
        uint256 level;
        for (uint64 rest = position; rest & 1 == 1; rest >>= 1) {
            node = _node(_peaks[level], node);
            ++level;
        }
        _peaks[level] = node;
        emit Entry(position, kind, subject, uint64(block.timestamp), t.blockNumber, msg.sender, payload);
        t.size = position + 1;
        if (kind == ANCHOR) ++t.anchors;
        t.time = uint48(block.timestamp);
        t.blockNumber = uint64(block.number);
        _tip = t;
    }

    /// @dev SHA-256(0x01 || left || right) by the precompile, without allocating.
    function _node(bytes32 left, bytes32 right) private view returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 1)
            mstore(add(free, 1), left)
            mstore(add(free, 33), right)
            if iszero(staticcall(gas(), 2, free, 65, 0, 32)) { revert(0, 0) }
            result := mload(0)
        }
    }
}
