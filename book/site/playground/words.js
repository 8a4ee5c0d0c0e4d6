// What a run came to, in plain sentences.
"use strict";

(() => {
  const NAMES = {
    l1: "λ₁ (L1)", l2: "λ₂ (L2)", weight_decay: "weight decay", rate: "dropout rate",
    loss_gradient_penalty: "λ (gradient penalty)", patience: "patience", optimizer: "optimizer",
    learning_rate: "learning rate", momentum: "momentum", epochs: "limit of epochs",
  };

  function digits(value) {
    if (!Number.isFinite(value)) return "not a number";
    const tiny = value !== 0 && Math.abs(value) < 0.001, huge = Math.abs(value) >= 10000;
    return (tiny || huge ? value.toExponential(1) : value.toFixed(3)).replaceAll("-", "−");
  }
  const percent = (share) => (Number.isNaN(share) ? "not a number" : `${Math.round(100 * share)}\u00a0%`);
  const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const value = (name, given) => (given === null || (given === 0 && name !== "momentum") ? "off" : String(given));

  // Why a run has ended, or null.
  function whyEnded(run) {
    const { epochs, patience } = run.settings;
    const back = `It went back to the weights of epoch ${run.best.epoch + 1}, the best on the validation rows.`;
    if (run.ended === "limit") {
      const said = `It ended at its limit of ${count(epochs, "epoch")}.`;
      return run.restored ? `${said} ${back}` : said;
    }
    if (run.ended === "patience") {
      const since = count(patience, "epoch");
      return `Early stopping ended it: ${since} without a better validation loss. ${back}`;
    }
    return run.ended === "diverged" ? diverged(run.settings) : null;
  }

  // A step of plain L2 multiplies a weight by 1 - 2·rate·λ₂, which grows once that is below -1.
  function diverged({ optimizer, learning_rate: rate, l2 }) {
    const overshoots = optimizer === "sgd" && rate * l2 > 1;
    const why = overshoots
      ? ` Learning rate times λ₂ is ${digits(rate * l2)}; above 1 each step overshoots.` : "";
    return `The loss is no longer a finite number, so training stopped.${why} Choose a smaller learning rate and start again.`;
  }

  function progress(run) {
    if (run.epoch === 0) return "The network has its first weights and no training yet.";
    const done = `${count(run.epoch, "epoch")} of at most ${run.settings.epochs} done.`;
    return `${done} ${whyEnded(run) || "Training can go on."}`;
  }

  function losses(run) {
    const parts = [["training", "train"], ["validation", "val"], ["test", "test"]];
    const scores = parts.map(([name, key]) => [name, playground.score(run.network, run.data[key], run.data.task)]);
    const list = (write) => scores.map(([name, score]) => `${name} ${write(score)}`).join(", ");
    const unit = run.data.task === "classification" ? "cross-entropy in nats" : "mean squared error";
    const said = `Loss without penalty, ${unit}: ${list(({ loss }) => digits(loss))}.`;
    if (run.data.task === "regression") return said;
    return `${said} Accuracy: ${list(({ accuracy }) => percent(accuracy))}.`;
  }

  function penalty(run) {
    const total = playground.penalty(run.network, run.data, run.settings);
    const on = ["l1", "l2", "loss_gradient_penalty"].filter((name) => run.settings[name] > 0);
    if (!on.length) return "The loss has no penalty.";
    return `The penalty adds ${digits(total)} to the training loss (${on.map((name) => NAMES[name]).join(", ")}).`;
  }

  function best(run) {
    if (run.epoch === 0 || run.best.epoch < 0) return "";
    return `The validation loss was least after epoch ${run.best.epoch + 1}: ${digits(run.best.loss)}.`;
  }

  function zeros(run) {
    const { zeros: none, all } = playground.countZeros(run.network);
    return `${none} of ${all} weights ${none === 1 ? "is" : "are"} exactly 0.`;
  }

  // How the network divides the square that is drawn, from outputs on a grid.
  function surface(run, outputs) {
    if (run.data.task === "classification") {
      const share = outputs.filter((output) => output > 0).length / outputs.length;
      return `It says class 1 on ${percent(share)} of the square, and class 0 on the rest.`;
    }
    const [low, high] = [Math.min(...outputs), Math.max(...outputs)];
    return `Its predictions on the square go from ${digits(low)} to ${digits(high)}.`;
  }

  function changes(run) {
    const last = run.changes.slice(-3).map(({ epoch, name, from, to }) =>
      `${NAMES[name]} from ${value(name, from)} to ${value(name, to)} after epoch ${epoch}`);
    const more = run.changes.length > 3 ? "last " : "";
    return last.length ? `Changed on the way: ${more}${last.join("; ")}.` : "";
  }

  // Of a run that has lost its numbers there is little to tell.
  function describe(run, outputs) {
    const parts = run.ended === "diverged"
      ? [progress, best, changes]
      : [progress, losses, penalty, best, zeros, (one) => surface(one, outputs), changes];
    return parts.map((part) => part(run)).filter(Boolean).join(" ");
  }

  // About a dozen epochs of the run, evenly spread, with the best and the last one.
  function sampled(run, most = 12) {
    const last = run.epoch - 1, found = new Set();
    if (last < 0) return [];
    for (let place = 0; place < most; place++) found.add(Math.round((place * last) / (most - 1)));
    if (run.best.epoch >= 0) found.add(run.best.epoch);
    return [...found].sort((one, other) => one - other);
  }

  Object.assign(playground, { describe, whyEnded, sampled, digits, percent, changeNames: NAMES, valueInWords: value });
})();
