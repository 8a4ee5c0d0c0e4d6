// What is wider than its place scrolls sideways: only then the keyboard must be able to reach it. The theme
// sees to it when the window changes; this does too when a fold around it opens, and for formulas.
{
  const boxes = "pre, .cell_output > .output, .pst-scrollable-table-container, .maths-scroll";
  const scrolls = (box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
  const formula = { role: "group", "aria-label": "Formula, scrolls sideways" };

  const update = (box) => {
    box.tabIndex = scrolls(box) ? 0 : -1;
    if (!box.matches(".maths-scroll")) return;
    for (const [name, value] of Object.entries(formula)) {
      scrolls(box) ? box.setAttribute(name, value) : box.removeAttribute(name);
    }
  };

  // A box changes with the window and with folds; what it holds, with the fonts.
  const observer = new ResizeObserver((entries) => entries.forEach(({ target }) => update(target)));
  const all = [...document.querySelectorAll(boxes)];
  for (const box of all) observer.observe(box);
  document.fonts.ready.then(() => all.forEach(update));
}
