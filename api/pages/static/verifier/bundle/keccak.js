// Keccak-256, which Ethereum's tries use and browsers have not (the Keccak reference, padding 0x01). Lanes are two 32-bit halves.

const RATE = 136; // bytes that each permutation takes in
const ROUNDS = 24;

// Where each lane goes, and by how much it is turned (steps rho and pi).
const STEPS = [];
for (let step = 0, x = 1, y = 0; step < ROUNDS; step++) {
  [x, y] = [y, (2 * x + 3 * y) % 5];
  STEPS.push([x + 5 * y, (((step + 1) * (step + 2)) / 2) % 64]);
}

// Step iota: low and high half of each round's constant, whose bits 2^j - 1 come from a shift register.
const CONSTANTS = [];
for (let round = 0, register = 1; round < ROUNDS; round++) {
  const halves = [0, 0];
  for (let j = 0; j < 7; j++) {
    const place = 2 ** j - 1;
    if (register & 1) halves[place >> 5] ^= 1 << (place & 31);
    register = (register << 1) ^ ((register >> 7) * 0x171);
  }
  CONSTANTS.push(halves);
}

export function keccak(data) {
  const padded = new Uint8Array((Math.floor(data.length / RATE) + 1) * RATE);
  padded.set(data);
  padded[data.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const view = new DataView(padded.buffer);
  const lanes = new Int32Array(50); // low half, high half
  for (let start = 0; start < padded.length; start += RATE) {
    for (let word = 0; word < RATE / 4; word++) lanes[word] ^= view.getInt32(start + 4 * word, true);
    permute(lanes);
  }
  const hash = new DataView(new ArrayBuffer(32));
  for (let word = 0; word < 8; word++) hash.setInt32(4 * word, lanes[word], true);
  return new Uint8Array(hash.buffer);
}

const columns = new Int32Array(10);
const row = new Int32Array(10);

function permute(lanes) {
  for (const [constantLow, constantHigh] of CONSTANTS) {
    // theta
    for (let half = 0; half < 10; half++) columns[half] = lanes[half] ^ lanes[half + 10] ^ lanes[half + 20] ^ lanes[half + 30] ^ lanes[half + 40];
    for (let x = 0; x < 5; x++) {
      const before = 2 * ((x + 4) % 5);
      const after = 2 * ((x + 1) % 5);
      const low = columns[before] ^ ((columns[after] << 1) | (columns[after + 1] >>> 31));
      const high = columns[before + 1] ^ ((columns[after + 1] << 1) | (columns[after] >>> 31));
      for (let lane = 2 * x; lane < 50; lane += 10) {
        lanes[lane] ^= low;
        lanes[lane + 1] ^= high;
      }
    }
    // rho and pi: each lane takes the place of the next
    let [low, high] = [lanes[2], lanes[3]];
    for (const [place, turn] of STEPS) {
      const [one, other] = turn < 32 ? [low, high] : [high, low];
      const by = turn & 31;
      [low, high] = [lanes[2 * place], lanes[2 * place + 1]];
      lanes[2 * place] = by ? (one << by) | (other >>> (32 - by)) : one;
      lanes[2 * place + 1] = by ? (other << by) | (one >>> (32 - by)) : other;
    }
    // chi
    for (let start = 0; start < 50; start += 10) {
      row.set(lanes.subarray(start, start + 10));
      for (let half = 0; half < 10; half++) lanes[start + half] ^= ~row[(half + 2) % 10] & row[(half + 4) % 10];
    }
    lanes[0] ^= constantLow;
    lanes[1] ^= constantHigh;
  }
}
