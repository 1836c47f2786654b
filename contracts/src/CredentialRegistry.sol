// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {AccreditationLedger} from "./AccreditationLedger.sol";
import {AnchorLedger} from "./AnchorLedger.sol";
import {AppendOnlyLog} from "./AppendOnlyLog.sol";

/// @title The registry: who may do what
/// @notice Immutable on purpose. A proxy could replace the rules under credentials that were issued by them, and a pause
/// could hide a revocation; so there is neither. A better registry is a new contract: this one is closed in its favour,
/// and keeps answering. Only roots and public facts about issuers are ever written; nothing about a learner.
/// @dev Our ledgers come before OpenZeppelin's bases, so that our storage slots do not move with its versions. There are
/// no immutables: the SHA-256 of the runtime code is the same at every address, and part of a verifier's trust profile.
contract CredentialRegistry is AnchorLedger, AccreditationLedger, AccessControlDefaultAdminRules {
    /// @notice May anchor, and nothing else: the key of a machine that is always on line. Whoever steals it can write junk
    /// roots or none; it cannot make one credential authentic, for that takes an issuer's key as well.
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE");
    /// @notice Keeps issuers and their keys. Can add a false issuer, visibly and for ever; cannot change history.
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");
    /// @notice A quality-assurance body, which endorses issuers in its own name.
    bytes32 public constant ACCREDITOR_ROLE = keccak256("ACCREDITOR_ROLE");

    /// @notice All that a verifier asks, in 17 words and by one call at one block; zero means "not there".
    struct Lookup {
        uint64 chainId;
        uint64 logSize;
        bytes32 logHead;
        bool closed;
        uint64 anchorNumber;
        uint64 anchorPosition;
        uint48 anchorTime;
        uint64 anchorBlock;
        bytes32 keyIssuer;
        uint48 keyAddedAt;
        uint48 keyRevokedAt;
        uint48 keyCompromisedAt;
        uint48 issuerAddedAt;
        bool issuerSuspended; // at anchorTime; now when the root is not anchored
        uint64 latestNumber;
        bytes32 latestRoot;
        uint48 latestTime;
    }

    error ZeroSuccessor();
    /// @notice A registry cannot continue itself.
    error SelfSuccessor();

    uint64 private _successorChainId;
    address private _successor;

    /// @param admin grants and withdraws the roles and may close the registry; replaced in two steps, after a delay
    /// @param adminDelay seconds between the two steps; 0 is for development chains
    /// @param predecessor the closed registry that this one continues, or all zero
    constructor(address admin, uint48 adminDelay, Predecessor memory predecessor)
        AppendOnlyLog(predecessor)
        AccessControlDefaultAdminRules(adminDelay, admin)
    {}

    // ------------------------------------------------------------------------------------------------------- writing

    /// @notice Anchor `root` as number `expectedNumber`. A stale or repeated call changes nothing and says why.
    function anchor(uint64 expectedNumber, bytes32 root) external onlyRole(OPERATOR_ROLE) {
        _anchor(expectedNumber, root);
    }

    /// @notice Register an issuer. Its id is SHA-256 of the DID's UTF-8 bytes.
    function addIssuer(string calldata did) external onlyRole(REGISTRAR_ROLE) returns (bytes32 issuer) {
        return _addIssuer(did);
    }

    /// @notice What is anchored for this issuer from now until it is reinstated is not authentic, and stays so.
    function suspendIssuer(bytes32 issuer, bytes32 reason) external onlyRole(REGISTRAR_ROLE) {
        _suspendIssuer(issuer, reason);
    }

    /// @notice End the suspension. What was anchored during it stays refused.
    function reinstateIssuer(bytes32 issuer, bytes32 reason) external onlyRole(REGISTRAR_ROLE) {
        _reinstateIssuer(issuer, reason);
    }

    /// @notice Register an Ed25519 key as a Multikey (0xed01, then 32 bytes). Its id is SHA-256 of those 34 bytes.
    function addKey(bytes32 issuer, bytes calldata multikey) external onlyRole(REGISTRAR_ROLE) returns (bytes32 keyId) {
        return _addKey(issuer, multikey);
    }

    /// @notice End the key's window now. What was anchored before stays authentic.
    function revokeKey(bytes32 keyId) external onlyRole(REGISTRAR_ROLE) {
        _revokeKey(keyId);
    }

    /// @notice Distrust the key from `since` on, which may lie in the past and can later only be moved earlier.
    function markCompromised(bytes32 keyId, uint48 since) external onlyRole(REGISTRAR_ROLE) {
        _markCompromised(keyId, since);
    }

    /// @notice Endorse an issuer for a scope and a period, in the caller's name.
    /// @param evidence SHA-256 of the published decision
    function accredit(bytes32 issuer, bytes32 scope, uint48 validFrom, uint48 validUntil, bytes32 evidence)
        external
        onlyRole(ACCREDITOR_ROLE)
    {
        _accredit(issuer, scope, validFrom, validUntil, evidence);
    }

    /// @notice Take the caller's own endorsement back, from now on.
    function withdrawAccreditation(bytes32 issuer, bytes32 scope, bytes32 reason) external onlyRole(ACCREDITOR_ROLE) {
        _withdrawAccreditation(issuer, scope, reason);
    }

    /// @notice Close the log for ever in favour of a successor, which may live on another chain. Roles freeze too: they
    /// are entries like all others.
    function close(uint64 chainId, address successor_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (chainId == 0 || successor_ == address(0)) revert ZeroSuccessor();
        if (chainId == block.chainid && successor_ == address(this)) revert SelfSuccessor();
        _append(CLOSED, bytes32(uint256(uint160(successor_))), abi.encode(chainId, successor_));
        _closeLog();
        _successorChainId = chainId;
        _successor = successor_;
    }

    // ------------------------------------------------------------------------------------------------------- reading

    /// @notice Everything about an anchor root and the key that signed the batch below it. The order of the 17 words is
    /// fixed: readers without an ABI library take them by position.
    function lookup(bytes32 root, bytes32 keyId) external view returns (Lookup memory found) {
        found.chainId = uint64(block.chainid);
        (found.logSize, found.logHead) = head();
        found.closed = tip().closed;
        AnchorRecord memory record = anchorOf(root);
        found.anchorNumber = record.number;
        found.anchorPosition = record.position;
        found.anchorTime = record.time;
        found.anchorBlock = record.blockNumber;
        (found.keyIssuer, found.keyAddedAt, found.keyRevokedAt, found.keyCompromisedAt) = keyOf(keyId);
        (found.issuerAddedAt, found.issuerSuspended) = issuerOf(found.keyIssuer);
        if (record.number != 0) found.issuerSuspended = suspendedAt(found.keyIssuer, record.time);
        (found.latestNumber, found.latestRoot, found.latestTime) = latestAnchor();
    }

    /// @notice Where the history goes on; all zero while the registry is open.
    function successor() external view returns (uint64 chainId, address registry) {
        return (_successorChainId, _successor);
    }

    // ---------------------------------------------------------------------------------- roles are entries of the log

    /// @dev Every way to get a role ends here, the first admin in the constructor included.
    function _grantRole(bytes32 role, address account) internal override returns (bool changed) {
        changed = super._grantRole(role, account);
        if (changed) _append(ROLE_GRANTED, role, abi.encode(account));
    }

    function _revokeRole(bytes32 role, address account) internal override returns (bool changed) {
        changed = super._revokeRole(role, account);
        if (changed) _append(ROLE_REVOKED, role, abi.encode(account));
    }

    /// @dev Logged when it begins, so that a hostile transfer is seen while it can still be cancelled. Beginning another
    /// one replaces it. `schedule` is the earliest time at which the new admin may accept.
    function _beginDefaultAdminTransfer(address newAdmin) internal override {
        super._beginDefaultAdminTransfer(newAdmin);
        (, uint48 schedule) = pendingDefaultAdmin();
        _append(ADMIN_TRANSFER_BEGUN, bytes32(uint256(uint160(newAdmin))), abi.encode(newAdmin, schedule));
    }

    function _cancelDefaultAdminTransfer() internal override {
        super._cancelDefaultAdminTransfer();
        _append(ADMIN_TRANSFER_CANCELLED, 0, "");
    }

    function _changeDefaultAdminDelay(uint48 newDelay) internal override {
        super._changeDefaultAdminDelay(newDelay);
        (, uint48 schedule) = pendingDefaultAdminDelay();
        _append(ADMIN_DELAY_CHANGED, 0, abi.encode(newDelay, schedule));
    }

    /// @dev The delay in force, with schedule 0: nothing is pending any more.
    function _rollbackDefaultAdminDelay() internal override {
        super._rollbackDefaultAdminDelay();
        _append(ADMIN_DELAY_CHANGED, 0, abi.encode(defaultAdminDelay(), uint48(0)));
    }
}
