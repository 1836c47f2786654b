// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorLedger} from "../src/AnchorLedger.sol";
import {AppendOnlyLog} from "../src/AppendOnlyLog.sol";
import {CredentialRegistry} from "../src/CredentialRegistry.sol";
import {Auditor, Fixture, vm} from "./Support.sol";

/// @dev The log and its anchors.
contract LogTest is Fixture {
    Auditor private auditor = new Auditor();

    function audit() private {
        auditor.read(vm.getRecordedLogs(), address(registry));
        (uint64 size, bytes32 root) = registry.head();
        require(size == auditor.size() && root == auditor.root(), "the head is not the events' root");
        require(bytes(auditor.broken()).length == 0, auditor.broken());
    }

    function testFuzz_the_head_is_the_tree_of_the_events(uint8 count, uint256 seed) public {
        vm.recordLogs();
        registry = make();
        audit();
        for (uint256 n = 1; n <= count % 70; ++n) {
            pass(bound(seed >> (n % 200), 0, 3));
            if (seed >> (n % 250) & 1 == 1) {
                registry.anchor(registry.tip().anchors + 1, keccak256(abi.encode(seed, n)));
            } else {
                registry.addIssuer(string(abi.encode(seed, n)));
            }
            audit();
        }
    }

    function test_entry_0_is_the_genesis_and_names_the_predecessor() public {
        AppendOnlyLog.Predecessor memory before = AppendOnlyLog.Predecessor(5, address(6), 7, bytes32(uint256(8)));
        vm.recordLogs();
        registry = new CredentialRegistry(address(this), 0, before);
        AppendOnlyLog.Tip memory tip = registry.tip();
        require(tip.size == 2, "genesis and the admin's role");
        audit();
        (uint64 size,) = registry.head();
        require(size == 2 && auditor.kinds(0) == 1 && auditor.kinds(10) == 1, "not genesis and one role");
    }

    function testFuzz_a_predecessor_is_complete_or_absent(uint8 given) public {
        given %= 16;
        AppendOnlyLog.Predecessor memory p = AppendOnlyLog.Predecessor(
            given & 1, address(uint160(given >> 1 & 1)), given >> 2 & 1, bytes32(uint256(given >> 3))
        );
        if (given != 0 && given != 15) refuses(AppendOnlyLog.BadPredecessor.selector);
        new CredentialRegistry(address(this), 0, p);
    }

    function testFuzz_an_anchor_is_compare_and_set(uint8 before, uint64 given, bytes32 root) public {
        before %= 5;
        for (uint64 n = 1; n <= before; ++n) {
            registry.anchor(n, keccak256(abi.encode(n)));
        }
        given = uint64(bound(given, 0, 8));
        vm.assume(root != 0);
        if (given != before + 1) {
            refuses(abi.encodeWithSelector(AnchorLedger.WrongNumber.selector, uint64(before) + 1, given));
        }
        registry.anchor(given, root);
    }

    function test_a_root_is_anchored_once_whatever_number_is_given() public {
        registry.anchor(1, REASON);
        for (uint64 number; number < 4; ++number) {
            refuses(abi.encodeWithSelector(AnchorLedger.AlreadyAnchored.selector, REASON, uint64(1)));
            registry.anchor(number, REASON);
        }
    }

    function test_an_anchor_is_recorded_where_it_stands_in_the_log() public {
        pass(7);
        registry.anchor(1, REASON);
        AnchorLedger.AnchorRecord memory found = registry.anchorOf(REASON);
        require(found.number == 1 && found.position == 5, "number and position");
        require(found.time == block.timestamp && found.blockNumber == block.number, "time and block");
        pass(1);
        registry.anchor(2, keccak256("two"));
        (uint64 number, bytes32 root, uint48 time) = registry.latestAnchor();
        require(number == 2 && root == keccak256("two") && time == block.timestamp, "latest");
        require(vm.load(address(registry), bytes32(uint256(2))) == root, "latestRoot is slot 2");
    }

    function test_the_zero_root_is_refused() public {
        refuses(AnchorLedger.ZeroRoot.selector);
        registry.anchor(1, 0);
    }

    function test_a_closed_log_takes_nothing_more() public {
        bytes32 issuer = registry.addIssuer("did:web:a");
        bytes32 key = registry.addKey(issuer, multikey(1));
        registry.accredit(issuer, REASON, 0, uint48(block.timestamp + 1), 0);
        registry.close(1, address(1));
        (uint64 size, bytes32 root) = registry.head();
        bytes[12] memory calls = [
            abi.encodeCall(registry.anchor, (1, REASON)),
            abi.encodeCall(registry.addIssuer, ("did:web:b")),
            abi.encodeCall(registry.suspendIssuer, (issuer, 0)),
            abi.encodeCall(registry.addKey, (issuer, multikey(2))),
            abi.encodeCall(registry.revokeKey, (key)),
            abi.encodeCall(registry.markCompromised, (key, uint48(block.timestamp))),
            abi.encodeCall(registry.withdrawAccreditation, (issuer, REASON, 0)),
            abi.encodeCall(registry.close, (1, address(2))),
            abi.encodeCall(registry.grantRole, (registry.OPERATOR_ROLE(), address(9))),
            abi.encodeCall(registry.revokeRole, (registry.OPERATOR_ROLE(), address(this))),
            abi.encodeCall(registry.beginDefaultAdminTransfer, (address(9))),
            abi.encodeCall(registry.changeDefaultAdminDelay, (5))
        ];
        for (uint256 i; i < calls.length; ++i) {
            (bool done, bytes memory answer) = address(registry).call(calls[i]);
            require(!done && bytes4(answer) == AppendOnlyLog.Closed.selector, "a closed log took an entry");
        }
        (uint64 sizeAfter, bytes32 rootAfter) = registry.head();
        require(size == sizeAfter && root == rootAfter, "the head moved");
        (uint64 chainId, address next) = registry.successor();
        require(chainId == 1 && next == address(1) && registry.tip().closed, "closed in favour of another");
    }

    function test_a_registry_is_closed_in_favour_of_another_one() public {
        refuses(CredentialRegistry.ZeroSuccessor.selector);
        registry.close(0, address(1));
        refuses(CredentialRegistry.ZeroSuccessor.selector);
        registry.close(1, address(0));
        refuses(CredentialRegistry.SelfSuccessor.selector);
        registry.close(uint64(block.chainid), address(registry));
        registry.close(uint64(block.chainid) + 1, address(registry)); // the same address on another chain is another one
    }
}
