// A formula that is wider than its box scrolls: only then the keyboard must be able to reach it.
{
  const boxes = [...document.querySelectorAll(".maths-scroll")];
  const whenScrolling = { tabindex: "0", role: "group", "aria-label": "Formula, scrolls sideways" };

  const update = (box) => {
    const scrolls = box.scrollWidth > box.clientWidth;
    for (const [name, value] of Object.entries(whenScrolling)) {
      scrolls ? box.setAttribute(name, value) : box.removeAttribute(name);
    }
  };

  // A box changes with the window, and when a fold around it opens; what it holds, with the fonts.
  const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => update(target)));
  for (const box of boxes) observer.observe(box);
  document.fonts.ready.then(() => boxes.forEach(update));
}
