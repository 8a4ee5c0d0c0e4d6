// The network, its loss and every gradient, row by row, without a line of drawing.
//
// With inputs a₀ = x, layer l computes z = Wᵀa + b and, if hidden, a = m·φ(z), where m is what dropout
// multiplies with. The one output is z of the last layer: the logit of class 1, or the prediction.
"use strict";

(() => {
  // Slope φ′ and bend φ″ as functions of the value φ(z), which is at hand.
  const ACTIVATIONS = {
    tanh: { value: Math.tanh, slope: (a) => 1 - a * a, bend: (a) => -2 * a * (1 - a * a) },
    relu: { value: (z) => (z > 0 ? z : 0), slope: (a) => (a > 0 ? 1 : 0), bend: () => 0 },
  };

  const sigmoid = (z) => (z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z)));

  // The loss of one row, and its first and second derivative in the output.
  const LOSSES = {
    // Cross-entropy in nats; in this form no exponential overflows.
    classification: {
      value: (z, y) => Math.max(z, 0) - z * y + Math.log1p(Math.exp(-Math.abs(z))),
      slope: (z, y) => sigmoid(z) - y,
      bend: (z) => sigmoid(z) * sigmoid(-z),
    },
    regression: {
      value: (z, y) => (z - y) ** 2,
      slope: (z, y) => 2 * (z - y),
      bend: () => 2,
    },
  };

  // Weights as Keras orders them: kernel (in × out, row by row) and bias of each layer in turn.
  function makeNetwork(widths, activation, weights) {
    const vectors = () => widths.map((width) => new Float64Array(width));
    return {
      widths,
      activation,
      weights: weights.map((values) => Float64Array.from(values)),
      // Of the row at hand, for each layer: φ(z), m·φ(z), the slope m·φ′(z); the loss' gradients in a and
      // in z; and, for the gradient penalty, how a, z and the two gradients change along a direction.
      raw: vectors(), values: vectors(), slopes: vectors(), errors: vectors(), deltas: vectors(),
      movedValues: vectors(), movedSums: vectors(), movedDeltas: vectors(),
    };
  }

  // Glorot and Bengio's uniform kernels and zero biases, as Keras' Dense starts.
  function initialWeights(widths, random) {
    const weights = [];
    for (let layer = 1; layer < widths.length; layer++) {
      const fanIn = widths[layer - 1], fanOut = widths[layer];
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      const draw = () => limit * (2 * random.uniform() - 1);
      weights.push(Float64Array.from({ length: fanIn * fanOut }, draw), new Float64Array(fanOut));
    }
    return weights;
  }

  const isKernel = (place) => place % 2 === 0;

  // out = inᵀ·kernel (+ bias)
  function multiply(inputs, kernel, bias, out) {
    const width = out.length;
    for (let to = 0; to < width; to++) out[to] = bias ? bias[to] : 0;
    for (let from = 0; from < inputs.length; from++) {
      const value = inputs[from], begin = from * width;
      for (let to = 0; to < width; to++) out[to] += value * kernel[begin + to];
    }
  }

  // out = kernel·deltas
  function multiplyBack(kernel, deltas, out) {
    const width = deltas.length;
    for (let from = 0; from < out.length; from++) {
      let sum = 0;
      for (let to = 0; to < width; to++) sum += kernel[from * width + to] * deltas[to];
      out[from] = sum;
    }
  }

  // gradient += factor · inputs·deltasᵀ
  function addOuter(gradient, inputs, deltas, factor) {
    const width = deltas.length;
    for (let from = 0; from < inputs.length; from++) {
      const value = factor * inputs[from], begin = from * width;
      for (let to = 0; to < width; to++) gradient[begin + to] += value * deltas[to];
    }
  }

  function activate(network, layer, factors, place) {
    const { value, slope } = ACTIVATIONS[network.activation];
    const raw = network.raw[layer], values = network.values[layer], slopes = network.slopes[layer];
    const begin = place * raw.length;
    for (let unit = 0; unit < raw.length; unit++) {
      const factor = factors ? factors[layer][begin + unit] : 1;
      raw[unit] = value(raw[unit]);
      values[unit] = factor * raw[unit];
      slopes[unit] = factor * slope(raw[unit]);
    }
  }

  // The output for the inputs in network.values[0]. `factors` holds dropout's factors for each layer, of
  // which the row has those at its `place` in the batch; without, nothing is dropped.
  function output(network, factors = null, place = 0) {
    const last = network.widths.length - 1;
    for (let layer = 1; layer <= last; layer++) {
      const sums = layer < last ? network.raw[layer] : network.values[layer];
      multiply(network.values[layer - 1], network.weights[2 * layer - 2], network.weights[2 * layer - 1], sums);
      if (layer < last) activate(network, layer, factors, place);
    }
    return network.values[last][0];
  }

  function forward(network, x, row, factors, place) {
    const inputs = network.values[0], width = inputs.length;
    for (let axis = 0; axis < width; axis++) inputs[axis] = x[row * width + axis];
    return output(network, factors, place);
  }

  // The loss' gradient in every z and a, down to the inputs: errors[0] is ∇ₓℓ.
  function backward(network, slope) {
    const last = network.widths.length - 1;
    network.deltas[last][0] = slope;
    for (let layer = last; layer > 0; layer--) {
      const errors = network.errors[layer - 1], slopes = network.slopes[layer - 1];
      multiplyBack(network.weights[2 * layer - 2], network.deltas[layer], errors);
      if (layer === 1) return;
      for (let unit = 0; unit < errors.length; unit++) {
        network.deltas[layer - 1][unit] = errors[unit] * slopes[unit];
      }
    }
  }

  function addLossGradient(network, gradients, share) {
    for (let layer = 1; layer < network.widths.length; layer++) {
      addOuter(gradients[2 * layer - 2], network.values[layer - 1], network.deltas[layer], share);
      const bias = gradients[2 * layer - 1], deltas = network.deltas[layer];
      for (let unit = 0; unit < deltas.length; unit++) bias[unit] += share * deltas[unit];
    }
  }

  // The gradient in the weights of ‖g‖², g = ∇ₓℓ, is 2·d/dε ∇_wℓ(x + εg) at ε = 0: everything that
  // forward and backward computed is differentiated once more, in the direction g.
  function addPenaltyGradient(network, bend, gradients, share) {
    moveForward(network);
    moveBackward(network, bend);
    for (let layer = 1; layer < network.widths.length; layer++) {
      const kernel = gradients[2 * layer - 2], bias = gradients[2 * layer - 1];
      const moved = network.movedDeltas[layer];
      addOuter(kernel, network.movedValues[layer - 1], network.deltas[layer], 2 * share);
      addOuter(kernel, network.values[layer - 1], moved, 2 * share);
      for (let unit = 0; unit < moved.length; unit++) bias[unit] += 2 * share * moved[unit];
    }
  }

  function moveForward(network) {
    network.movedValues[0].set(network.errors[0]);
    for (let layer = 1; layer < network.widths.length; layer++) {
      const sums = network.movedSums[layer], values = network.movedValues[layer];
      multiply(network.movedValues[layer - 1], network.weights[2 * layer - 2], null, sums);
      for (let unit = 0; unit < sums.length; unit++) values[unit] = network.slopes[layer][unit] * sums[unit];
    }
  }

  function moveBackward(network, bend) {
    const last = network.widths.length - 1, { slope, bend: bendOf } = ACTIVATIONS[network.activation];
    network.movedDeltas[last][0] = bend * network.movedSums[last][0];
    for (let layer = last; layer > 1; layer--) {
      const moved = network.movedDeltas[layer - 1], errors = network.errors[layer - 1];
      const raw = network.raw[layer - 1], slopes = network.slopes[layer - 1];
      const sums = network.movedSums[layer - 1];
      multiplyBack(network.weights[2 * layer - 2], network.movedDeltas[layer], moved);
      for (let unit = 0; unit < moved.length; unit++) {
        // The bend carries dropout's factor, too; where the slope is 0, so is the bend.
        const steepness = slope(raw[unit]);
        const factor = steepness === 0 ? 0 : slopes[unit] / steepness;
        moved[unit] = moved[unit] * slopes[unit] + errors[unit] * factor * bendOf(raw[unit]) * sums[unit];
      }
    }
  }

  function squaredNorm(values) {
    let sum = 0;
    for (let place = 0; place < values.length; place++) sum += values[place] * values[place];
    return sum;
  }

  // Adds to `gradients` the gradient of mean loss + λ₂Σw² + λ·mean‖∇ₓℓ‖² over rows of a batch. L1 is
  // not in it: its threshold follows the step.
  function addGradients(network, data, batch, strengths, factors, gradients) {
    const loss = LOSSES[data.task], { x, y } = data.train, share = 1 / batch.length;
    for (let place = 0; place < batch.length; place++) {
      const row = batch[place], z = forward(network, x, row, factors, place);
      backward(network, loss.slope(z, y[row]));
      addLossGradient(network, gradients, share);
      if (strengths.loss_gradient_penalty > 0) {
        const weighted = share * strengths.loss_gradient_penalty;
        addPenaltyGradient(network, loss.bend(z), gradients, weighted);
      }
    }
    if (strengths.l2 > 0) addL2Gradient(network, strengths.l2, gradients);
  }

  function addL2Gradient(network, l2, gradients) {
    network.weights.forEach((weights, place) => {
      if (!isKernel(place)) return;
      for (let one = 0; one < weights.length; one++) gradients[place][one] += 2 * l2 * weights[one];
    });
  }

  // Mean loss without penalty, with nothing dropped; for classes the accuracy, else null.
  function score(network, rows, task) {
    const loss = LOSSES[task];
    let total = 0, right = 0;
    for (let row = 0; row < rows.n; row++) {
      const z = forward(network, rows.x, row);
      total += loss.value(z, rows.y[row]);
      right += (z > 0) === (rows.y[row] === 1) ? 1 : 0;
    }
    // Where the outputs are no numbers, their signs are no answers.
    const accuracy = Number.isNaN(total) ? NaN : right / rows.n;
    return { loss: total / rows.n, accuracy: task === "classification" ? accuracy : null };
  }

  // The terms of the objective beside the loss: λ₁Σ|w| + λ₂Σw² + λ·mean‖∇ₓℓ‖² on the training rows.
  // Decoupled weight decay is no term of it, and dropout is none.
  function penalty(network, data, strengths) {
    let total = 0;
    network.weights.forEach((weights, place) => {
      if (isKernel(place)) total += weightPenalty(weights, strengths);
    });
    if (strengths.loss_gradient_penalty > 0) {
      total += strengths.loss_gradient_penalty * meanSquaredGradient(network, data);
    }
    return total;
  }

  function weightPenalty(weights, { l1, l2 }) {
    let total = 0;
    for (let one = 0; one < weights.length; one++) {
      total += l1 * Math.abs(weights[one]) + l2 * weights[one] * weights[one];
    }
    return total;
  }

  function meanSquaredGradient(network, data) {
    const loss = LOSSES[data.task], { x, y, n } = data.train;
    let total = 0;
    for (let row = 0; row < n; row++) {
      backward(network, loss.slope(forward(network, x, row), y[row]));
      total += squaredNorm(network.errors[0]);
    }
    return total / n;
  }

  // How many kernel entries there are, and how many are exactly zero.
  function countZeros(network) {
    let zeros = 0, all = 0;
    network.weights.forEach((weights, place) => {
      if (!isKernel(place)) return;
      all += weights.length;
      for (const weight of weights) zeros += weight === 0 ? 1 : 0;
    });
    return { zeros, all };
  }

  Object.assign(playground, {
    makeNetwork, initialWeights, isKernel, output, addGradients, score, penalty, countZeros, sigmoid,
  });
})();
