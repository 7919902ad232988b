/** Numbers that a seed fixes: the same seed gives the same sequence on every machine. Not for secrets. */
export type SeededRandom = {
  /** From 0 up to and without 1, in steps of 2^-32. */
  uniform: () => number;
  /** Standard normal, by Box and Muller. */
  normal: () => number;
  chance: (probability: number) => boolean;
};

/** xoshiro128** 1.1 (Blackman and Vigna, prng.di.unimi.it), its state filled from a 32-bit seed by splitmix32. */
export function seededRandom(seed: number): SeededRandom {
  const next = xoshiro128(splitmix32(seed));
  const uniform = () => next() / 2 ** 32;
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    chance: (probability) => uniform() < probability,
  };
}

/** The generator itself: unsigned 32-bit integers from a state of four. */
export function xoshiro128([s0, s1, s2, s3]: [number, number, number, number]): () => number {
  let [a, b, c, d] = [s0, s1, s2, s3];
  return () => {
    const result = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotate(d, 11);
    return result;
  };
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function splitmix32(seed: number): [number, number, number, number] {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return z ^ (z >>> 15);
  };
  return [next(), next(), next(), next()];
}
