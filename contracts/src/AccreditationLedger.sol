// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IssuerLedger} from "./IssuerLedger.sol";

/// @title What quality-assurance bodies say about issuers
/// @notice An accreditation is the word of one accreditor about one issuer, one scope and one period. It never decides
/// whether a credential is authentic; it tells a reader how much to think of the issuer.
/// @dev Keyed by the accreditor as well, so nobody can give or withdraw in another's name. The record holds the newest
/// one; those before it are in the log.
abstract contract AccreditationLedger is IssuerLedger {
    /// @notice In force from `validFrom` until `validUntil` or `withdrawnAt`, whichever comes first. Unix seconds.
    struct Accreditation {
        uint48 validFrom;
        uint48 validUntil;
        uint48 withdrawnAt;
        bytes32 evidence;
    }

    error BadPeriod(uint48 validFrom, uint48 validUntil);
    error AlreadyAccredited(address accreditor, bytes32 issuer, bytes32 scope);
    error NotAccredited(address accreditor, bytes32 issuer, bytes32 scope);

    mapping(address accreditor => mapping(bytes32 issuer => mapping(bytes32 scope => Accreditation))) private
        _accreditations; // slot 6

    /// @dev `validFrom` may lie in the past, for the decision was taken on paper; the entry's own time shows when it was
    /// written here. One that stands is not overwritten: withdraw it first, with a reason.
    function _accredit(bytes32 issuer, bytes32 scope, uint48 validFrom, uint48 validUntil, bytes32 evidence) internal {
        _requireIssuer(issuer);
        if (validFrom >= validUntil || validUntil <= block.timestamp) revert BadPeriod(validFrom, validUntil);
        Accreditation storage given = _accreditations[msg.sender][issuer][scope];
        if (given.validUntil > block.timestamp && given.withdrawnAt == 0) {
            revert AlreadyAccredited(msg.sender, issuer, scope);
        }
        _accreditations[msg.sender][issuer][scope] = Accreditation(validFrom, validUntil, 0, evidence);
        _append(ACCREDITED, issuer, abi.encode(scope, validFrom, validUntil, evidence));
    }

    function _withdrawAccreditation(bytes32 issuer, bytes32 scope, bytes32 reason) internal {
        Accreditation storage given = _accreditations[msg.sender][issuer][scope];
        if (given.validUntil == 0 || given.withdrawnAt != 0) revert NotAccredited(msg.sender, issuer, scope);
        given.withdrawnAt = uint48(block.timestamp);
        _append(ACCREDITATION_WITHDRAWN, issuer, abi.encode(scope, reason));
    }

    /// @notice The newest accreditation by `accreditor`; all zero when there was none.
    function accreditationOf(address accreditor, bytes32 issuer, bytes32 scope)
        external
        view
        returns (Accreditation memory)
    {
        return _accreditations[accreditor][issuer][scope];
    }
}
