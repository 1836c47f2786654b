// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AppendOnlyLog} from "../src/AppendOnlyLog.sol";
import {CredentialRegistry} from "../src/CredentialRegistry.sol";

/// @dev The cheat codes in use; forge offers them at a fixed address, so no library is needed.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function warp(uint256 time) external;
    function roll(uint256 number) external;
    function prank(address sender) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function load(address target, bytes32 slot) external view returns (bytes32);
    function expectRevert(bytes calldata) external;
    function assume(bool) external pure;
}

Vm constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

uint256 constant START = 1_800_000_000;

/// @title An auditor in Solidity
/// @dev Hashes events by the text of the format and folds them by RFC 9162's recursive definition of a tree, in which
/// there are no peaks: it shares no step with the contract.
contract Auditor {
    bytes32[] public leaves;
    uint64 public lastBlock;
    uint256 public lastTime;
    string public broken; // the first rule that an entry broke; empty: none
    uint64[16] public kinds;
    mapping(bytes32 role => mapping(address account => bool)) public held; // as the entries tell it
    address public pendingAdmin; // and from when on it may accept; both 0: no transfer has begun
    uint48 public schedule;
    Vm.Log private _last;

    function newest() external view returns (bytes32[] memory topics, bytes memory data) {
        return (_last.topics, _last.data);
    }

    function size() external view returns (uint256) {
        return leaves.length;
    }

    /// @dev Take in what was emitted in the current block.
    function read(Vm.Log[] memory logs, address emitter) external {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != emitter || logs[i].topics[0] != AppendOnlyLog.Entry.selector) continue;
            _read(logs[i]);
        }
    }

    function _read(Vm.Log memory log) private {
        (uint64 time, uint64 previousBlock, address actor, bytes memory payload) =
            abi.decode(log.data, (uint64, uint64, address, bytes));
        _expect(uint256(log.topics[1]) == leaves.length, "a gap in the positions");
        _expect(previousBlock == lastBlock, "previousBlock is not the block of the entry before");
        _expect(time == block.timestamp && time >= lastTime, "time is not the block's");
        ++kinds[uint256(log.topics[2])];
        bytes32 needed = _needed(uint256(log.topics[2]));
        _expect(needed == bytes32(type(uint256).max) || held[needed][actor], "the actor does not hold the role");
        bytes memory entry = bytes.concat("credanchor-entr1", bytes8(uint64(leaves.length)));
        entry = bytes.concat(entry, bytes8(uint64(uint256(log.topics[2]))), log.topics[3], bytes8(time));
        entry = bytes.concat(entry, bytes8(uint64(block.number)), bytes20(actor), sha256(payload));
        leaves.push(sha256(bytes.concat(hex"00", entry)));
        lastBlock = uint64(block.number);
        lastTime = time;
        _last = log;
        _replay(uint256(log.topics[2]), log.topics[3], payload);
    }

    /// @dev All ones: the entries that change roles follow other rules.
    function _needed(uint256 kind) private pure returns (bytes32) {
        if (kind == 1) return keccak256("OPERATOR_ROLE");
        if (kind >= 2 && kind <= 7) return keccak256("REGISTRAR_ROLE");
        if (kind == 8 || kind == 9) return keccak256("ACCREDITOR_ROLE");
        return kind == 12 ? bytes32(0) : bytes32(type(uint256).max);
    }

    function _replay(uint256 kind, bytes32 role, bytes memory payload) private {
        if (kind == 10 || kind == 11) held[role][abi.decode(payload, (address))] = kind == 10;
        if (kind == 13) (pendingAdmin, schedule) = abi.decode(payload, (address, uint48));
        // A transfer ends when it is cancelled, and when the admin's role is taken from its holder.
        if (kind == 14 || (kind == 11 && role == 0)) (pendingAdmin, schedule) = (address(0), 0);
    }

    /// @dev MTH of RFC 9162, section 2.1.1.
    function root() external view returns (bytes32) {
        return _root(0, leaves.length);
    }

    function _root(uint256 from, uint256 until) private view returns (bytes32) {
        if (until - from == 1) return leaves[from];
        uint256 split = 1;
        while (split * 2 < until - from) split *= 2;
        return sha256(bytes.concat(hex"01", _root(from, from + split), _root(from + split, until)));
    }

    function _expect(bool kept, string memory rule) private {
        if (!kept && bytes(broken).length == 0) broken = rule;
    }
}

/// @dev A registry whose admin, operator, registrar and accreditor are this contract.
abstract contract Fixture {
    CredentialRegistry internal registry;
    bytes32 internal constant REASON = keccak256("reason");

    function setUp() public virtual {
        vm.warp(START);
        vm.roll(100);
        registry = make();
    }

    function make() internal returns (CredentialRegistry made) {
        made = new CredentialRegistry(address(this), 1 days, AppendOnlyLog.Predecessor(0, address(0), 0, 0));
        made.grantRole(made.OPERATOR_ROLE(), address(this));
        made.grantRole(made.REGISTRAR_ROLE(), address(this));
        made.grantRole(made.ACCREDITOR_ROLE(), address(this));
    }

    function pass(uint256 duration) internal {
        vm.warp(block.timestamp + duration);
        vm.roll(block.number + 1);
    }

    function multikey(uint256 n) internal pure returns (bytes memory) {
        return bytes.concat(hex"ed01", keccak256(abi.encode(n)));
    }

    function bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }

    function refuses(bytes memory answer) internal {
        vm.expectRevert(answer);
    }

    function refuses(bytes4 selector) internal {
        vm.expectRevert(abi.encodePacked(selector));
    }
}
