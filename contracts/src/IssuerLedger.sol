// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AppendOnlyLog} from "./AppendOnlyLog.sol";

/// @title Issuers, when they were suspended, and the windows of their keys
/// @notice A credential anchored at time T is authentic if its key has addedAt <= T, T < revokedAt, T < compromisedAt, and
/// its issuer was not suspended at T. T is a block's time, so a thief cannot date anything back; and no call ever makes a
/// key's window wider or a suspension shorter, so what was refused once stays refused.
abstract contract IssuerLedger is AppendOnlyLog {
    struct Issuer {
        uint48 addedAt;
        Window[] suspensions; // in the order of time
    }

    /// @notice from <= time < until; `until` is 0 while it lasts.
    struct Window {
        uint48 from;
        uint48 until;
    }

    /// @notice Times are Unix seconds, 0 means: not so. A key belongs to one issuer for ever.
    struct Key {
        bytes32 issuer;
        uint48 addedAt;
        uint48 revokedAt;
        uint48 compromisedAt;
    }

    error EmptyDid();
    error IssuerExists(bytes32 issuer);
    error UnknownIssuer(bytes32 issuer);
    error IssuerAlreadySuspended(bytes32 issuer);
    error IssuerNotSuspended(bytes32 issuer);
    error BadMultikey();
    error KeyExists(bytes32 keyId, bytes32 issuer);
    error UnknownKey(bytes32 keyId);
    error KeyAlreadyRevoked(bytes32 keyId, uint48 revokedAt);
    /// @notice `since` must satisfy earliest <= since < before.
    error BadCompromiseTime(bytes32 keyId, uint48 since, uint48 earliest, uint48 before);

    mapping(bytes32 issuer => Issuer) private _issuers; // slot 4
    mapping(bytes32 keyId => Key) private _keys; // slot 5

    function _addIssuer(string calldata did) internal returns (bytes32 issuer) {
        if (bytes(did).length == 0) revert EmptyDid();
        issuer = sha256(bytes(did));
        if (_issuers[issuer].addedAt != 0) revert IssuerExists(issuer);
        _issuers[issuer].addedAt = uint48(block.timestamp);
        _append(ISSUER_ADDED, issuer, abi.encode(did));
    }

    function _suspendIssuer(bytes32 issuer, bytes32 reason) internal {
        _requireIssuer(issuer);
        Window[] storage windows = _issuers[issuer].suspensions;
        if (_open(windows)) revert IssuerAlreadySuspended(issuer);
        windows.push(Window(uint48(block.timestamp), 0));
        _append(ISSUER_SUSPENDED, issuer, abi.encode(reason));
    }

    /// @dev A suspension that began in this very second lasts to the next one: else an anchor of this block, made while
    /// the issuer was suspended, would count as never suspended.
    function _reinstateIssuer(bytes32 issuer, bytes32 reason) internal {
        _requireIssuer(issuer);
        Window[] storage windows = _issuers[issuer].suspensions;
        if (!_open(windows)) revert IssuerNotSuspended(issuer);
        Window storage last = windows[windows.length - 1];
        uint48 time = uint48(block.timestamp);
        // slither-disable-next-line incorrect-equality
        last.until = time == last.from ? time + 1 : time;
        _append(ISSUER_REINSTATED, issuer, abi.encode(reason));
    }

    /// @dev Open to suspended issuers: they too must be able to replace a stolen key and go on signing revocations.
    function _addKey(bytes32 issuer, bytes calldata multikey) internal returns (bytes32 keyId) {
        _requireIssuer(issuer);
        if (multikey.length != 34 || bytes2(multikey[:2]) != 0xed01) revert BadMultikey();
        keyId = sha256(multikey);
        if (_keys[keyId].addedAt != 0) revert KeyExists(keyId, _keys[keyId].issuer);
        _keys[keyId] = Key(issuer, uint48(block.timestamp), 0, 0);
        _append(KEY_ADDED, keyId, abi.encode(issuer, multikey));
    }

    function _revokeKey(bytes32 keyId) internal {
        Key storage key = _requireKey(keyId);
        if (key.revokedAt != 0) revert KeyAlreadyRevoked(keyId, key.revokedAt);
        key.revokedAt = uint48(block.timestamp);
        _append(KEY_REVOKED, keyId, abi.encode(key.issuer));
    }

    /// @dev `since` is never in the future, never before the key, and only ever moves earlier. A key that is not revoked
    /// yet is revoked by the same entry: nobody can then read "compromised" and miss that it has ended.
    function _markCompromised(bytes32 keyId, uint48 since) internal {
        Key storage key = _requireKey(keyId);
        uint48 before = key.compromisedAt == 0 ? uint48(block.timestamp) + 1 : key.compromisedAt;
        if (since < key.addedAt || since >= before) revert BadCompromiseTime(keyId, since, key.addedAt, before);
        key.compromisedAt = since;
        if (key.revokedAt == 0) key.revokedAt = uint48(block.timestamp);
        _append(KEY_COMPROMISED, keyId, abi.encode(key.issuer, since));
    }

    /// @notice When the issuer was registered (0: never), and whether a suspension is in force now.
    function issuerOf(bytes32 issuer) public view returns (uint48 addedAt, bool suspended) {
        Issuer storage found = _issuers[issuer];
        return (found.addedAt, _open(found.suspensions));
    }

    /// @notice Whether the issuer was suspended at `time`, also long after it was reinstated.
    /// @dev Binary search: not even a registrar gone bad can make the question too dear for a node to answer.
    function suspendedAt(bytes32 issuer, uint48 time) public view returns (bool) {
        Window[] storage windows = _issuers[issuer].suspensions;
        uint256 low = 0;
        uint256 high = windows.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (windows[middle].from <= time) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return false; // all begin after `time`
        uint48 until = windows[low - 1].until;
        return until == 0 || time < until;
    }

    function keyOf(bytes32 keyId)
        public
        view
        returns (bytes32 issuer, uint48 addedAt, uint48 revokedAt, uint48 compromisedAt)
    {
        Key memory key = _keys[keyId];
        return (key.issuer, key.addedAt, key.revokedAt, key.compromisedAt);
    }

    /// @notice addedAt <= time < revokedAt, and time < compromisedAt: as known now.
    function keyValidAt(bytes32 keyId, uint48 time) external view returns (bool) {
        Key memory key = _keys[keyId];
        // slither-disable-next-line incorrect-equality
        return key.addedAt != 0 && key.addedAt <= time && (key.revokedAt == 0 || time < key.revokedAt)
            && (key.compromisedAt == 0 || time < key.compromisedAt);
    }

    function _requireIssuer(bytes32 issuer) internal view {
        if (_issuers[issuer].addedAt == 0) revert UnknownIssuer(issuer);
    }

    function _requireKey(bytes32 keyId) private view returns (Key storage key) {
        key = _keys[keyId];
        if (key.addedAt == 0) revert UnknownKey(keyId);
    }

    function _open(Window[] storage windows) private view returns (bool) {
        return windows.length != 0 && windows[windows.length - 1].until == 0;
    }
}
