// The data: points of the plane with a class or a number, drawn anew from a seed.
"use strict";

(() => {
  const N_VAL = 100, N_TEST = 500;
  const PARTS = ["train", "val", "test"];
  const REACH = 3; // the square from -3 to 3 is drawn; points without noise stay within 2.5

  const polar = (radius, angle) => [radius * Math.sin(angle), radius * Math.cos(angle)];
  const between = (random, low, high) => low + (high - low) * random.uniform();

  // Each maker draws the position of one row of a class, 0 or 1, in the manner of TensorFlow Playground.
  const CLASSES = {
    circle(random, label) {
      const radius = label ? between(random, 0, 1.25) : between(random, 1.75, 2.5);
      return polar(radius, between(random, 0, 2 * Math.PI));
    },
    xor(random, label) {
      const side = random.uniform() < 0.5 ? -1 : 1;
      return [side * between(random, 0.15, 2.5), (label ? side : -side) * between(random, 0.15, 2.5)];
    },
    gaussians(random, label) {
      const centre = label ? 1.1 : -1.1;
      return [centre + 0.5 * random.normal(), centre + 0.5 * random.normal()];
    },
    spiral(random, label) {
      const way = between(random, 0.04, 1);
      return polar(2.5 * way, 1.75 * 2 * Math.PI * way + (label ? 0 : Math.PI));
    },
  };

  const BUMPS = [[-2, 1.25, 1], [0, 1.25, -1], [2, 1.25, 1], [-2, -1.25, -1], [0, -1.25, 1], [2, -1.25, -1]];
  const bump = (x1, x2, [c1, c2, sign]) =>
    sign * Math.exp(-((x1 - c1) ** 2 + (x2 - c2) ** 2) / (2 * 0.5 ** 2));

  // The true value at a position.
  const VALUES = {
    plane: (x1, x2) => (x1 + x2) / 5,
    bumps: (x1, x2) => BUMPS.reduce((sum, one) => sum + bump(x1, x2, one), 0),
  };

  const isClassification = (name) => name in CLASSES;

  function emptyPart(n) {
    return { n, x: new Float64Array(2 * n), y: new Float64Array(n), flipped: new Uint8Array(n) };
  }

  // Classes alternate, so both are equally frequent. Noise moves the points of all parts: it belongs to
  // the task, while flipped labels are mistakes in it.
  function classifiedPart(name, n, part, settings) {
    const rows = emptyPart(n);
    const random = playground.generator(settings.seed, "positions", part);
    const noise = playground.generator(settings.seed, "noise", part);
    for (let row = 0; row < n; row++) {
      rows.y[row] = row % 2;
      const position = CLASSES[name](random, rows.y[row]);
      for (const axis of [0, 1]) rows.x[2 * row + axis] = position[axis] + settings.noise * noise.normal();
    }
    return rows;
  }

  // A larger share flips the same labels and more.
  function flip(rows, share, part, seed) {
    const order = playground.shuffle([...rows.y.keys()], playground.generator(seed, "flips", part));
    for (const row of order.slice(0, Math.round(share * rows.n))) {
      rows.y[row] = 1 - rows.y[row];
      rows.flipped[row] = 1;
    }
  }

  // Normal noise on the targets; the test's stay clean, as in coursepkg.sweep.
  function measuredPart(name, n, part, settings) {
    const rows = emptyPart(n);
    const random = playground.generator(settings.seed, "positions", part);
    const noise = playground.generator(settings.seed, "noise", part);
    const strength = PARTS[part] === "test" ? 0 : settings.noise;
    for (let row = 0; row < n; row++) {
      const x1 = between(random, -2.5, 2.5), x2 = between(random, -2.5, 2.5);
      rows.x[2 * row] = x1;
      rows.x[2 * row + 1] = x2;
      rows.y[row] = VALUES[name](x1, x2) + strength * noise.normal();
    }
    return rows;
  }

  function makeData(settings) {
    const name = settings.data, classes = isClassification(name);
    const sizes = { train: settings.n_train, val: N_VAL, test: N_TEST };
    const data = { task: classes ? "classification" : "regression" };
    PARTS.forEach((key, part) => {
      data[key] = (classes ? classifiedPart : measuredPart)(name, sizes[key], part, settings);
      if (classes && key !== "test") flip(data[key], settings.flipped, part, settings.seed);
    });
    return data;
  }

  Object.assign(playground, { makeData, isClassification, PARTS, REACH, N_VAL, N_TEST });
})();
