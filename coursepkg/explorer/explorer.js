// Shows another frame of an explorer when a slider moves. All frames are in the page: for each element
// that changes, its attribute in every frame; for the rows of a table, their cells.
(() => {
  const begin = (box) => {
    const find = (selector) => box.querySelector(selector);
    const { shape, printed, texts, says, moves } = JSON.parse(find("script[type='application/json']").textContent);
    const sliders = [...box.querySelectorAll("input")];
    const outputs = [...box.querySelectorAll("output")];
    const button = find("button");
    const targets = moves.map((_, number) => find(`[data-moves="${number}"]`));
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    let speaking, playing;

    const frameOf = (places) => places.reduce((frame, place, axis) => frame * shape[axis] + place, 0);
    const places = () => sliders.map((slider) => Number(slider.value));

    const draw = (frame) => {
      moves.forEach(([attribute, values], number) => {
        if (attribute) targets[number].setAttribute(attribute, values[frame]);
        else targets[number].querySelectorAll("td").forEach((cell, place) => {
          cell.textContent = values[frame][place];
        });
      });
      find(".explorer-says").textContent = says[frame];
    };

    const show = () => {
      places().forEach((place, axis) => {
        outputs[axis].textContent = texts[axis][place];
        sliders[axis].setAttribute("aria-valuetext", texts[axis][place]);
      });
      draw(frameOf(places()));
      // Said once the slider rests: a voice that is interrupted at every step says nothing.
      clearTimeout(speaking);
      speaking = setTimeout(() => { find(".explorer-spoken").textContent = says[frameOf(places())]; }, 600);
    };

    const stop = () => {
      clearInterval(playing);
      playing = undefined;
      button.textContent = "Play";
    };
    const step = () => {
      sliders[0].value = Number(sliders[0].value) + 1;
      show();
      if (sliders[0].value === sliders[0].max || !box.isConnected) stop();
    };
    const play = () => {
      if (playing) return stop();
      if (sliders[0].value === sliders[0].max) sliders[0].value = 0;
      show();
      button.textContent = "Pause";
      playing = setInterval(step, 700);
    };

    for (const slider of sliders) slider.addEventListener("input", () => { stop(); show(); });
    button.addEventListener("click", play);
    // Who asks for less motion moves the slider alone.
    const quieten = () => { button.hidden = calm.matches; if (calm.matches) stop(); };
    calm.addEventListener("change", quieten);
    quieten();
    addEventListener("beforeprint", () => { if (box.isConnected) draw(frameOf(printed)); });
    addEventListener("afterprint", () => { if (box.isConnected) draw(frameOf(places())); });
    find(".explorer-controls").hidden = false;
  };
  begin(document.currentScript.parentElement);
})();
