// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CredentialRegistry} from "../src/CredentialRegistry.sol";
import {Auditor, vm} from "./Support.sol";

/// @dev One function for each function of the registry that writes, under its name: a random caller with random
/// arguments near the limits of what is allowed (few roots, issuers, keys and accounts, times some seconds apart). It
/// works out for itself, from the log and from the views before the call, whether the call must be done or refused.
contract Handler {
    CredentialRegistry public registry;
    Auditor public auditor;
    address[5] public actors; // nobody else calls; each may come to hold any role
    bytes32[] public roots; // in the order in which they were anchored
    mapping(bytes32 root => uint256) public numberOf;
    bytes32[2] public issuers;
    bytes32[] public keys;
    uint48[] public moments; // times that were asked about; all in the past
    mapping(bytes32 thing => mapping(uint48 time => bool)) public refusedAt; // a key or an issuer, once refused at time
    mapping(bytes32 key => uint48) public endedAt; // revoked at; 0 is "not yet"
    uint256 public lastSize;
    string public broken; // the first promise that was broken; empty: none
    mapping(bytes4 selector => mapping(bool done => uint256)) public calls; // how often it was done, or refused

    bytes32 private constant ADMIN = 0;
    bytes32 private constant OPERATOR = keccak256("OPERATOR_ROLE");
    bytes32 private constant REGISTRAR = keccak256("REGISTRAR_ROLE");
    bytes32 private constant ACCREDITOR = keccak256("ACCREDITOR_ROLE");
    uint256 private constant LATE = 80; // entries, before which nothing ends that would end everything else
    uint256 private _dice;
    address private _actor; // of the call that is made

    constructor(CredentialRegistry registry_, Auditor auditor_, address[5] memory actors_) {
        (registry, auditor, actors) = (registry_, auditor_, actors_);
        moments.push(uint48(block.timestamp));
    }

    modifier audited(uint256 seed) {
        // Fuzzers love zero and values they have seen; mixed with the past, each call is another throw of the dice.
        _dice = uint256(keccak256(abi.encode(seed, _dice)));
        uint256 pause = _throw(4); // two calls in one block happen too
        vm.warp(block.timestamp + pause);
        if (pause != 0) vm.roll(block.number + 1);
        if (pause != 0 && moments.length < 12) moments.push(uint48(block.timestamp));
        else if (pause != 0) moments[_throw(12)] = uint48(block.timestamp); // some of long ago, some of just now
        vm.recordLogs();
        bool closed = registry.tip().closed;
        _;
        auditor.read(vm.getRecordedLogs(), address(registry));
        expect(!closed || auditor.size() == lastSize, "an entry after the log was closed");
        _remember();
    }

    // ------------------------------------------------------------------------------------------------------- anchors

    function anchor(uint256 seed) external audited(seed) {
        uint256 value = _throw(40);
        bytes32 root = value == 0 ? bytes32(0) : keccak256(abi.encode(value));
        uint64 number = uint64(roots.length + (_throw(4) == 0 ? _throw(3) : 1));
        bool good = root != 0 && numberOf[root] == 0 && number == roots.length + 1;
        if (!_send(OPERATOR, good, abi.encodeCall(registry.anchor, (number, root)))) return;
        roots.push(root);
        numberOf[root] = roots.length;
    }

    // ---------------------------------------------------------------------------------------------- issuers and keys

    function addIssuer(uint256 seed) external audited(seed) {
        uint256 which = _throw(3); // the third has no name
        string memory did = which == 2 ? "" : which == 0 ? "did:web:a" : "did:web:b";
        bool good = which != 2 && issuers[which] == 0;
        if (_send(REGISTRAR, good, abi.encodeCall(registry.addIssuer, (did)))) issuers[which] = sha256(bytes(did));
    }

    function suspendIssuer(uint256 seed) external audited(seed) {
        bytes32 issuer = issuers[_throw(2)];
        (uint48 added, bool suspended) = registry.issuerOf(issuer);
        _send(REGISTRAR, added != 0 && !suspended, abi.encodeCall(registry.suspendIssuer, (issuer, 0)));
    }

    function reinstateIssuer(uint256 seed) external audited(seed) {
        bytes32 issuer = issuers[_throw(2)];
        (, bool suspended) = registry.issuerOf(issuer);
        _send(REGISTRAR, suspended, abi.encodeCall(registry.reinstateIssuer, (issuer, 0)));
    }

    function addKey(uint256 seed) external audited(seed) {
        bool malformed = _throw(8) == 0;
        bytes memory multikey = bytes.concat(malformed ? bytes2(0xed02) : bytes2(0xed01), bytes32(_throw(4)));
        bytes32 issuer = issuers[_throw(2)];
        (bytes32 owner,,,) = registry.keyOf(sha256(multikey));
        bool good = issuer != 0 && owner == 0 && !malformed;
        if (_send(REGISTRAR, good, abi.encodeCall(registry.addKey, (issuer, multikey)))) keys.push(sha256(multikey));
    }

    function revokeKey(uint256 seed) external audited(seed) {
        bytes32 key = _key();
        (, uint48 added, uint48 revoked,) = registry.keyOf(key);
        _send(REGISTRAR, added != 0 && revoked == 0, abi.encodeCall(registry.revokeKey, (key)));
    }

    /// @dev From two seconds before the key to two seconds ahead of the clock, or close to what was declared before.
    function markCompromised(uint256 seed) external audited(seed) {
        bytes32 key = _key();
        (, uint48 added,, uint48 stands) = registry.keyOf(key);
        uint48 since;
        if (stands != 0) since = stands - 2 + uint48(_throw(5));
        else if (added != 0) since = added - 2 + uint48(_throw(block.timestamp - added + 5));
        bool good = added != 0 && since >= added && since <= block.timestamp && (stands == 0 || since < stands);
        _send(REGISTRAR, good, abi.encodeCall(registry.markCompromised, (key, since)));
    }

    // ------------------------------------------------------------------------------------------------ accreditations

    /// @dev The caller is thrown before the arguments, for what may be given depends on who gave what before.
    function accredit(uint256 seed) external audited(seed) {
        _pick(ACCREDITOR);
        bytes32 issuer = issuers[_throw(2)];
        uint48 from = uint48(block.timestamp - 3 + _throw(5));
        uint48 until = uint48(block.timestamp - 1 + _throw(8));
        CredentialRegistry.Accreditation memory given = registry.accreditationOf(_actor, issuer, 0);
        bool stands = given.validUntil > block.timestamp && given.withdrawnAt == 0;
        bool good = issuer != 0 && from < until && until > block.timestamp && !stands;
        _sendAs(ACCREDITOR, good, abi.encodeCall(registry.accredit, (issuer, 0, from, until, 0)));
    }

    function withdrawAccreditation(uint256 seed) external audited(seed) {
        _pick(ACCREDITOR);
        bytes32 issuer = issuers[_throw(2)];
        CredentialRegistry.Accreditation memory given = registry.accreditationOf(_actor, issuer, 0);
        bool good = given.validUntil != 0 && given.withdrawnAt == 0;
        _sendAs(ACCREDITOR, good, abi.encodeCall(registry.withdrawAccreditation, (issuer, 0, 0)));
    }

    // --------------------------------------------------------------------------------------------------------- roles

    function grantRole(uint256 seed) external audited(seed) {
        (bytes32 role, address account) = (_throw(2) == 0 ? _role() : _scarce(), actors[_throw(5)]);
        _change(role, auditor.held(role, account), abi.encodeCall(registry.grantRole, (role, account)));
    }

    function revokeRole(uint256 seed) external audited(seed) {
        (bytes32 role, address account) = (_role(), actors[_throw(5)]);
        _change(role, !auditor.held(role, account), abi.encodeCall(registry.revokeRole, (role, account)));
    }

    /// @dev In one's own name only. The admin goes by the long way: a transfer to nobody, and the delay.
    function renounceRole(uint256 seed) external audited(seed) {
        bytes32 role = _role();
        _pick(role);
        address account = _throw(8) == 0 ? _actor : actors[_throw(5)]; // seldom the own one: roles shall not run out
        bool held = auditor.held(role, _actor);
        bool good = account == _actor && (!held || !registry.tip().closed);
        if (role == ADMIN && held) good = good && auditor.pendingAdmin() == address(0) && _due();
        _must(good, abi.encodeCall(registry.renounceRole, (role, account)));
    }

    function beginDefaultAdminTransfer(uint256 seed) external audited(seed) {
        address next = auditor.size() > LATE && _throw(4) == 0 ? address(0) : actors[_throw(5)];
        _send(ADMIN, true, abi.encodeCall(registry.beginDefaultAdminTransfer, (next)));
    }

    function cancelDefaultAdminTransfer(uint256 seed) external audited(seed) {
        _send(ADMIN, true, abi.encodeCall(registry.cancelDefaultAdminTransfer, ()));
    }

    function acceptDefaultAdminTransfer(uint256 seed) external audited(seed) {
        address next = auditor.pendingAdmin();
        _actor = next == address(0) || _throw(4) == 0 ? actors[_throw(5)] : next;
        bool good = _actor == next && _due() && !registry.tip().closed;
        _must(good, abi.encodeCall(registry.acceptDefaultAdminTransfer, ()));
    }

    function changeDefaultAdminDelay(uint256 seed) external audited(seed) {
        _send(ADMIN, true, abi.encodeCall(registry.changeDefaultAdminDelay, (uint48(_throw(4)))));
    }

    function rollbackDefaultAdminDelay(uint256 seed) external audited(seed) {
        _send(ADMIN, true, abi.encodeCall(registry.rollbackDefaultAdminDelay, ()));
    }

    /// @dev Late and seldom: a log that is closed at once would hide everything else.
    function close(uint256 seed) external audited(seed) {
        uint64 chainId = uint64(_throw(3) == 0 ? block.chainid : _throw(2));
        address next = _throw(3) == 0 ? address(registry) : address(uint160(_throw(2)));
        bool good = chainId != 0 && next != address(0) && !(chainId == block.chainid && next == address(registry));
        _pick(ADMIN);
        if (good && auditor.held(ADMIN, _actor) && (auditor.size() < LATE || _throw(4) != 0)) return;
        _sendAs(ADMIN, good, abi.encodeCall(registry.close, (chainId, next)));
    }

    // ----------------------------------------------------------------------------------------------------- the calls

    /// @dev By one who holds the role, as the log has it, three times out of four; else by anybody.
    function _pick(bytes32 role) private {
        uint256 first = _throw(5);
        _actor = actors[first];
        if (_throw(4) == 0) return;
        for (uint256 i; i < 5 && !auditor.held(role, _actor); ++i) {
            _actor = actors[(first + i) % 5];
        }
    }

    function _send(bytes32 role, bool good, bytes memory data) private returns (bool) {
        _pick(role);
        return _sendAs(role, good, data);
    }

    function _sendAs(bytes32 role, bool good, bytes memory data) private returns (bool) {
        return _must(good && auditor.held(role, _actor) && !registry.tip().closed, data);
    }

    /// @dev What changes nothing is not refused, not even when the log is closed. The admin's own role has other ways.
    function _change(bytes32 role, bool same, bytes memory data) private {
        _pick(ADMIN);
        _must(role != ADMIN && auditor.held(ADMIN, _actor) && (same || !registry.tip().closed), data);
    }

    function _must(bool succeed, bytes memory data) private returns (bool done) {
        vm.prank(_actor);
        (done,) = address(registry).call(data);
        ++calls[bytes4(data)][done];
        expect(done == succeed, done ? "what is forbidden was done" : "what is allowed was refused");
    }

    function _due() private view returns (bool) {
        uint48 schedule = auditor.schedule();
        return schedule != 0 && schedule < block.timestamp;
    }

    function _role() private returns (bytes32) {
        return [OPERATOR, REGISTRAR, ACCREDITOR, ACCREDITOR, OPERATOR, REGISTRAR, ADMIN][_throw(7)];
    }

    /// @dev A role that nobody holds; without it, nothing more of its kind would happen in a run.
    function _scarce() private view returns (bytes32 role) {
        bytes32[3] memory all = [OPERATOR, REGISTRAR, ACCREDITOR];
        for (uint256 r; r < 3; ++r) {
            bool found;
            for (uint256 i; i < 5; ++i) {
                found = found || auditor.held(all[r], actors[i]);
            }
            if (!found) return all[r];
        }
        return ACCREDITOR;
    }

    function _key() private returns (bytes32) {
        return keys.length == 0 ? bytes32(0) : keys[_throw(keys.length)];
    }

    function _throw(uint256 sides) private returns (uint256) {
        _dice = uint256(keccak256(abi.encode(_dice)));
        return _dice % sides;
    }

    /// @dev What was refused at a past moment stays refused; nothing may come back.
    function _remember() private {
        for (uint256 k; k < keys.length; ++k) {
            (,, uint48 revoked,) = registry.keyOf(keys[k]);
            expect(endedAt[keys[k]] == 0 || revoked == endedAt[keys[k]], "a revocation was moved");
            endedAt[keys[k]] = revoked;
        }
        for (uint256 m; m < moments.length; ++m) {
            for (uint256 k; k < keys.length; ++k) {
                bool valid = registry.keyValidAt(keys[k], moments[m]);
                expect(!valid || !refusedAt[keys[k]][moments[m]], "a key's window was widened");
                if (!valid) refusedAt[keys[k]][moments[m]] = true;
            }
            for (uint256 i; i < 2; ++i) {
                // The present second may still end free: only what is over is final.
                bool suspended = registry.suspendedAt(issuers[i], moments[m]);
                expect(suspended || !refusedAt[issuers[i]][moments[m]], "a suspension was forgotten");
                if (suspended && moments[m] < block.timestamp) refusedAt[issuers[i]][moments[m]] = true;
            }
        }
        (uint64 size,) = registry.head();
        expect(size >= lastSize, "the log shrank");
        lastSize = size;
    }

    function expect(bool kept, string memory rule) private {
        if (!kept && bytes(broken).length == 0) broken = rule;
    }
}
