// The three pictures: the surface with its points, the curves, and the weights. Each is a canvas, and
// what it shows is also said in words.
"use strict";

(() => {
  const GRID = 60; // outputs are computed on so many points each way, and smoothed between
  const SHADES = 255;
  const COLOURS = ["text", "faint", "grid", "page", "one", "zero", "one-tint", "zero-tint", "neutral", "penalty"];

  // The sheet's colours, as numbers red, green and blue, for the theme of the moment.
  function readPalette(box) {
    const style = getComputedStyle(box);
    const palette = Object.fromEntries(
      COLOURS.map((name) => [name, style.getPropertyValue(`--pg-${name}`).trim()]));
    palette.font = style.fontFamily;
    palette.tints = ramp(palette["zero-tint"], palette.neutral, palette["one-tint"]);
    palette.strong = ramp(palette.zero, palette.neutral, palette.one);
    return palette;
  }

  const rgb = (hex) => [1, 3, 5].map((begin) => parseInt(hex.slice(begin, begin + 2), 16));

  // Colours from -1 through 0 to 1.
  function ramp(low, middle, high) {
    const ends = [rgb(low), rgb(middle), rgb(high)], half = SHADES / 2;
    return Array.from({ length: SHADES + 1 }, (_, place) => {
      const share = place / half, begin = share < 1 ? 0 : 1, way = share - begin;
      return ends[begin].map((value, part) => Math.round(value + way * (ends[begin + 1][part] - value)));
    });
  }

  // A value from -1 to 1 as a place on a ramp.
  const shade = (value) => Math.round((Math.max(-1, Math.min(1, value)) + 1) * (SHADES / 2));

  // Sizes a canvas for the screen, clears it, and lets drawing count in the page's pixels.
  function prepare(canvas) {
    const density = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    const [wide, high] = [Math.round(width * density), Math.round(height * density)];
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    const pen = canvas.getContext("2d");
    pen.setTransform(density, 0, 0, density, 0, 0);
    pen.clearRect(0, 0, width, height);
    pen.setLineDash([]);
    return { pen, width, height };
  }

  function write(pen, palette, text, x, y, align = "center", colour = palette.faint) {
    pen.font = `13px ${palette.font}`;
    pen.fillStyle = colour;
    pen.textAlign = align;
    pen.textBaseline = "middle";
    pen.fillText(text, x, y);
  }

  function line(pen, colour, width, points, dash = []) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.beginPath();
    for (let place = 0; place < points.length; place += 2) pen.lineTo(points[place], points[place + 1]);
    pen.stroke();
    pen.setLineDash([]);
  }

  // --- the surface ----------------------------------------------------------------------------------

  const outputs = new Float64Array(GRID * GRID);
  const small = { canvas: null, pixels: null };

  // The network's output on the grid, from the upper left corner, row by row.
  function computeOutputs(network) {
    const inputs = network.values[0], { REACH } = playground, step = (2 * REACH) / (GRID - 1);
    for (let row = 0, place = 0; row < GRID; row++) {
      for (let column = 0; column < GRID; column++, place++) {
        inputs[0] = column * step - REACH;
        inputs[1] = REACH - row * step;
        outputs[place] = playground.output(network);
      }
    }
    return outputs;
  }

  function paintTints(palette, task) {
    if (!small.canvas) {
      small.canvas = Object.assign(document.createElement("canvas"), { width: GRID, height: GRID });
      small.pixels = small.canvas.getContext("2d").createImageData(GRID, GRID);
      small.pixels.data.fill(255);
    }
    const { data } = small.pixels;
    for (let place = 0; place < outputs.length; place++) {
      const output = outputs[place];
      const value = task === "classification" ? 2 * playground.sigmoid(output) - 1 : output;
      const colour = palette.tints[shade(Number.isNaN(value) ? 0 : value)];
      for (let part = 0; part < 3; part++) data[4 * place + part] = colour[part];
    }
    small.canvas.getContext("2d").putImageData(small.pixels, 0, 0);
  }

  // Where the output is 0, cell by cell of the grid: marching squares.
  function traceBoundary(pen, frame) {
    const step = frame.size / (GRID - 1);
    pen.beginPath();
    for (let row = 0; row < GRID - 1; row++) {
      for (let column = 0; column < GRID - 1; column++) {
        traceCell(pen, row * GRID + column, frame.left + column * step, frame.top + row * step, step);
      }
    }
    pen.stroke();
  }

  function traceCell(pen, place, x, y, step) {
    const a = outputs[place], b = outputs[place + 1];
    const c = outputs[place + GRID], d = outputs[place + GRID + 1];
    const positive = a > 0;
    if (b > 0 === positive && c > 0 === positive && d > 0 === positive) return;
    let begun = false;
    const crossing = (from, to, x1, y1, x2, y2) => {
      if (from > 0 === to > 0) return;
      const way = from / (from - to);
      const [px, py] = [x1 + way * (x2 - x1), y1 + way * (y2 - y1)];
      if (begun) pen.lineTo(px, py);
      else pen.moveTo(px, py);
      begun = !begun;
    };
    crossing(a, b, x, y, x + step, y);
    crossing(b, d, x + step, y, x + step, y + step);
    crossing(c, d, x, y + step, x + step, y + step);
    crossing(a, c, x, y, x, y + step);
  }

  // A circle for class 1 and numbers from 0 up, a square for class 0 and negative numbers.
  function drawPoint(pen, round, x, y, radius) {
    pen.beginPath();
    if (round) pen.arc(x, y, radius, 0, 2 * Math.PI);
    else pen.rect(x - 0.9 * radius, y - 0.9 * radius, 1.8 * radius, 1.8 * radius);
  }

  function drawPoints(pen, palette, rows, task, frame, filled) {
    const { REACH } = playground, scale = frame.size / (2 * REACH);
    for (let row = 0; row < rows.n; row++) {
      const x = frame.left + (rows.x[2 * row] + REACH) * scale;
      const y = frame.top + (REACH - rows.x[2 * row + 1]) * scale;
      const value = task === "classification" ? 2 * rows.y[row] - 1 : rows.y[row];
      const colour = `rgb(${palette.strong[shade(value)]})`;
      drawPoint(pen, value >= 0, x, y, filled ? 4 : 3.5);
      pen.lineWidth = filled ? 1 : 1.5;
      pen.fillStyle = colour;
      // A number near 0 has the colour of the ground, and shows by its outline.
      const outline = task === "classification" ? palette.page : palette.faint;
      pen.strokeStyle = filled ? outline : colour;
      if (filled) pen.fill();
      pen.stroke();
      if (rows.flipped[row]) drawCross(pen, palette, x, y);
    }
  }

  function drawCross(pen, palette, x, y) {
    pen.strokeStyle = palette.text;
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (const side of [-1, 1]) {
      pen.moveTo(x - 5, y - 5 * side);
      pen.lineTo(x + 5, y + 5 * side);
    }
    pen.stroke();
  }

  function drawSurface(canvas, run, palette) {
    const { pen, width } = prepare(canvas), { task } = run.data;
    const frame = { left: 26, top: 4, size: width - 30 };
    computeOutputs(run.network);
    paintTints(palette, task);
    pen.imageSmoothingEnabled = true;
    pen.save();
    pen.beginPath();
    pen.rect(frame.left, frame.top, frame.size, frame.size);
    pen.clip();
    // The grid's outermost points lie on the frame, so half a pixel of the small picture lies outside.
    const over = frame.size / (GRID - 1) / 2;
    pen.drawImage(small.canvas, frame.left - over, frame.top - over, frame.size + 2 * over, frame.size + 2 * over);
    Object.assign(pen, { strokeStyle: palette.text, lineWidth: 2 });
    traceBoundary(pen, frame);
    drawPoints(pen, palette, run.data.val, task, frame, false);
    drawPoints(pen, palette, run.data.train, task, frame, true);
    pen.restore();
    drawScales(pen, palette, frame);
  }

  function drawScales(pen, palette, { left, top, size }) {
    const bottom = top + size, { REACH } = playground;
    pen.strokeStyle = palette.faint;
    pen.lineWidth = 1;
    pen.strokeRect(left + 0.5, top + 0.5, size - 1, size - 1);
    for (const [value, place] of [[-REACH, 0.03], [0, 0.5], [REACH, 0.97]]) {
      write(pen, palette, String(value).replace("-", "−"), left + place * size, bottom + 12);
      write(pen, palette, String(value).replace("-", "−"), left - 6, bottom - place * size, "right");
    }
    write(pen, palette, "x₁", left + 0.75 * size, bottom + 12);
    write(pen, palette, "x₂", left - 6, bottom - 0.75 * size, "right");
  }

  // --- the curves -----------------------------------------------------------------------------------

  const NICE = [1, 2, 2.5, 5, 10];

  // A round end of a scale at or above a value, and its step.
  function scaleFor(value) {
    const most = Number.isFinite(value) && value > 0 ? value : 1;
    const power = 10 ** Math.floor(Math.log10(most / 3));
    const step = power * NICE.find((nice) => nice * power * 3 >= most * 0.999);
    return { top: step * Math.ceil(most / step - 1e-9), step };
  }

  function numberOn({ top, step }, tick) {
    if (tick === 0) return "0";
    return step < 1e-4 || top >= 1e5 ? tick.toExponential(0).replace("+", "") : String(Number(tick.toPrecision(4)));
  }

  const largest = (values, begin) =>
    values.reduce((most, value) => (Number.isFinite(value) && value > most ? value : most), begin);

  function lastEpoch(run) {
    const ends = [50, 100, 200, 300, 500, 1000, 2000];
    return ends.find((end) => end >= Math.min(run.epoch, 2000)) || 2000;
  }

  function drawPanel(pen, palette, frame, title) {
    const { left, right, top, bottom, scale, epochs } = frame;
    for (let tick = 0; tick <= scale.top * 1.0001; tick += scale.step) {
      const y = bottom - (tick / scale.top) * (bottom - top);
      line(pen, tick === 0 ? palette.faint : palette.grid, 1, [left, Math.round(y) + 0.5, right, Math.round(y) + 0.5]);
      write(pen, palette, numberOn(scale, tick), left - 6, y, "right");
    }
    write(pen, palette, title, left, top - 13, "left", palette.text);
    for (const share of [0.5, 1]) {
      write(pen, palette, String(share * epochs), left + share * (right - left), bottom + 12, share === 1 ? "right" : "center");
    }
    write(pen, palette, "0", left, bottom + 12);
  }

  function drawCurve(pen, frame, values, first, colour, width, dash = []) {
    const { left, right, top, bottom, scale, epochs } = frame;
    pen.save();
    pen.beginPath();
    pen.rect(left - 2, top - 2, right - left + 4, bottom - top + 4);
    pen.clip();
    Object.assign(pen, { strokeStyle: colour, lineWidth: width, lineJoin: "round" });
    pen.setLineDash(dash);
    pen.beginPath();
    const place = (epoch, value) =>
      pen.lineTo(left + (epoch / epochs) * (right - left), bottom - (value / scale.top) * (bottom - top));
    place(0, first);
    for (let epoch = 0; epoch < values.length; epoch++) {
      if (Number.isFinite(values[epoch])) place(epoch + 1, values[epoch]);
    }
    pen.stroke();
    pen.restore();
  }

  // Where a setting was changed: a dotted line through both panels, with a triangle at its foot.
  function drawChanges(pen, palette, run, upper, lower) {
    for (const { epoch } of run.changes) {
      const x = upper.left + (epoch / upper.epochs) * (upper.right - upper.left);
      line(pen, palette.faint, 1, [x, upper.top, x, lower.bottom], [2, 3]);
      pen.fillStyle = palette.text;
      pen.beginPath();
      for (const [dx, dy] of [[-5, 0], [5, 0], [0, -8]]) pen.lineTo(x + dx, upper.bottom + dy);
      pen.fill();
    }
  }

  function drawBest(pen, palette, run, frame) {
    if (run.best.epoch < 0 || run.epoch === 0) return;
    const x = frame.left + ((run.best.epoch + 1) / frame.epochs) * (frame.right - frame.left);
    const y = frame.bottom - (run.best.loss / frame.scale.top) * (frame.bottom - frame.top);
    pen.beginPath();
    pen.arc(x, y, 5, 0, 2 * Math.PI);
    Object.assign(pen, { fillStyle: palette.page, strokeStyle: palette.text, lineWidth: 2 });
    pen.fill();
    pen.stroke();
  }

  function drawCurves(canvas, run, palette) {
    const { pen, width, height } = prepare(canvas), { history, first } = run;
    const loss = largest(history.train, largest(history.val, Math.max(first.train, first.val)));
    const penalty = largest(history.penalty, first.penalty);
    const sides = { left: 52, right: width - 8, epochs: lastEpoch(run) };
    const middle = Math.round(height * 0.62);
    const upper = { ...sides, top: 24, bottom: middle - 22, scale: scaleFor(loss) };
    const lower = { ...sides, top: middle + 24, bottom: height - 22, scale: scaleFor(penalty) };
    const unit = run.data.task === "classification" ? " (nats)" : " (squared error)";
    drawPanel(pen, palette, upper, `Loss without penalty${unit}`);
    drawPanel(pen, palette, lower, "Penalty, total");
    write(pen, palette, "epoch", upper.left + 0.75 * (upper.right - upper.left), lower.bottom + 12);
    drawChanges(pen, palette, run, upper, lower);
    drawCurve(pen, upper, history.train, first.train, palette.text, 2);
    drawCurve(pen, upper, history.val, first.val, palette.text, 2, [7, 4]);
    drawBest(pen, palette, run, upper);
    if (penalty > 0) drawCurve(pen, lower, history.penalty, first.penalty, palette.penalty, 2.5);
    else write(pen, palette, "none so far", (lower.left + lower.right) / 2, (lower.top + lower.bottom) / 2);
  }

  // --- the weights ----------------------------------------------------------------------------------

  const THICKEST = 7, USUAL = 2; // a weight of this size is drawn at full thickness, unless one is larger

  function drawEdges(pen, palette, network, at) {
    let most = USUAL;
    network.weights.forEach((weights, place) => {
      if (playground.isKernel(place)) for (const weight of weights) most = Math.max(most, Math.abs(weight));
    });
    for (const [sign, colour, dash] of [[1, palette.one, []], [-1, palette.zero, [5, 3]]]) {
      pen.strokeStyle = colour;
      pen.setLineDash(dash);
      for (let layer = 1; layer < network.widths.length; layer++) {
        drawLayer(pen, network, layer, sign, THICKEST / most, at);
      }
    }
    pen.setLineDash([]);
  }

  function drawLayer(pen, network, layer, sign, scale, at) {
    const kernel = network.weights[2 * layer - 2], width = network.widths[layer];
    for (let place = 0; place < kernel.length; place++) {
      const size = sign * kernel[place] * scale;
      if (!(size > 0)) continue; // of the other sign, exactly 0, or not a number
      const from = Math.floor(place / width), to = place % width;
      pen.lineWidth = Math.max(0.4, size);
      pen.beginPath();
      pen.moveTo(at.x(layer - 1), at.y(layer - 1, from));
      pen.lineTo(at.x(layer), at.y(layer, to));
      pen.stroke();
    }
  }

  function drawWeights(canvas, run, palette) {
    const { pen, width, height } = prepare(canvas), { network } = run, { widths } = network;
    const left = 28, right = width - 58;
    const at = {
      x: (layer) => left + (layer * (right - left)) / (widths.length - 1),
      y: (layer, unit) => ((unit + 0.5) * height) / widths[layer],
    };
    drawEdges(pen, palette, network, at);
    Object.assign(pen, { fillStyle: palette.page, strokeStyle: palette.text, lineWidth: 1.5 });
    widths.forEach((count, layer) => {
      const radius = Math.max(2.5, Math.min(6, height / count / 3));
      for (let unit = 0; unit < count; unit++) {
        pen.beginPath();
        pen.arc(at.x(layer), at.y(layer, unit), radius, 0, 2 * Math.PI);
        pen.fill();
        pen.stroke();
      }
    });
    for (const unit of [0, 1]) write(pen, palette, ["x₁", "x₂"][unit], left - 10, at.y(0, unit), "right", palette.text);
    write(pen, palette, "output", right + 12, height / 2, "left", palette.text);
  }

  Object.assign(playground, { readPalette, drawSurface, drawCurves, drawWeights, outputs, computeOutputs });
})();
