// A run: batches, the optimizers' steps, early stopping, and why it ended.
//
// The formulas are Keras', as coursepkg/sweep/optimizers.py and coursepkg/sweep/stopping.py have them.
"use strict";

(() => {
  const BETA_1 = 0.9, BETA_2 = 0.999, EPSILON = 1e-7;
  // What may change while a run goes on; everything else begins a new one.
  const LIVE = [
    "l1", "l2", "weight_decay", "rate", "loss_gradient_penalty", "patience",
    "optimizer", "learning_rate", "momentum", "epochs",
  ];

  const like = (weights) => weights.map((values) => new Float64Array(values.length));
  const copy = (from, to) => from.forEach((values, place) => to[place].set(values));

  const hiddenWidths = (units) => (units === "none" ? [] : units.split("-").map(Number));

  // Begins a run. A test may hand over `data`, first `weights`, the `order` of the rows (a function of
  // the epoch) and dropout's `key`; by default all of them follow from the seed.
  function begin(settings, given = {}) {
    const widths = [2, ...hiddenWidths(settings.units), 1], { seed } = settings;
    const data = given.data || playground.makeData(settings);
    const start = given.weights || playground.initialWeights(widths, playground.generator(seed, "weights"));
    const network = playground.makeNetwork(widths, settings.activation, start);
    const rows = Math.min(settings.batch_size, data.train.n);
    return {
      settings: { ...settings }, data, network,
      order: given.order || shuffledOrder(data.train.n, seed),
      key: given.key || playground.dropoutKey(seed),
      gradients: like(network.weights), means: like(network.weights), squares: like(network.weights),
      factors: widths.map((width) => new Float64Array(width * rows)),
      step: 0, count: 0, epoch: 0, ended: null, // steps of the run, and of the optimizer's memory
      history: { train: [], val: [], penalty: [], accuracy: [] },
      first: measure(network, data, settings),
      best: { epoch: -1, loss: Infinity, weights: like(network.weights) }, wait: 0, restored: false,
      changes: [],
    };
  }

  function shuffledOrder(n, seed) {
    const random = playground.generator(seed, "batches"), order = Int32Array.from({ length: n }, (_, i) => i);
    return () => playground.shuffle(order, random);
  }

  function measure(network, data, settings) {
    const train = playground.score(network, data.train, data.task);
    const val = playground.score(network, data.val, data.task);
    return {
      train: train.loss, val: val.loss, accuracy: val.accuracy,
      penalty: playground.penalty(network, data, settings),
    };
  }

  // One pass over the training rows, a step for each batch, and then everything is measured.
  function trainEpoch(run) {
    const order = run.order(run.epoch), size = Math.min(run.settings.batch_size, order.length);
    for (let begin = 0; begin < order.length; begin += size) {
      takeStep(run, order.subarray(begin, begin + size), size);
    }
    const measured = measure(run.network, run.data, run.settings);
    for (const name of Object.keys(run.history)) run.history[name].push(measured[name]);
    watch(run, measured);
    run.epoch += 1;
    if (run.ended === null && run.epoch >= run.settings.epochs) run.ended = "limit";
    restore(run);
  }

  function takeStep(run, batch, size) {
    const { network, gradients, settings } = run;
    for (const gradient of gradients) gradient.fill(0);
    playground.addGradients(network, run.data, batch, settings, dropout(run, size), gradients);
    run.step += 1;
    run.count += 1;
    const rule = settings.optimizer === "adam" ? adamStep : sgdStep;
    network.weights.forEach((weights, place) => {
      const kernel = playground.isKernel(place);
      if (kernel) decay(weights, settings.learning_rate * settings.weight_decay);
      rule(run, weights, place, kernel ? settings.l1 : 0);
    });
  }

  function dropout(run, size) {
    const { widths } = run.network, { rate } = run.settings;
    if (rate === 0) return null;
    for (let layer = 1; layer < widths.length - 1; layer++) {
      playground.fillDropoutFactors(run.factors[layer], run.key, rate, run.step, layer, size * widths[layer]);
    }
    return run.factors;
  }

  // Decoupled: it passes by the gradient and the optimizer's memory.
  function decay(weights, amount) {
    if (amount > 0) for (let one = 0; one < weights.length; one++) weights[one] -= amount * weights[one];
  }

  // Subtracting a number from itself gives an exact zero.
  const softThreshold = (value, threshold) => value - Math.max(Math.min(value, threshold), -threshold);

  function sgdStep(run, weights, place, l1) {
    const gradient = run.gradients[place], moves = run.means[place];
    const { learning_rate: rate, momentum } = run.settings;
    for (let one = 0; one < weights.length; one++) {
      moves[one] = momentum * moves[one] - rate * gradient[one];
      const moved = weights[one] + moves[one];
      weights[one] = l1 > 0 ? softThreshold(moved, rate * l1) : moved;
      moves[one] += weights[one] - moved; // momentum carries on the move that was really made
    }
  }

  function adamStep(run, weights, place, l1) {
    const gradient = run.gradients[place], means = run.means[place], squares = run.squares[place];
    const corrected = run.settings.learning_rate * Math.sqrt(1 - BETA_2 ** run.count);
    const unbiased = corrected / (1 - BETA_1 ** run.count);
    for (let one = 0; one < weights.length; one++) {
      means[one] += (gradient[one] - means[one]) * (1 - BETA_1);
      squares[one] += (gradient[one] * gradient[one] - squares[one]) * (1 - BETA_2);
      const scale = 1 / (Math.sqrt(squares[one]) + EPSILON);
      const moved = weights[one] - unbiased * means[one] * scale;
      weights[one] = l1 > 0 ? softThreshold(moved, corrected * scale * l1) : moved;
    }
  }

  // Keras' early stopping with min_delta 0: the first epoch is best whatever it is. The best epoch is
  // kept without patience, too, so that patience may be asked for later.
  function watch(run, { train, val }) {
    const improved = run.epoch === 0 || val < run.best.loss;
    if (improved) {
      run.best.epoch = run.epoch;
      run.best.loss = val;
      copy(run.network.weights, run.best.weights);
    }
    run.wait = improved ? 0 : run.wait + 1;
    if (!Number.isFinite(train + val)) run.ended = "diverged";
    else if (run.settings.patience !== null && !improved && run.wait >= run.settings.patience) {
      run.ended = "patience";
    }
  }

  // With early stopping a run that has ended goes back to its best weights, at the limit, too.
  function restore(run) {
    if (run.settings.patience === null || !["limit", "patience"].includes(run.ended)) return;
    copy(run.best.weights, run.network.weights);
    run.restored = true;
  }

  // A limit that was raised lets a run go on, unless it has gone back.
  const canGoOn = (run) =>
    run.ended === null || (run.ended === "limit" && !run.restored && run.epoch < run.settings.epochs);

  const SAME_MOVE = 20; // epochs between two steps of a slider that still count as one change

  function note(run, name, from, to) {
    const last = run.changes[run.changes.length - 1];
    if (last && last.name === name && run.epoch - last.until <= SAME_MOVE) {
      Object.assign(last, { to, until: run.epoch });
    } else if (run.epoch > 0) {
      run.changes.push({ epoch: run.epoch, until: run.epoch, name, from, to });
    }
  }

  // Changes a setting of a run that goes on, and notes when.
  function change(run, name, value) {
    const before = run.settings[name];
    if (!LIVE.includes(name)) throw new Error(`${name} begins a new run. Received: ${value}`);
    if (before === value) return;
    run.settings[name] = value;
    if (name === "optimizer") forget(run);
    note(run, name, before, value);
    if (run.epoch === 0) run.first = measure(run.network, run.data, run.settings);
    if (name === "epochs") moveLimit(run);
  }

  function moveLimit(run) {
    if (canGoOn(run)) run.ended = null;
    if (run.ended === null && run.epoch >= run.settings.epochs) run.ended = "limit";
    restore(run);
  }

  // Another optimizer begins with an empty memory.
  function forget(run) {
    run.count = 0;
    for (const memory of [...run.means, ...run.squares]) memory.fill(0);
  }

  Object.assign(playground, { begin, trainEpoch, canGoOn, change, hiddenWidths, LIVE });
})();
