// The settings: what each may be, and how they are written into the page's address.
"use strict";

(() => {
  const choice = (fallback, options) => ({ fallback, options });
  const number = (fallback, min, max) => ({ fallback, min, max });

  // A strength is a number whose slider has a logarithmic scale, with 0 at its left end.
  const strength = (least, max) => ({ fallback: 0, min: 0, max, least });

  const SETTINGS = {
    data: choice("circle", ["circle", "xor", "gaussians", "spiral", "plane", "bumps"]),
    n_train: choice(100, [20, 50, 100, 200, 300]),
    noise: number(0.1, 0, 1),
    flipped: number(0, 0, 0.5),
    seed: { fallback: 0, min: 0, max: 999999, whole: true },
    units: choice("8-8", ["none", "4", "8", "8-8", "16-16", "32-32"]),
    activation: choice("tanh", ["tanh", "relu"]),
    optimizer: choice("adam", ["adam", "sgd"]),
    learning_rate: { ...number(0.01, 0.0001, 3), least: 0.0001 },
    momentum: choice(0, [0, 0.5, 0.9]),
    batch_size: choice(10, [5, 10, 25, 50, 100]),
    epochs: choice(300, [50, 100, 200, 300, 500, 1000, 2000]),
    l1: strength(1e-5, 1),
    l2: strength(1e-5, 10),
    weight_decay: strength(1e-3, 10),
    rate: number(0, 0, 0.9),
    loss_gradient_penalty: strength(1e-4, 10),
    patience: choice(null, [null, 1, 2, 5, 10, 20, 50, 100]),
    speed: choice(1, [1, 2, 5, 20]),
  };
  const OFF = "off"; // how null is written

  const defaults = () =>
    Object.fromEntries(Object.entries(SETTINGS).map(([name, { fallback }]) => [name, fallback]));

  const write = (value) => (value === null ? OFF : String(value));

  // Reads a value of a setting from text; undefined if it is none.
  function read(name, text) {
    const { options, min, max, whole } = SETTINGS[name];
    if (options) return options.find((option) => write(option) === text);
    const value = Number(text);
    const fits = /^[-+.\de]+$/i.test(text) && value >= min && value <= max;
    return fits && !(whole && !Number.isInteger(value)) ? value : undefined;
  }

  function expected(name) {
    const { options, min, max, whole } = SETTINGS[name];
    if (options) return `must be one of ${options.map(write).join(", ")}`;
    return `must be a ${whole ? "whole " : ""}number from ${min} to ${max}`;
  }

  // Whether an address' hash holds settings; others lead to a heading of the page.
  const isState = (hash) => hash.replace(/^#/, "") === "" || hash.includes("=");

  function decode(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // a stray percent sign
    }
  }

  // Settings from a hash. What is unknown or out of range falls back to its default and is named.
  function parse(hash) {
    const settings = defaults(), refused = [];
    for (const pair of hash.replace(/^#/, "").split("&").filter(Boolean)) {
      const [name, ...rest] = decode(pair).split("=");
      const text = rest.join("="), shown = `${name}=${text}`.slice(0, 40);
      if (!Object.keys(SETTINGS).includes(name)) {
        refused.push(`${shown} (no such setting)`);
        continue;
      }
      const value = read(name, text);
      if (value === undefined) refused.push(`${shown} (${expected(name)})`);
      else settings[name] = value;
    }
    return { settings, refused };
  }

  // The hash of settings, without its sign: those alone that differ from their defaults.
  function format(settings) {
    return Object.entries(SETTINGS)
      .filter(([name, { fallback }]) => settings[name] !== fallback)
      .map(([name]) => `${name}=${write(settings[name])}`)
      .join("&");
  }

  // The places of a logarithmic slider: 1, 1.5, 2, 3, 5 and 7 of each power of ten, after 0 if allowed.
  function places(name) {
    const { least, min, max } = SETTINGS[name], found = min === 0 ? [0] : [];
    for (let power = Math.round(Math.log10(least)); power <= 1; power++) {
      found.push(...[1, 1.5, 2, 3, 5, 7].map((digit) => Number(`${digit}e${power}`)));
    }
    return found.filter((value) => value <= max);
  }

  // The place nearest to a value, which an address may have put between two.
  function placeOf(name, value) {
    const distance = (other) => Math.abs(Math.log(other || 1e-9) - Math.log(value || 1e-9));
    return places(name).reduce((best, other, place, all) =>
      distance(other) < distance(all[best]) ? place : best, 0);
  }

  Object.assign(playground, {
    SETTINGS, defaultSettings: defaults, isState, parseHash: parse, formatHash: format,
    readSetting: read, writeSetting: write, places, placeOf,
  });
})();
