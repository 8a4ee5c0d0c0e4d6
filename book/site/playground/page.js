// The page: controls, address, pictures and words around a run.
"use strict";

(() => {
  const box = document.getElementById("pg-box");
  const find = (name) => document.getElementById(`pg-${name}`);
  const form = box.querySelector("form");
  const fields = [...form.querySelectorAll("[name]")];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const WORK = 18; // milliseconds of training a frame, so that drawing fits into a 30th of a second
  const REST = 600; // milliseconds without a change, after which a change is spoken of
  const CALM = 500; // milliseconds between two pictures for who asks for less motion

  let settings, run, palette, playing = false, drawn = 0;
  let speaking, addressing;

  // --- showing --------------------------------------------------------------------------------------

  function draw() {
    playground.drawSurface(find("surface"), run, palette);
    playground.drawCurves(find("curves"), run, palette);
    playground.drawWeights(find("weights"), run, palette);
    showNumbers();
    drawn = performance.now();
  }

  const shown = new Map();

  // Writes a text where it differs from what stands there.
  function put(name, text) {
    if (shown.get(name) === text) return;
    shown.set(name, text);
    find(name).textContent = text;
  }

  function showNumbers() {
    const { history, epoch, first } = run, last = epoch - 1;
    const latest = (name) => playground.digits(epoch ? history[name][last] : first[name]);
    const { zeros, all } = playground.countZeros(run.network);
    put("epoch", `Epoch ${epoch} of ${settings.epochs}`);
    put("train-loss", latest("train"));
    put("val-loss", latest("val"));
    put("penalty", latest("penalty"));
    put("best", epoch ? `epoch ${run.best.epoch + 1}` : "none yet");
    put("zeros", `${zeros} of ${all} weights ${zeros === 1 ? "is" : "are"} exactly 0`);
  }

  // The words of the live region; during a run it keeps still.
  function say(text) {
    clearTimeout(speaking);
    put("says", text);
  }
  function sayLater(text) {
    clearTimeout(speaking);
    speaking = setTimeout(() => say(text()), REST);
  }

  // All that rests with the run: words, table, and the settings for paper.
  function sum() {
    playground.computeOutputs(run.network);
    fillTable();
    put("settings", settingsInWords());
    return playground.describe(run, playground.outputs);
  }

  function fillTable() {
    const { history } = run, classes = run.data.task === "classification";
    const rows = playground.sampled(run).map((epoch) => {
      const row = document.createElement("tr");
      const head = document.createElement("th");
      head.scope = "row";
      head.textContent = epoch === run.best.epoch ? `${epoch + 1} (best)` : epoch + 1;
      const cells = ["train", "val", "penalty"].map((name) => playground.digits(history[name][epoch]));
      cells.push(classes ? playground.percent(history.accuracy[epoch]) : "–");
      row.append(head, ...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
      return row;
    });
    find("rows").replaceChildren(...rows);
  }

  const labelOf = (field) => field.labels[0].querySelector(".pg-name").textContent;

  function settingsInWords() {
    const said = fields.map((field) => `${labelOf(field)}: ${inWords(field)}`);
    return `Settings: ${said.join("; ")}.`;
  }

  function inWords(field) {
    const value = settings[field.name];
    if (field.tagName === "SELECT") return field.selectedOptions[0].textContent;
    return value === 0 && field.name !== "seed" ? "off" : String(+Number(value).toPrecision(6));
  }

  // --- controls -------------------------------------------------------------------------------------

  const isLogarithmic = (field) => field.type === "range" && "least" in playground.SETTINGS[field.name];

  function prepareSliders() {
    for (const field of fields.filter(isLogarithmic)) {
      Object.assign(field, { min: 0, max: playground.places(field.name).length - 1, step: 1 });
    }
  }

  function showField(field) {
    const value = settings[field.name];
    if (isLogarithmic(field)) field.value = playground.placeOf(field.name, value);
    else field.value = playground.writeSetting(value);
    showValue(field);
  }

  function showValue(field) {
    if (field.type !== "range") return;
    const text = inWords(field);
    field.setAttribute("aria-valuetext", text);
    field.labels[0].querySelector(".pg-value").textContent = text;
  }

  // What a setting is called, and whether it has an effect, can depend on others.
  function showMeaning() {
    const classes = playground.isClassification(settings.data);
    find("noise-name").textContent = classes ? "Noise on positions" : "Noise on targets";
    for (const [name, idle] of [
      ["flipped", !classes], ["rate", settings.units === "none"], ["momentum", settings.optimizer === "adam"],
    ]) form.elements[name].disabled = idle;
    box.dataset.task = run.data.task;
  }

  function valueOf(field) {
    if (isLogarithmic(field)) return playground.places(field.name)[field.value];
    return playground.readSetting(field.name, field.value.trim());
  }

  function changed(field) {
    const value = valueOf(field);
    if (value === undefined) return refuse(field);
    settings[field.name] = value;
    showValue(field);
    writeAddress();
    if (field.name === "speed") return;
    if (playground.LIVE.includes(field.name)) changeRun(field, value);
    else restart();
  }

  function refuse(field) {
    const { min, max } = playground.SETTINGS[field.name];
    say(`The ${labelOf(field).toLowerCase()} must be a whole number from ${min} to ${max}. Received: ${field.value || "nothing"}`);
    showField(field);
  }

  // A change that a run takes along.
  function changeRun(field, value) {
    const ended = run.ended;
    playground.change(run, field.name, value);
    showMeaning();
    showButton();
    draw();
    if (run.ended !== ended && run.ended !== null) return stop();
    const since = run.epoch && run.ended === null ? `, from epoch ${run.epoch + 1} on` : "";
    sayLater(() => `${labelOf(field)}: ${inWords(field)}${since}.${playing ? "" : ` ${sum()}`}`);
  }

  // --- running --------------------------------------------------------------------------------------

  function restart() {
    playing = false;
    run = playground.begin(settings);
    showButton();
    showMeaning();
    draw();
    sayLater(() => `A new run. ${sum()}`);
  }

  function showButton() {
    const name = playing ? "Pause" : run.epoch > 0 && playground.canGoOn(run) ? "Go on" : "Start";
    put("start", name);
  }

  function start() {
    if (!playground.canGoOn(run)) run = playground.begin(settings);
    playing = true;
    showButton();
    say(`Training, up to epoch ${settings.epochs}. This text tells more when it pauses or ends.`);
    requestAnimationFrame(frame);
  }

  function stop() {
    playing = false;
    showButton();
    draw();
    say(sum());
  }

  function frame(now) {
    if (!playing) return;
    const until = performance.now() + WORK;
    let left = settings.speed;
    do playground.trainEpoch(run);
    while (--left > 0 && run.ended === null && performance.now() < until);
    if (run.ended !== null) return stop();
    if (!calm.matches || now - drawn >= CALM) draw();
    requestAnimationFrame(frame);
  }

  function oneEpoch() {
    playing = false;
    if (playground.canGoOn(run)) playground.trainEpoch(run);
    stop();
  }

  // --- the address ----------------------------------------------------------------------------------

  const hashOf = () => playground.formatHash(settings);
  const addressOf = () => location.href.replace(/#.*$/, "") + (hashOf() && `#${hashOf()}`);

  // Soon, and not at each step of a slider: browsers allow a hundred changes in half a minute.
  function writeAddress() {
    clearTimeout(addressing);
    addressing = setTimeout(() => history.replaceState(history.state, "", addressOf()), 250);
  }

  function readAddress() {
    const parsed = playground.parseHash(playground.isState(location.hash) ? location.hash : "");
    settings = parsed.settings;
    const { refused } = parsed;
    find("refused").hidden = refused.length === 0;
    put("refused", refused.length ? `Ignored in the address: ${refused.join("; ")}.` : "");
    fields.forEach(showField);
    restart();
  }

  function addressChanged() {
    if (!playground.isState(location.hash)) return;
    const known = location.hash.replace(/^#/, "") === hashOf();
    if (!known) readAddress();
  }

  async function copyLink() {
    history.replaceState(history.state, "", addressOf());
    try {
      await navigator.clipboard.writeText(addressOf());
      say("The link to these settings is copied.");
    } catch {
      say("This browser does not let the page copy. The link stands in the address bar.");
    }
  }

  // A link to a state, on this page: it begins anew even if the state is the present one.
  function followPreset(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", event.currentTarget.getAttribute("href"));
    readAddress();
    box.scrollIntoView();
    find("start").focus({ preventScroll: true });
  }

  // --- paper and themes -----------------------------------------------------------------------------

  function repaint() {
    palette = playground.readPalette(box);
    draw();
  }

  function onPaper(printed) {
    box.classList.toggle("pg-on-paper", printed);
    sum();
    repaint();
  }

  function begin() {
    box.hidden = false;
    for (const one of document.querySelectorAll(".playground-without")) one.hidden = true;
    palette = playground.readPalette(box);
    prepareSliders();
    readAddress();
    say(sum());
    find("start").addEventListener("click", () => (playing ? stop() : start()));
    find("one").addEventListener("click", oneEpoch);
    find("again").addEventListener("click", restart);
    find("copy").addEventListener("click", copyLink);
    find("another").addEventListener("click", () => {
      form.elements.seed.value = (settings.seed + 1) % 1000000;
      changed(form.elements.seed);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    for (const field of fields) {
      field.addEventListener(field.type === "number" ? "change" : "input", () => changed(field));
    }
    for (const link of document.querySelectorAll(".pg-preset")) link.addEventListener("click", followPreset);
    addEventListener("hashchange", addressChanged);
    addEventListener("popstate", addressChanged);
    addEventListener("beforeprint", () => onPaper(true));
    addEventListener("afterprint", () => onPaper(false));
    matchMedia("print").addEventListener("change", ({ matches }) => onPaper(matches));
    new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const sizes = new ResizeObserver(() => draw());
    for (const canvas of box.querySelectorAll("canvas")) sizes.observe(canvas);
    if (location.hash.includes("=")) addEventListener("load", () => box.scrollIntoView());
  }

  begin();
})();
