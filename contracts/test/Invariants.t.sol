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

    constructor(CredentialRegistry registry_, Auditor auditor_) {
        (registry, auditor) = (registry_, auditor_);
        moments.push(uint48(block.timestamp));
    }

    modifier audited(uint256 seed) {
        vm.warp(block.timestamp + seed % 4); // two calls in one block happen too
        if (seed % 4 != 0) vm.roll(block.number + 1);
        if (moments.length < 12 && block.timestamp > moments[moments.length - 1]) {
            moments.push(uint48(block.timestamp));
        }
        vm.recordLogs();
        _;
        auditor.read(vm.getRecordedLogs(), address(registry));
        _remember();
    }

    function anchor(uint256 seed, uint8 root, uint8 ahead) external audited(seed) {
        bytes32 value = root % 24 == 0 ? bytes32(0) : keccak256(abi.encode(root % 24));
        uint64 number = uint64(roots.length) + (ahead % 4 == 0 ? ahead % 3 : 1);
        bool allowed = value != 0 && numberOf[value] == 0 && number == roots.length + 1 && !registry.tip().closed;
        try registry.anchor(number, value) {
            expect(allowed, "an anchor that compare-and-set forbids");
            roots.push(value);
            numberOf[value] = roots.length;
        } catch {
            expect(!allowed, "a good anchor was refused");
        }
    }

    function addIssuer(uint256 seed, uint8 which) external audited(seed) {
        try registry.addIssuer(which % 2 == 0 ? "did:web:a" : "did:web:b") returns (bytes32 issuer) {
            expect(issuers[which % 2] == 0, "an issuer was added twice");
            issuers[which % 2] = issuer;
        } catch {}
    }

    function suspend(uint256 seed, uint8 which) external audited(seed) {
        try registry.suspendIssuer(issuers[which % 2], 0) {} catch {}
    }

    function reinstate(uint256 seed, uint8 which) external audited(seed) {
        try registry.reinstateIssuer(issuers[which % 2], 0) {} catch {}
    }

    function addKey(uint256 seed, uint8 which, uint8 key) external audited(seed) {
        bytes memory multikey = bytes.concat(hex"ed01", bytes32(uint256(key % 4)));
        (bytes32 owner,,,) = registry.keyOf(sha256(multikey));
        try registry.addKey(issuers[which % 2], multikey) returns (bytes32 id) {
            expect(owner == 0, "a key was added twice");
            keys.push(id);
        } catch {}
    }

    function revoke(uint256 seed, uint256 which) external audited(seed) {
        if (keys.length == 0) return;
        try registry.revokeKey(keys[which % keys.length]) {} catch {}
    }

    /// @dev From two seconds before the key to two seconds ahead of the clock, or close to what was declared before.
    function compromise(uint256 seed, uint256 which, uint48 since) external audited(seed) {
        if (keys.length == 0) return;
        bytes32 key = keys[which % keys.length];
        (, uint48 added,, uint48 stands) = registry.keyOf(key);
        if (stands != 0) since = stands - 2 + since % 5;
        else since = added - 2 + since % (uint48(block.timestamp) - added + 5);
        bool allowed = since >= added && since <= block.timestamp && (stands == 0 || since < stands);
        if (registry.tip().closed) allowed = false;
        try registry.markCompromised(key, since) {
            expect(allowed, "a compromise in the future, before the key, or moved later");
        } catch {
            expect(!allowed, "a good declaration was refused");
        }
    }

    function roles(uint256 seed, bool grant) external audited(seed) {
        bytes32 role = registry.ACCREDITOR_ROLE();
        try registry.grantRole(role, address(uint160(seed % 5 + 1))) {} catch {}
        if (!grant) try registry.revokeRole(role, address(uint160(seed % 3 + 1))) {} catch {}
    }

    function close(uint256 seed) external audited(seed) {
        if (seed % 41 == 0 && !registry.tip().closed) registry.close(1, address(1));
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
