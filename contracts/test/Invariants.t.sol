// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorLedger} from "../src/AnchorLedger.sol";
import {AppendOnlyLog} from "../src/AppendOnlyLog.sol";
import {CredentialRegistry} from "../src/CredentialRegistry.sol";
import {Handler} from "./Handler.sol";
import {Auditor, START, vm} from "./Support.sol";

/// @dev Five accounts, each of which begins with one role or none and may come to hold any.
contract InvariantsTest {
    CredentialRegistry private registry;
    Auditor private auditor;
    Handler private handler;

    address[5] private actors = [address(0xa1), address(0xa2), address(0xa3), address(0xa4), address(0xa5)];
    bytes32[4] private roles = [
        bytes32(0), keccak256("OPERATOR_ROLE"), keccak256("REGISTRAR_ROLE"), keccak256("ACCREDITOR_ROLE")
    ];

    function setUp() public {
        vm.warp(START);
        vm.roll(100);
        auditor = new Auditor();
        vm.recordLogs();
        // A delay of seconds, so that transfers come to their end within a run.
        registry = new CredentialRegistry(actors[0], 2, AppendOnlyLog.Predecessor(0, address(0), 0, 0));
        vm.startPrank(actors[0]);
        for (uint256 i = 1; i < 4; ++i) {
            registry.grantRole(roles[i], actors[i]);
        }
        vm.stopPrank();
        auditor.read(vm.getRecordedLogs(), address(registry));
        handler = new Handler(registry, auditor, actors);
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
        _rolesAreThoseOfTheLog();
    }

    /// @dev At the end of every run: promises about an empty history are kept by any contract.
    function afterInvariant() public view {
        require(auditor.size() > 20, "hardly anything happened in this run");
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

    function _rolesAreThoseOfTheLog() private view {
        for (uint256 a; a < 5; ++a) {
            for (uint256 r; r < 4; ++r) {
                require(registry.hasRole(roles[r], actors[a]) == auditor.held(roles[r], actors[a]), "a silent role");
            }
            require(auditor.held(0, actors[a]) == (registry.defaultAdmin() == actors[a]), "more or less than one admin");
        }
        (address next, uint48 schedule) = registry.pendingDefaultAdmin();
        require(next == auditor.pendingAdmin() && schedule == auditor.schedule(), "a silent transfer");
    }

    /// @dev Promises about calls that never happen are kept by any contract, too. Each function of the
    /// handler makes the registry's call of its name; a test in Python compares their names with the interface.
    function test_every_call_of_the_campaign_is_done_and_refused() public {
        bytes4[18] memory called = [
            registry.anchor.selector,
            registry.addIssuer.selector,
            registry.suspendIssuer.selector,
            registry.reinstateIssuer.selector,
            registry.addKey.selector,
            registry.revokeKey.selector,
            registry.markCompromised.selector,
            registry.accredit.selector,
            registry.withdrawAccreditation.selector,
            registry.grantRole.selector,
            registry.revokeRole.selector,
            registry.renounceRole.selector,
            registry.beginDefaultAdminTransfer.selector,
            registry.cancelDefaultAdminTransfer.selector,
            registry.acceptDefaultAdminTransfer.selector,
            registry.changeDefaultAdminDelay.selector,
            registry.rollbackDefaultAdminDelay.selector,
            registry.close.selector
        ];
        bytes4[18] memory handled = [
            handler.anchor.selector,
            handler.addIssuer.selector,
            handler.suspendIssuer.selector,
            handler.reinstateIssuer.selector,
            handler.addKey.selector,
            handler.revokeKey.selector,
            handler.markCompromised.selector,
            handler.accredit.selector,
            handler.withdrawAccreditation.selector,
            handler.grantRole.selector,
            handler.revokeRole.selector,
            handler.renounceRole.selector,
            handler.beginDefaultAdminTransfer.selector,
            handler.cancelDefaultAdminTransfer.selector,
            handler.acceptDefaultAdminTransfer.selector,
            handler.changeDefaultAdminDelay.selector,
            handler.rollbackDefaultAdminDelay.selector,
            handler.close.selector
        ];
        uint256 n;
        for (; !registry.tip().closed; ++n) {
            require(n < 4000, "the campaign never comes to its end");
            _play(handled, n);
        }
        for (uint256 last = n + 18 * 8; n < last; ++n) {
            _play(handled, n); // nothing more is written to a closed log, whoever tries
        }
        for (uint256 i; i < 18; ++i) {
            require(handler.calls(called[i], true) > 0 && handler.calls(called[i], false) > 0, "never done, or never refused");
        }
        require(bytes(handler.broken()).length == 0, handler.broken());
    }

    function _play(bytes4[18] memory handled, uint256 n) private {
        (bool done, bytes memory why) = address(handler).call(abi.encodePacked(handled[n % 18], n));
        require(done, string(why));
    }
}
