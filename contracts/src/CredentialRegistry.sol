// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessControlDefaultAdminRules} from
    "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {AppendOnlyLog} from "./AppendOnlyLog.sol";

/// @title The registry of anchors, issuers and their keys
/// @notice Immutable: no proxy, no pause, no way to remove an entry. Roots only; nothing about a learner.
contract CredentialRegistry is AppendOnlyLog, AccessControlDefaultAdminRules {
    bytes32 public constant OPERATOR_ROLE = keccak256("OPERATOR_ROLE"); // may anchor, nothing else
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE"); // issuers and keys
    bytes32 public constant ACCREDITOR_ROLE = keccak256("ACCREDITOR_ROLE"); // endorses issuers

    uint8 internal constant ISSUER_ADDED = 2;
    uint8 internal constant ISSUER_SUSPENDED = 3;
    uint8 internal constant ISSUER_REINSTATED = 4;
    uint8 internal constant KEY_ADDED = 5;
    uint8 internal constant KEY_REVOKED = 6;
    uint8 internal constant KEY_COMPROMISED = 7;
    uint8 internal constant ACCREDITED = 8;
    uint8 internal constant ACCREDITATION_WITHDRAWN = 9;
    uint8 internal constant ROLE_GRANTED = 10;
    uint8 internal constant ROLE_REVOKED = 11;
    uint8 internal constant CLOSED = 12;
    uint8 internal constant ADMIN_TRANSFER_BEGUN = 13;
    uint8 internal constant ADMIN_TRANSFER_CANCELLED = 14;
    uint8 internal constant ADMIN_DELAY_CHANGED = 15;

    struct AnchorRecord {
        uint64 number;
        uint64 position;
        uint48 time;
        uint64 blockNumber;
    }

    struct Window {
        uint48 from;
        uint48 until; // 0: still open
    }

    struct Issuer {
        uint48 addedAt;
        Window[] suspensions;
    }

    struct Key {
        bytes32 issuer;
        uint48 addedAt;
        uint48 revokedAt;
        uint48 compromisedAt;
    }

    struct Accreditation {
        uint48 validFrom;
        uint48 validUntil;
        uint48 withdrawnAt;
        bytes32 evidence;
    }

    /// @notice All that a verifier needs, in one answer; zero means "not there".
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
        bool issuerSuspended;
        uint64 latestNumber;
        bytes32 latestRoot;
        uint48 latestTime;
    }

    mapping(bytes32 root => AnchorRecord) private _anchors;
    mapping(bytes32 issuer => Issuer) private _issuers;
    mapping(bytes32 keyId => Key) private _keys;
    mapping(address accreditor => mapping(bytes32 issuer => mapping(bytes32 scope => Accreditation))) private
        _accreditations;
    uint64 private _successorChainId;
    address private _successor;

    error ZeroRoot();
    error AlreadyAnchored(bytes32 root, uint64 number);
    error WrongNumber(uint64 expected, uint64 given);
    error EmptyDid();
    error IssuerExists(bytes32 issuer);
    error UnknownIssuer(bytes32 issuer);
    error IssuerAlreadySuspended(bytes32 issuer);
    error IssuerNotSuspended(bytes32 issuer);
    error BadMultikey();
    error KeyExists(bytes32 keyId, bytes32 issuer);
    error UnknownKey(bytes32 keyId);
    error KeyAlreadyRevoked(bytes32 keyId, uint48 revokedAt);
    error BadCompromiseTime(bytes32 keyId, uint48 since, uint48 earliest, uint48 before);
    error BadPeriod(uint48 validFrom, uint48 validUntil);
    error AlreadyAccredited(address accreditor, bytes32 issuer, bytes32 scope);
    error NotAccredited(address accreditor, bytes32 issuer, bytes32 scope);
    error ZeroSuccessor();

    constructor(address admin, uint48 adminDelay, Predecessor memory predecessor)
        AppendOnlyLog(predecessor)
        AccessControlDefaultAdminRules(adminDelay, admin)
    {}

    // ---------------------------------------------------------------------------------------------------- anchors

    /// @notice Anchor `root` as number `expectedNumber`: compare and set, so a stale or repeated call changes nothing.
    function anchor(uint64 expectedNumber, bytes32 root) external onlyRole(OPERATOR_ROLE) {
        if (root == 0) revert ZeroRoot();
        if (_tip.closed) revert Closed();
        uint64 known = _anchors[root].number;
        if (known != 0) revert AlreadyAnchored(root, known);
        uint64 number = _tip.anchors + 1;
        if (number != expectedNumber) revert WrongNumber(number, expectedNumber);
        uint64 position = _append(ANCHOR, root, abi.encode(number));
        _anchors[root] = AnchorRecord(number, position, uint48(block.timestamp), uint64(block.number));
        _latestRoot = root;
    }

    // ---------------------------------------------------------------------------------------------------- issuers

    /// @notice Register an issuer; its id is SHA-256 of the DID's UTF-8 bytes.
    function addIssuer(string calldata did) external onlyRole(REGISTRAR_ROLE) returns (bytes32 issuer) {
        if (bytes(did).length == 0) revert EmptyDid();
        issuer = sha256(bytes(did));
        if (_issuers[issuer].addedAt != 0) revert IssuerExists(issuer);
        _issuers[issuer].addedAt = uint48(block.timestamp);
        _append(ISSUER_ADDED, issuer, abi.encode(did));
    }

    /// @notice From now until reinstated, what is anchored for this issuer is not authentic, and stays so.
    function suspendIssuer(bytes32 issuer, bytes32 reason) external onlyRole(REGISTRAR_ROLE) {
        _requireIssuer(issuer);
        if (_suspendedAt(issuer, uint48(block.timestamp))) revert IssuerAlreadySuspended(issuer);
        _issuers[issuer].suspensions.push(Window(uint48(block.timestamp), 0));
        _append(ISSUER_SUSPENDED, issuer, abi.encode(reason));
    }

    /// @notice End the suspension; what was anchored during it stays refused.
    function reinstateIssuer(bytes32 issuer, bytes32 reason) external onlyRole(REGISTRAR_ROLE) {
        _requireIssuer(issuer);
        Window[] storage windows = _issuers[issuer].suspensions;
        if (windows.length == 0 || windows[windows.length - 1].until != 0) revert IssuerNotSuspended(issuer);
        // The block's own second belongs to the suspension, so an anchor in this very block is refused.
        windows[windows.length - 1].until = uint48(block.timestamp) + 1;
        _append(ISSUER_REINSTATED, issuer, abi.encode(reason));
    }

    // ------------------------------------------------------------------------------------------------------- keys

    /// @notice Register an Ed25519 key as a Multikey (0xed01 and 32 bytes); its id is SHA-256 of those 34 bytes.
    function addKey(bytes32 issuer, bytes calldata multikey) external onlyRole(REGISTRAR_ROLE) returns (bytes32 keyId) {
        _requireIssuer(issuer);
        if (multikey.length != 34 || bytes2(multikey[:2]) != 0xed01) revert BadMultikey();
        keyId = sha256(multikey);
        if (_keys[keyId].addedAt != 0) revert KeyExists(keyId, _keys[keyId].issuer);
        _keys[keyId] = Key(issuer, uint48(block.timestamp), 0, 0);
        _append(KEY_ADDED, keyId, abi.encode(issuer, multikey));
    }

    /// @notice End the key's window now; what was anchored before stays authentic.
    function revokeKey(bytes32 keyId) external onlyRole(REGISTRAR_ROLE) {
        Key storage key = _requireKey(keyId);
        if (key.revokedAt != 0) revert KeyAlreadyRevoked(keyId, key.revokedAt);
        key.revokedAt = uint48(block.timestamp);
        _append(KEY_REVOKED, keyId, abi.encode(key.issuer));
    }

    /// @notice Distrust the key from `since` on, which may lie in the past and can only ever move earlier.
    function markCompromised(bytes32 keyId, uint48 since) external onlyRole(REGISTRAR_ROLE) {
        Key storage key = _requireKey(keyId);
        uint48 before = key.compromisedAt == 0 ? uint48(block.timestamp) + 1 : key.compromisedAt;
        if (since < key.addedAt || since >= before) revert BadCompromiseTime(keyId, since, key.addedAt, before);
        key.compromisedAt = since;
        if (key.revokedAt == 0) key.revokedAt = uint48(block.timestamp);
        _append(KEY_COMPROMISED, keyId, abi.encode(key.issuer, since));
    }

    // --------------------------------------------------------------------------------------------- accreditations

    /// @notice The caller, a quality-assurance body, endorses an issuer for a scope and a period.
    function accredit(bytes32 issuer, bytes32 scope, uint48 validFrom, uint48 validUntil, bytes32 evidence)
        external
        onlyRole(ACCREDITOR_ROLE)
    {
        _requireIssuer(issuer);
        if (validFrom >= validUntil || validUntil <= block.timestamp) revert BadPeriod(validFrom, validUntil);
        Accreditation storage given = _accreditations[msg.sender][issuer][scope];
        if (given.validUntil > block.timestamp && given.withdrawnAt == 0) {
            revert AlreadyAccredited(msg.sender, issuer, scope);
        }
        _accreditations[msg.sender][issuer][scope] = Accreditation(validFrom, validUntil, 0, evidence);
        _append(ACCREDITED, issuer, abi.encode(scope, validFrom, validUntil, evidence));
    }

    /// @notice The body takes its own endorsement back, from now on.
    function withdrawAccreditation(bytes32 issuer, bytes32 scope, bytes32 reason) external onlyRole(ACCREDITOR_ROLE) {
        Accreditation storage given = _accreditations[msg.sender][issuer][scope];
        if (given.validUntil == 0 || given.withdrawnAt != 0) revert NotAccredited(msg.sender, issuer, scope);
        given.withdrawnAt = uint48(block.timestamp);
        _append(ACCREDITATION_WITHDRAWN, issuer, abi.encode(scope, reason));
    }

    // ---------------------------------------------------------------------------------------------- end of the log

    /// @notice Close the log for ever in favour of a successor, which may live on another chain.
    function close(uint64 chainId, address successor_) external onlyRole(DEFAULT_ADMIN_ROLE) {
        if (chainId == 0 || successor_ == address(0)) revert ZeroSuccessor();
        _append(CLOSED, bytes32(uint256(uint160(successor_))), abi.encode(chainId, successor_));
        _tip.closed = true;
        _successorChainId = chainId;
        _successor = successor_;
    }

    // ------------------------------------------------------------------------------------------------------- views

    /// @notice Everything check 3, 5 and 6 of a verifier need about `root` and the key that signed the batch.
    function lookup(bytes32 root, bytes32 keyId) external view returns (Lookup memory found) {
        AnchorRecord memory record = _anchors[root];
        AnchorRecord memory latest = _anchors[_latestRoot];
        Key memory key = _keys[keyId];
        found.chainId = uint64(block.chainid);
        (found.logSize, found.logHead) = head();
        found.closed = _tip.closed;
        found.anchorNumber = record.number;
        found.anchorPosition = record.position;
        found.anchorTime = record.time;
        found.anchorBlock = record.blockNumber;
        found.keyIssuer = key.issuer;
        found.keyAddedAt = key.addedAt;
        found.keyRevokedAt = key.revokedAt;
        found.keyCompromisedAt = key.compromisedAt;
        found.issuerAddedAt = _issuers[key.issuer].addedAt;
        found.issuerSuspended =
            _suspendedAt(key.issuer, record.number == 0 ? uint48(block.timestamp) : record.time);
        found.latestNumber = latest.number;
        found.latestRoot = _latestRoot;
        found.latestTime = latest.time;
    }

    /// @notice Where and when `root` was anchored; number 0: never.
    function anchorOf(bytes32 root) external view returns (AnchorRecord memory) {
        return _anchors[root];
    }

    function latestAnchor() external view returns (uint64 number, bytes32 root, uint48 time) {
        AnchorRecord memory latest = _anchors[_latestRoot];
        return (latest.number, _latestRoot, latest.time);
    }

    function issuerOf(bytes32 issuer) external view returns (uint48 addedAt, bool suspended) {
        return (_issuers[issuer].addedAt, _suspendedAt(issuer, uint48(block.timestamp)));
    }

    /// @notice Whether the issuer was suspended at `time`.
    function suspendedAt(bytes32 issuer, uint48 time) external view returns (bool) {
        return _suspendedAt(issuer, time);
    }

    function keyOf(bytes32 keyId)
        external
        view
        returns (bytes32 issuer, uint48 addedAt, uint48 revokedAt, uint48 compromisedAt)
    {
        Key memory key = _keys[keyId];
        return (key.issuer, key.addedAt, key.revokedAt, key.compromisedAt);
    }

    /// @notice addedAt <= time < revokedAt, and time < compromisedAt.
    function keyValidAt(bytes32 keyId, uint48 time) external view returns (bool) {
        Key memory key = _keys[keyId];
        return key.addedAt != 0 && key.addedAt <= time && (key.revokedAt == 0 || time < key.revokedAt)
            && (key.compromisedAt == 0 || time < key.compromisedAt);
    }

    function accreditationOf(address accreditor, bytes32 issuer, bytes32 scope)
        external
        view
        returns (Accreditation memory)
    {
        return _accreditations[accreditor][issuer][scope];
    }

    function successor() external view returns (uint64 chainId, address registry) {
        return (_successorChainId, _successor);
    }

    // --------------------------------------------------------------------------------- roles, as entries of the log

    function _grantRole(bytes32 role, address account) internal override returns (bool changed) {
        changed = super._grantRole(role, account);
        if (changed) _append(ROLE_GRANTED, role, abi.encode(account));
    }

    function _revokeRole(bytes32 role, address account) internal override returns (bool changed) {
        changed = super._revokeRole(role, account);
        if (changed) _append(ROLE_REVOKED, role, abi.encode(account));
    }

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

    function _rollbackDefaultAdminDelay() internal override {
        super._rollbackDefaultAdminDelay();
        _append(ADMIN_DELAY_CHANGED, 0, abi.encode(defaultAdminDelay(), uint48(0)));
    }

    // ---------------------------------------------------------------------------------------------------- internals

    function _requireIssuer(bytes32 issuer) private view {
        if (_issuers[issuer].addedAt == 0) revert UnknownIssuer(issuer);
    }

    function _requireKey(bytes32 keyId) private view returns (Key storage key) {
        key = _keys[keyId];
        if (key.addedAt == 0) revert UnknownKey(keyId);
    }

    /// @dev Newest window first: the question is nearly always about recent times.
    function _suspendedAt(bytes32 issuer, uint48 time) private view returns (bool) {
        Window[] storage windows = _issuers[issuer].suspensions;
        for (uint256 i = windows.length; i != 0; --i) {
            Window memory window = windows[i - 1];
            if (window.from <= time) return window.until == 0 || time < window.until;
        }
        return false;
    }
}
