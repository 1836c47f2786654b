// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorLedger} from "../src/AnchorLedger.sol";
import {CredentialRegistry} from "../src/CredentialRegistry.sol";
import {Auditor, Fixture, vm} from "./Support.sol";

/// @dev Random calls near the limits of what is allowed: few roots, issuers and keys, times some seconds apart. Keeps a
/// memory of what was refused once, and reads every event as an auditor would.
contract Handler {
    CredentialRegistry public registry;
    Auditor public auditor;
    bytes32[] public roots; // in the order in which they were anchored
    mapping(bytes32 root => uint256) public numberOf;
    bytes32[2] public issuers;
    bytes32[] public keys;
    uint48[] public moments; // times that were asked about; all in the past
    mapping(bytes32 thing => mapping(uint48 time => bool)) public refusedAt; // a key or an issuer, once refused at time
    uint256 public lastSize;
    string public broken; // the first promise that was broken; empty: none

    uint256 private _dice;

    constructor(CredentialRegistry registry_, Auditor auditor_) {
        (registry, auditor) = (registry_, auditor_);
        moments.push(uint48(block.timestamp));
    }

    modifier audited(uint256 seed) {
        // Fuzzers love zero and values they have seen; mixed with the past, each call is another throw of the dice.
        _dice = uint256(keccak256(abi.encode(seed, _dice)));
        uint256 pause = _throw(4); // two calls in one block happen too
        vm.warp(block.timestamp + pause);
        if (pause != 0) vm.roll(block.number + 1);
        if (moments.length < 12 && block.timestamp > moments[moments.length - 1]) {
            moments.push(uint48(block.timestamp));
        }
        vm.recordLogs();
        _;
        auditor.read(vm.getRecordedLogs(), address(registry));
        _remember();
    }

    function anchor(uint256 seed) external audited(seed) {
        uint256 value = _throw(24);
        bytes32 root = value == 0 ? bytes32(0) : keccak256(abi.encode(value));
        uint64 number = uint64(roots.length + (_throw(4) == 0 ? _throw(3) : 1));
        bool allowed = root != 0 && numberOf[root] == 0 && number == roots.length + 1 && !registry.tip().closed;
        try registry.anchor(number, root) {
            expect(allowed, "an anchor that compare-and-set forbids");
            roots.push(root);
            numberOf[root] = roots.length;
        } catch {
            expect(!allowed, "a good anchor was refused");
        }
    }

    function addIssuer(uint256 seed) external audited(seed) {
        uint256 which = _throw(2);
        try registry.addIssuer(which == 0 ? "did:web:a" : "did:web:b") returns (bytes32 issuer) {
            expect(issuers[which] == 0, "an issuer was added twice");
            issuers[which] = issuer;
        } catch {}
    }

    function suspend(uint256 seed) external audited(seed) {
        try registry.suspendIssuer(issuers[_throw(2)], 0) {} catch {}
    }

    function reinstate(uint256 seed) external audited(seed) {
        try registry.reinstateIssuer(issuers[_throw(2)], 0) {} catch {}
    }

    function addKey(uint256 seed) external audited(seed) {
        bytes memory multikey = bytes.concat(hex"ed01", bytes32(_throw(4)));
        (bytes32 owner,,,) = registry.keyOf(sha256(multikey));
        try registry.addKey(issuers[_throw(2)], multikey) returns (bytes32 id) {
            expect(owner == 0, "a key was added twice");
            keys.push(id);
        } catch {}
    }

    function revoke(uint256 seed) external audited(seed) {
        if (keys.length == 0) return;
        try registry.revokeKey(keys[_throw(keys.length)]) {} catch {}
    }

    /// @dev From two seconds before the key to two seconds ahead of the clock, or close to what was declared before.
    function compromise(uint256 seed) external audited(seed) {
        if (keys.length == 0) return;
        bytes32 key = keys[_throw(keys.length)];
        (, uint48 added,, uint48 stands) = registry.keyOf(key);
        uint48 since =
            stands != 0 ? stands - 2 + uint48(_throw(5)) : added - 2 + uint48(_throw(block.timestamp - added + 5));
        bool allowed =
            since >= added && since <= block.timestamp && (stands == 0 || since < stands) && !registry.tip().closed;
        try registry.markCompromised(key, since) {
            expect(allowed, "a compromise in the future, before the key, or moved later");
        } catch {
            expect(!allowed, "a good declaration was refused");
        }
    }

    function roles(uint256 seed) external audited(seed) {
        bytes32 role = registry.ACCREDITOR_ROLE();
        address account = address(uint160(1 + _throw(3)));
        if (_throw(2) == 0) try registry.grantRole(role, account) {}
            catch {} else try registry.revokeRole(role, account) {} catch {}
    }

    /// @dev Late and seldom: a log that is closed at once would hide everything else.
    function close(uint256 seed) external audited(seed) {
        if (_throw(8) == 0 && registry.tip().size > 50 && !registry.tip().closed) registry.close(1, address(1));
    }

    function _throw(uint256 sides) private returns (uint256) {
        _dice = uint256(keccak256(abi.encode(_dice)));
        return _dice % sides;
    }

    /// @dev What was refused at a past moment stays refused; nothing may come back.
    function _remember() private {
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

contract InvariantsTest is Fixture {
    Auditor private auditor;
    Handler private handler;

    function setUp() public override {
        super.setUp();
        auditor = new Auditor();
        vm.recordLogs();
        registry = make();
        handler = new Handler(registry, auditor);
        registry.grantRole(registry.OPERATOR_ROLE(), address(handler));
        registry.grantRole(registry.REGISTRAR_ROLE(), address(handler));
        registry.beginDefaultAdminTransfer(address(handler));
        auditor.read(vm.getRecordedLogs(), address(registry));
        pass(1 days + 1);
        vm.prank(address(handler));
        registry.acceptDefaultAdminTransfer();
        auditor.read(vm.getRecordedLogs(), address(registry));
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// @dev One function, because forge plays a whole campaign for each.
    function invariant_every_promise_is_kept() public view {
        require(bytes(handler.broken()).length == 0, handler.broken());
        _headIsTheTreeOfEveryEvent();
        _rootsAreNumberedWithoutGap();
    }

    /// @dev At the end of every run: promises about an empty history are kept by any contract.
    function afterInvariant() public view {
        require(registry.tip().anchors > 2 && auditor.kinds(5) > 0, "hardly any anchor or key in this run");
        require(auditor.kinds(3) + auditor.kinds(6) + auditor.kinds(7) > 2, "hardly anything refused in this run");
    }

    function _headIsTheTreeOfEveryEvent() private view {
        (uint64 size, bytes32 root) = registry.head();
        require(size == auditor.size() && root == auditor.root(), "the head is not the events' root");
        require(bytes(auditor.broken()).length == 0, auditor.broken());
        uint256 word = uint256(vm.load(address(registry), 0));
        require(uint64(word) == size && uint48(word >> 64) == auditor.lastTime(), "the tip is not in slot 0");
    }

    function _rootsAreNumberedWithoutGap() private view {
        uint256 position;
        uint256 n;
        for (; n < registry.tip().anchors; ++n) {
            AnchorLedger.AnchorRecord memory found = registry.anchorOf(handler.roots(n));
            require(found.number == n + 1 && handler.numberOf(handler.roots(n)) == n + 1, "number");
            require(found.position > position && found.position < auditor.size(), "position");
            position = found.position;
        }
        require(auditor.kinds(1) == n, "as many anchor entries as numbers");
        (uint64 latest, bytes32 root,) = registry.latestAnchor();
        require(latest == n && root == (n == 0 ? bytes32(0) : handler.roots(n - 1)), "latest");
    }
}
