// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title One numbered log, and the RFC 9162 tree over it
/// @notice Every fact that a verifier relies on is an entry. The contract itself computes the tree, so that "append only"
/// is a rule of consensus: there is no call that changes or removes an entry, and a node that hides or alters a single
/// event cannot reach the head that is in storage. Size and head together are a C2SP checkpoint body.
/// @dev Must be the FIRST base of whatever inherits it: auditors prove the tip (slot 0) and the peaks (slot 1) by slot
/// number. Tree: https://www.rfc-editor.org/rfc/rfc9162#section-2.1 with SHA-256, which auditors have everywhere.
abstract contract AppendOnlyLog {
    /// @notice What grows with every entry, in one storage slot.
    /// @dev `anchors` counts the entries of kind ANCHOR; it lives here because an anchor then writes one slot less.
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

    /// @notice One entry. Its bytes are `"credanchor-entr1"(16) position(8) kind(8) subject(32) time(8) block(8) actor(20)
    /// sha256(payload)(32)`, integers big-endian; its leaf in the tree is SHA-256(0x00 || bytes).
    /// @param previousBlock block of the entry before: a reader walks the log backwards without an index over all blocks
    /// @param actor who sent it; together with the role entries this shows that the role was held
    event Entry(
        uint64 indexed position,
        uint8 indexed kind,
        bytes32 indexed subject,
        uint64 time,
        uint64 previousBlock,
        address actor,
        bytes payload
    );

    /// @notice The log was closed for ever and takes no further entry.
    error Closed();

    /// @notice A predecessor is either complete or absent.
    error BadPredecessor();

    // Kinds 0 to 15. A number is never given a second meaning: auditors read logs of any age.
    uint8 internal constant GENESIS = 0; // subject registry id; payload (chainId, self, predecessor's four fields)
    uint8 internal constant ANCHOR = 1; // subject root; payload (uint64 number)
    uint8 internal constant ISSUER_ADDED = 2; // subject issuer; payload (string did)
    uint8 internal constant ISSUER_SUSPENDED = 3; // subject issuer; payload (bytes32 reason)
    uint8 internal constant ISSUER_REINSTATED = 4; // subject issuer; payload (bytes32 reason)
    uint8 internal constant KEY_ADDED = 5; // subject key id; payload (bytes32 issuer, bytes multikey)
    uint8 internal constant KEY_REVOKED = 6; // subject key id; payload (bytes32 issuer)
    uint8 internal constant KEY_COMPROMISED = 7; // subject key id; payload (bytes32 issuer, uint48 since)
    uint8 internal constant ACCREDITED = 8; // subject issuer; payload (scope, validFrom, validUntil, evidence)
    uint8 internal constant ACCREDITATION_WITHDRAWN = 9; // subject issuer; payload (bytes32 scope, bytes32 reason)
    uint8 internal constant ROLE_GRANTED = 10; // subject role; payload (address account)
    uint8 internal constant ROLE_REVOKED = 11; // subject role; payload (address account)
    uint8 internal constant CLOSED = 12; // subject successor; payload (uint64 chainId, address successor)
    uint8 internal constant ADMIN_TRANSFER_BEGUN = 13; // subject new admin; payload (address newAdmin, uint48 schedule)
    uint8 internal constant ADMIN_TRANSFER_CANCELLED = 14; // subject 0; no payload
    uint8 internal constant ADMIN_DELAY_CHANGED = 15; // subject 0; payload (uint48 delay, uint48 schedule)

    bytes16 private constant ENTRY_TAG = "credanchor-entr1";
    bytes16 private constant REGISTRY_TAG = "credanchor-regi1";

    Tip private _tip; // slot 0
    /// @dev Level -> root of a full subtree of 2^level entries. A peak whose bit of `size` is 0 is stale: never read it.
    mapping(uint256 level => bytes32) private _peaks; // slot 1

    /// @dev Entry 0 says which contract on which chain this is and what it continues, so that a proof under the
    /// predecessor's head leads into this log.
    constructor(Predecessor memory p) {
        bool absent = p.chainId == 0 && p.registry == address(0) && p.size == 0 && p.head == 0;
        bool complete = p.chainId != 0 && p.registry != address(0) && p.size != 0 && p.head != 0;
        if (!absent && !complete) revert BadPredecessor();
        _append(
            GENESIS,
            sha256(abi.encodePacked(REGISTRY_TAG, uint64(block.chainid), address(this))),
            abi.encode(uint64(block.chainid), address(this), p.chainId, p.registry, p.size, p.head)
        );
    }

    /// @notice Size and RFC 9162 root of the log.
    function head() public view returns (uint64 size, bytes32 root) {
        size = _tip.size;
        uint256 level;
        // The equalities are about bits of a count that only this contract writes; nobody can push it past them.
        // slither-disable-next-line incorrect-equality
        for (; size >> level & 1 == 0; ++level) {} // the smallest peak; size is never 0
        root = _peaks[level];
        for (++level; size >> level != 0; ++level) {
            // slither-disable-next-line incorrect-equality
            if (size >> level & 1 == 1) root = _node(_peaks[level], root);
        }
    }

    /// @notice Storage slot 0, decoded.
    function tip() public view returns (Tip memory) {
        return _tip;
    }

    /// @dev Append one entry and return its position. Only this function and `_closeLog` write to the log's storage.
    /// Block times and numbers fit uint48 and uint64 for longer than the chain can last; the casts cannot cut.
    function _append(uint8 kind, bytes32 subject, bytes memory payload) internal returns (uint64 position) {
        Tip memory t = _tip;
        if (t.closed) revert Closed();
        position = t.size;
        bytes32 node = _leaf(position, kind, subject, sha256(payload));
        // As in binary counting: every trailing 1 of the old size is a full subtree that merges into the new one.
        uint256 level;
        // slither-disable-next-line incorrect-equality
        for (; position >> level & 1 == 1; ++level) {
            node = _node(_peaks[level], node);
        }
        _peaks[level] = node;
        emit Entry(position, kind, subject, uint64(block.timestamp), t.blockNumber, msg.sender, payload);
        t.size = position + 1;
        t.time = uint48(block.timestamp);
        t.blockNumber = uint64(block.number);
        if (kind == ANCHOR) ++t.anchors;
        _tip = t;
    }

    /// @dev After this every append reverts. Nothing opens a log again.
    function _closeLog() internal {
        _tip.closed = true;
    }

    /// @dev Hash of 0x00 and the 132 bytes of an entry. The words are written from left to right and overlap: each begins
    /// where the one before has its last meaningful byte, so 133 bytes take six writes and no copy. Numbers come as
    /// uint256, which Solidity has cleaned.
    function _leaf(uint256 position, uint256 kind, bytes32 subject, bytes32 digest)
        private
        view
        returns (bytes32 result)
    {
        bytes16 tag = ENTRY_TAG;
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, shr(8, tag)) // byte 0 is 0x00, then the tag
            mstore(add(scratch, 17), or(shl(192, position), shl(128, kind)))
            mstore(add(scratch, 33), subject)
            mstore(add(scratch, 65), or(shl(192, timestamp()), shl(128, number())))
            mstore(add(scratch, 81), shl(96, caller()))
            mstore(add(scratch, 101), digest)
            if iszero(staticcall(gas(), 2, scratch, 133, 0, 32)) { revert(0, 0) }
            result := mload(0)
        }
    }

    /// @dev SHA-256(0x01 || left || right) by the precompile at address 2. In assembly because it runs once per level and
    /// Solidity would allocate and copy each time. The scratch lies beyond the free memory pointer and is not kept.
    function _node(bytes32 left, bytes32 right) private view returns (bytes32 result) {
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore8(scratch, 1)
            mstore(add(scratch, 1), left)
            mstore(add(scratch, 33), right)
            if iszero(staticcall(gas(), 2, scratch, 65, 0, 32)) { revert(0, 0) }
            result := mload(0)
        }
    }
}
