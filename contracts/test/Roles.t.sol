// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {
    IAccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/IAccessControlDefaultAdminRules.sol";
import {AppendOnlyLog} from "../src/AppendOnlyLog.sol";
import {CredentialRegistry} from "../src/CredentialRegistry.sol";
import {Auditor, Fixture, vm} from "./Support.sol";

/// @dev Who may call what, and that every change of it is an entry of the log.
contract RolesTest is Fixture {
    Auditor private auditor = new Auditor();
    address private constant HEIR = address(0xbeef);

    function test_each_function_asks_for_its_role_and_for_no_other() public {
        bytes32[4] memory roles =
            [bytes32(0), registry.OPERATOR_ROLE(), registry.REGISTRAR_ROLE(), registry.ACCREDITOR_ROLE()];
        bytes[11] memory calls = [
            abi.encodeCall(registry.close, (1, address(1))),
            abi.encodeCall(registry.grantRole, (roles[1], HEIR)),
            abi.encodeCall(registry.anchor, (1, REASON)),
            abi.encodeCall(registry.addIssuer, ("did:web:a")),
            abi.encodeCall(registry.suspendIssuer, (REASON, 0)),
            abi.encodeCall(registry.reinstateIssuer, (REASON, 0)),
            abi.encodeCall(registry.addKey, (REASON, multikey(1))),
            abi.encodeCall(registry.revokeKey, (REASON)),
            abi.encodeCall(registry.markCompromised, (REASON, 1)),
            abi.encodeCall(registry.accredit, (REASON, 0, 1, 2, 0)),
            abi.encodeCall(registry.withdrawAccreditation, (REASON, 0, 0))
        ];
        uint8[11] memory needed = [0, 0, 1, 2, 2, 2, 2, 2, 2, 3, 3];
        for (uint256 holder = 1; holder < 5; ++holder) {
            address caller = address(uint160(0x1000 + holder));
            if (holder < 4) registry.grantRole(roles[holder], caller); // the fourth holds none
            for (uint256 i; i < calls.length; ++i) {
                if (needed[i] == holder) continue;
                vm.prank(caller);
                (bool done, bytes memory answer) = address(registry).call(calls[i]);
                bytes memory refusal = abi.encodeWithSelector(
                    IAccessControl.AccessControlUnauthorizedAccount.selector, caller, roles[needed[i]]
                );
                require(!done && keccak256(answer) == keccak256(refusal), "not asked for its role");
            }
        }
    }

    function test_the_admin_alone_cannot_anchor_nor_add_issuers() public {
        registry = new CredentialRegistry(address(this), 0, AppendOnlyLog.Predecessor(0, address(0), 0, 0));
        bytes32 needed = registry.OPERATOR_ROLE();
        refuses(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, address(this), needed));
        registry.anchor(1, REASON);
    }

    function expectEntry(uint8 kind, bytes32 subject, bytes memory payload) private {
        uint256 before = auditor.size();
        auditor.read(vm.getRecordedLogs(), address(registry));
        require(auditor.size() == before + 1, "not exactly one entry");
        _lastIs(kind, subject, payload);
    }

    function _lastIs(uint8 kind, bytes32 subject, bytes memory payload) private view {
        (uint64 size, bytes32 root) = registry.head();
        require(size == auditor.size() && root == auditor.root(), "the head is not the events' root");
        (bytes32[] memory topics, bytes memory data) = auditor.newest();
        (,,, bytes memory found) = abi.decode(data, (uint64, uint64, address, bytes));
        require(uint256(topics[2]) == kind && topics[3] == subject, "kind and subject");
        require(keccak256(found) == keccak256(payload), "payload");
    }

    function test_every_change_of_a_role_is_an_entry() public {
        vm.recordLogs();
        registry = make();
        auditor.read(vm.getRecordedLogs(), address(registry));
        require(auditor.size() == 5 && auditor.kinds(10) == 4, "the admin's role and three more");
        bytes32 role = registry.OPERATOR_ROLE();
        registry.grantRole(role, HEIR);
        expectEntry(10, role, abi.encode(HEIR));
        registry.grantRole(role, HEIR); // held already: no change, no entry
        registry.revokeRole(role, HEIR);
        expectEntry(11, role, abi.encode(HEIR));
        registry.revokeRole(role, HEIR);
        registry.renounceRole(role, address(this));
        expectEntry(11, role, abi.encode(address(this)));
        require(!registry.hasRole(role, address(this)), "renounced");
    }

    function test_an_admin_is_replaced_in_two_steps_after_the_delay() public {
        vm.recordLogs();
        registry = make();
        auditor.read(vm.getRecordedLogs(), address(registry));
        uint48 schedule = uint48(block.timestamp + 1 days);
        registry.beginDefaultAdminTransfer(HEIR);
        expectEntry(13, bytes32(uint256(uint160(HEIR))), abi.encode(HEIR, schedule));
        registry.cancelDefaultAdminTransfer();
        expectEntry(14, 0, "");
        registry.beginDefaultAdminTransfer(HEIR);
        expectEntry(13, bytes32(uint256(uint160(HEIR))), abi.encode(HEIR, schedule));
        pass(1 days);
        vm.prank(HEIR);
        refuses(
            abi.encodeWithSelector(
                IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminDelay.selector, schedule
            )
        );
        registry.acceptDefaultAdminTransfer();
        pass(1);
        vm.prank(HEIR);
        registry.acceptDefaultAdminTransfer();
        auditor.read(vm.getRecordedLogs(), address(registry));
        require(auditor.kinds(11) == 1 && auditor.kinds(10) == 5, "one admin out, one in");
        _lastIs(10, 0, abi.encode(HEIR));
        require(registry.defaultAdmin() == HEIR && !registry.hasRole(0, address(this)), "replaced");
    }

    function test_a_change_of_the_admin_delay_is_an_entry() public {
        vm.recordLogs();
        registry = make();
        auditor.read(vm.getRecordedLogs(), address(registry));
        registry.changeDefaultAdminDelay(2 days);
        expectEntry(15, 0, abi.encode(uint48(2 days), uint48(block.timestamp + 2 days)));
        registry.rollbackDefaultAdminDelay();
        expectEntry(15, 0, abi.encode(uint48(1 days), uint48(0)));
    }

    function test_nobody_becomes_admin_by_a_grant() public {
        refuses(IAccessControlDefaultAdminRules.AccessControlEnforcedDefaultAdminRules.selector);
        registry.grantRole(0, HEIR);
    }
}
