// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccreditationLedger} from "../src/AccreditationLedger.sol";
import {IssuerLedger} from "../src/IssuerLedger.sol";
import {Fixture} from "./Support.sol";

/// @dev Issuers, keys and accreditations.
contract IssuersTest is Fixture {
    bytes32 private issuer;

    function setUp() public override {
        super.setUp();
        issuer = registry.addIssuer("did:web:north-sea.example");
        pass(1000);
    }

    function test_an_issuer_is_named_by_the_hash_of_its_did_and_added_once() public {
        require(issuer == sha256("did:web:north-sea.example"), "id");
        refuses(abi.encodeWithSelector(IssuerLedger.IssuerExists.selector, issuer));
        registry.addIssuer("did:web:north-sea.example");
        refuses(IssuerLedger.EmptyDid.selector);
        registry.addIssuer("");
    }

    function test_an_unknown_issuer_is_refused_everywhere() public {
        bytes memory answer = abi.encodeWithSelector(IssuerLedger.UnknownIssuer.selector, REASON);
        refuses(answer);
        registry.suspendIssuer(REASON, 0);
        refuses(answer);
        registry.reinstateIssuer(REASON, 0);
        refuses(answer);
        registry.addKey(REASON, multikey(1));
        refuses(answer);
        registry.accredit(REASON, 0, 1, type(uint48).max, 0);
    }

    function test_a_suspension_begins_once_and_ends_once() public {
        refuses(abi.encodeWithSelector(IssuerLedger.IssuerNotSuspended.selector, issuer));
        registry.reinstateIssuer(issuer, REASON);
        registry.suspendIssuer(issuer, REASON);
        refuses(abi.encodeWithSelector(IssuerLedger.IssuerAlreadySuspended.selector, issuer));
        registry.suspendIssuer(issuer, REASON);
        pass(1);
        registry.reinstateIssuer(issuer, REASON);
        refuses(abi.encodeWithSelector(IssuerLedger.IssuerNotSuspended.selector, issuer));
        registry.reinstateIssuer(issuer, REASON);
    }

    /// @dev Against the plain reading of the rule: at every second, what the issuer's state was when that second ended,
    /// or suspended if it was suspended at any moment of it and a suspension began in it.
    function testFuzz_suspension_windows_are_kept_exactly(uint8[9] memory gaps) public {
        bool[] memory suspended = new bool[](40);
        uint256 start = block.timestamp;
        bool now_;
        for (uint256 i; i < gaps.length; ++i) {
            uint256 gap = gaps[i] % 4;
            for (uint256 n; n < gap; ++n) {
                pass(1);
                suspended[block.timestamp - start] = now_;
            }
            if (now_) registry.reinstateIssuer(issuer, REASON);
            else registry.suspendIssuer(issuer, REASON);
            bool began = !now_;
            now_ = !now_;
            uint256 second = block.timestamp - start;
            // Half-open: a second in which it ends counts as free, unless a suspension began in that second.
            if (began) suspended[second] = true;
            else if (gap != 0) suspended[second] = false;
            (, bool told) = registry.issuerOf(issuer);
            require(told == now_, "issuerOf");
        }
        uint256 last = block.timestamp - start;
        for (uint256 second; second < 40; ++second) {
            bool wanted = second <= last ? suspended[second] : now_;
            require(registry.suspendedAt(issuer, uint48(start + second)) == wanted, "suspendedAt");
        }
        require(!registry.suspendedAt(issuer, uint48(start - 1)), "before the first");
    }

    function testFuzz_a_multikey_is_34_bytes_of_ed25519(uint256 length, uint8 flip) public {
        bytes memory key = new bytes(bound(length, 31, 37));
        (key[0], key[1]) = (0xed, 0x01);
        if (flip < 16) key[flip >> 3] ^= bytes1(uint8(1 << (flip & 7)));
        bool good = key.length == 34 && flip >= 16;
        if (!good) refuses(IssuerLedger.BadMultikey.selector);
        bytes32 id = registry.addKey(issuer, key);
        if (good) require(id == sha256(key), "id");
    }

    function test_a_key_belongs_to_one_issuer_for_ever() public {
        bytes32 other = registry.addIssuer("did:web:other");
        bytes32 key = registry.addKey(issuer, multikey(1));
        bytes memory answer = abi.encodeWithSelector(IssuerLedger.KeyExists.selector, key, issuer);
        refuses(answer);
        registry.addKey(other, multikey(1));
        registry.revokeKey(key);
        refuses(answer);
        registry.addKey(issuer, multikey(1));
    }

    function test_a_suspended_issuer_can_replace_its_key() public {
        registry.suspendIssuer(issuer, REASON);
        registry.addKey(issuer, multikey(1));
    }

    function test_an_unknown_key_is_refused() public {
        refuses(abi.encodeWithSelector(IssuerLedger.UnknownKey.selector, REASON));
        registry.revokeKey(REASON);
        refuses(abi.encodeWithSelector(IssuerLedger.UnknownKey.selector, REASON));
        registry.markCompromised(REASON, uint48(block.timestamp));
        require(!registry.keyValidAt(REASON, uint48(block.timestamp)), "an unknown key is never valid");
    }

    function test_a_key_is_revoked_once_and_its_window_is_half_open() public {
        uint48 added = uint48(block.timestamp);
        bytes32 key = registry.addKey(issuer, multikey(1));
        pass(10);
        registry.revokeKey(key);
        pass(10);
        refuses(abi.encodeWithSelector(IssuerLedger.KeyAlreadyRevoked.selector, key, added + 10));
        registry.revokeKey(key);
        for (uint48 t = added - 2; t < added + 14; ++t) {
            require(registry.keyValidAt(key, t) == (t >= added && t < added + 10), "window");
        }
    }

    /// @dev Three declarations near the limits: each must lie in [addedAt, now] and before the one that stands.
    function testFuzz_a_compromise_only_ever_moves_earlier(uint8[3] memory declared, uint8 revokeAfter) public {
        uint48 added = uint48(block.timestamp);
        bytes32 key = registry.addKey(issuer, multikey(1));
        uint48 stands;
        uint48 revoked;
        for (uint256 i; i < declared.length; ++i) {
            pass(4);
            uint48 now_ = uint48(block.timestamp);
            if (revokeAfter % 4 == i && revoked == 0) {
                registry.revokeKey(key);
                revoked = now_;
            }
            uint48 since = added - 2 + declared[i] % 18;
            uint48 before = stands == 0 ? now_ + 1 : stands;
            bool good = since >= added && since < before;
            if (!good) {
                refuses(abi.encodeWithSelector(IssuerLedger.BadCompromiseTime.selector, key, since, added, before));
            }
            registry.markCompromised(key, since);
            if (good) stands = since;
            if (good && revoked == 0) revoked = now_;
            _check(key, added, revoked, stands);
        }
    }

    function _check(bytes32 key, uint48 added, uint48 revoked, uint48 compromised) private view {
        (bytes32 owner, uint48 a, uint48 r, uint48 c) = registry.keyOf(key);
        require(owner == issuer && a == added && r == revoked && c == compromised, "keyOf");
        uint48 end = compromised != 0 && (revoked == 0 || compromised < revoked) ? compromised : revoked;
        for (uint48 t = added - 1; t < added + 15; ++t) {
            require(registry.keyValidAt(key, t) == (t >= added && (end == 0 || t < end)), "keyValidAt");
        }
    }

    function testFuzz_an_accreditation_has_a_period_that_has_not_ended(uint8 from, uint8 until) public {
        uint48 validFrom = uint48(block.timestamp) - 3 + from % 7;
        uint48 validUntil = uint48(block.timestamp) - 3 + until % 7;
        bool good = validFrom < validUntil && validUntil > block.timestamp;
        if (!good) refuses(abi.encodeWithSelector(AccreditationLedger.BadPeriod.selector, validFrom, validUntil));
        registry.accredit(issuer, REASON, validFrom, validUntil, bytes32(uint256(9)));
        AccreditationLedger.Accreditation memory a = registry.accreditationOf(address(this), issuer, REASON);
        if (good) {
            require(a.validFrom == validFrom && a.validUntil == validUntil && a.withdrawnAt == 0, "period");
            require(a.evidence == bytes32(uint256(9)), "evidence");
        } else {
            require(a.validUntil == 0, "nothing was written");
        }
    }

    function test_a_standing_accreditation_is_not_overwritten() public {
        uint48 end = uint48(block.timestamp + 10);
        registry.accredit(issuer, REASON, 0, end, 0);
        bytes memory stands =
            abi.encodeWithSelector(AccreditationLedger.AlreadyAccredited.selector, address(this), issuer, REASON);
        pass(9);
        refuses(stands);
        registry.accredit(issuer, REASON, 0, end + 10, 0);
        registry.accredit(issuer, bytes32(0), 0, end + 10, 0); // another scope is another accreditation
        pass(1);
        registry.accredit(issuer, REASON, 0, end + 10, 0); // ended: may be given anew
        registry.withdrawAccreditation(issuer, REASON, 0);
        require(registry.accreditationOf(address(this), issuer, REASON).withdrawnAt == block.timestamp, "withdrawn");
        registry.accredit(issuer, REASON, 0, end + 20, 0); // withdrawn: likewise
    }

    function test_only_what_stands_is_withdrawn_and_only_once() public {
        bytes memory none =
            abi.encodeWithSelector(AccreditationLedger.NotAccredited.selector, address(this), issuer, REASON);
        refuses(none);
        registry.withdrawAccreditation(issuer, REASON, 0);
        registry.accredit(issuer, REASON, 0, uint48(block.timestamp + 10), 0);
        registry.withdrawAccreditation(issuer, REASON, 0);
        refuses(none);
        registry.withdrawAccreditation(issuer, REASON, 0);
    }
}
