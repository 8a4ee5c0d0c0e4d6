// Random numbers. Each follows from a seed and a purpose alone: another noise keeps the positions, and
// another penalty keeps the first weights, the batches and the dropped units.
"use strict";
globalThis.playground = {}; // what all scripts share; an element of this name would be in its place

(() => {
  const PURPOSES = ["weights", "batches", "dropout", "positions", "noise", "flips"];

  // Mixes the bits of a 32-bit word until each depends on all: lowbias32 of C. Wellons, with a second
  // word added half way, exactly as coursepkg.sweep.randomness does.
  function hash(word, second = 0) {
    word = (Math.imul(word ^ (word >>> 16), 0x7feb352d) + second) | 0;
    word = Math.imul(word ^ (word >>> 15), 0x846ca68b);
    return (word ^ (word >>> 16)) >>> 0;
  }

  // The generator sfc32 of C. Doty-Humphrey. Its first words still resemble each other, so they go.
  function words(a, b, c) {
    let counter = 1;
    const next = () => {
      const word = (((a + b) | 0) + counter) | 0;
      counter = (counter + 1) | 0;
      a = b ^ (b >>> 9);
      b = (c + (c << 3)) | 0;
      c = (((c << 21) | (c >>> 11)) + word) | 0;
      return word >>> 0;
    };
    for (let skipped = 0; skipped < 15; skipped++) next();
    return next;
  }

  function generator(seed, purpose, part = 0) {
    const place = PURPOSES.indexOf(purpose);
    if (place < 0) throw new Error(`purpose must be one of ${PURPOSES}. Received: ${purpose}`);
    const word = words(hash(seed), hash(place + 1, seed), hash(part + 101, seed));
    // 53 random bits: from 0, and below 1.
    const uniform = () => ((word() >>> 5) * 0x4000000 + (word() >>> 6)) / 0x20000000000000;
    // Box and Muller's transform; one minus a uniform number is never 0, whose logarithm is none.
    const normal = () =>
      Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
    return { word, uniform, normal };
  }

  // Fisher and Yates' shuffle, in place.
  function shuffle(values, random) {
    for (let last = values.length - 1; last > 0; last--) {
      const other = Math.floor(random.uniform() * (last + 1));
      [values[last], values[other]] = [values[other], values[last]];
    }
    return values;
  }

  const dropoutKey = (seed) => {
    const random = generator(seed, "dropout");
    return [random.word(), random.word()];
  };

  // What inverted dropout multiplies the units of a layer with, 0 or 1 / (1 - rate), for each row of a
  // batch. The place of a unit is hashed with key, step and layer: no state, and the masks of the sweep.
  function fillDropoutFactors(factors, key, rate, step, layer, count) {
    const begin = hash((Math.imul(step, 0x9e3779b9) + layer) | 0);
    const first = hash(begin ^ key[0]), second = hash(begin ^ key[1]);
    const threshold = Math.floor(rate * 0x1000000), kept = 1 / (1 - rate);
    for (let place = 0; place < count; place++) {
      const bits = hash(hash(place) ^ first, second) >>> 8;
      factors[place] = bits >= threshold ? kept : 0;
    }
  }

  Object.assign(playground, { generator, shuffle, dropoutKey, fillDropoutFactors });
})();
